"""What came of a run, in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mobile_unet.unet.confidence import confidence_message

if TYPE_CHECKING:
    from napari_mobile_unet.widgets.shared.shown_run import ShownRun


def summary(run: ShownRun, objects: int, seconds: float, where: str) -> str:
    """Return what came of a run.

    Parameters
    ----------
    run : ShownRun
        The run, finished or cancelled.
    objects : int
        Found in all planes.
    seconds : float
        That it took.
    where : str
        Where the labels are, if not in memory.
    """
    done, planes = len(run.tables), run.whole.n_planes
    of = "" if done == planes else f" of {planes}"
    assert run.fitted is not None
    gone = "" if run.shown else "Continue brings the layer back"
    choices = run.fitted.choices(run.recipe)
    first, *more = (f"; {each}" if each else "" for each in (choices, gone, where))
    return (
        f"{'Cancelled: ' if done < planes else ''}{objects} objects in "
        f"{done}{of} plane{'s' * (planes != 1)}, {seconds:.1f} s"
        f"{first}{_confidence(run)}{''.join(more)}"
    )


def _confidence(run: ShownRun) -> str:
    """Return how far the objects are to be trusted, if that is known."""
    objects = run.objects
    if "confidence" not in objects:
        return ""
    return confidence_message(
        objects["confidence"].to_numpy(), sum(run.left_out.values())
    )
