"""What came of a run, in a few words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_mobile_unet.objects.classes import in_words
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.unet.confidence import confidence_message
from napari_mobile_unet.unet.segment import UNet
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from napari_mobile_unet.recipes.recipe import Recipe
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
    what, choices = counted(objects, "object"), ""
    assert run.fitted is not None
    if isinstance(run.recipe.segment, Threshold) and run.recipe.of_classes:
        what, choices = counted(objects, "class"), "1 is the darkest"
    elif run.recipe.of_classes:
        what = in_words(run.recipe.class_names)
    else:
        choices = run.fitted.choices(run.recipe)
    found = f"{what} in {counted(planes, 'plane')}"
    if done < planes:
        found = f"{cancelled_after(done, planes)}: {what}"
    gone = "" if run.shown else "Continue brings the layer back"
    first, *more = (f"; {each}" if each else "" for each in (choices, gone, where))
    return f"{found}, {seconds:.1f} s{first}{_confidence(run)}{''.join(more)}"


def cancelled_after(done: int, planes: int) -> str:
    """Return how far a run came that somebody cancelled."""
    return f"Cancelled after {done} of {counted(planes, 'plane')}"


def result_name(image: str, asked: Recipe, used: Recipe) -> str:
    """Return a name that tells a result from others: "nuclei · ch 1 · Ø 22 · cells".

    Parameters
    ----------
    image : str
        Name of the image; it comes last, where a narrow list cuts it off.
    asked, used : Recipe
        As the person gave it, and with what was found in the image.
    """
    how = used.segment
    parts = [Path(how.model).name if isinstance(how, UNet) else how.method]
    if asked.channel is not None:
        parts.append(f"ch {asked.channel}")
    if asked.of_classes:
        parts.append(counted(asked.n_classes, "class"))
    elif isinstance(how, Threshold) and how.object_classes:
        parts.append("class " + "+".join(map(str, how.object_classes)))
    if isinstance(how, UNet) and not asked.of_classes:
        parts.append(f"Ø {how.diameter:.0f}")
    return " · ".join([*parts, image])


def _confidence(run: ShownRun) -> str:
    """Return how far the objects are to be trusted, if that is known."""
    objects = run.objects
    if "confidence" not in objects:
        return ""
    return confidence_message(
        objects["confidence"].to_numpy(), sum(run.left_out.values())
    )
