"""The labels layer of a run: begun empty, and shown under the ids that objects keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.widgets.layers.being_written import BEING_WRITTEN
from napari_mobile_unet.widgets.layers.placement import Placement
from napari_mobile_unet.widgets.layers.storage import empty_labels
from napari_mobile_unet.widgets.layers.written import Written
from napari_mobile_unet.widgets.shared.run_summary import result_name

if TYPE_CHECKING:
    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.widgets.shared.shown_run import Renumbered, ShownRun


class Begun(NamedTuple):
    """Labels that a run is going to fill."""

    written: Written
    where: str
    """Where they lie, if not in memory."""
    kept: str
    """What became of labels that somebody had changed; empty if there are none."""


def show_empty(run: ShownRun, *, theirs: bool) -> Begun:
    """Show empty labels for a run, in a new layer if that of before is a person's.

    Parameters
    ----------
    run : ShownRun
        Fitted to its image.
    theirs : bool
        What `Result.is_theirs` returned.
    """
    provenance, place = run.provenance, Placement.of_result(run.layer, run.whole)
    assert provenance is not None and run.fitted is not None
    labels, where = empty_labels(place)
    written, before = Written(labels, place.index), run.result.layer
    kept = run.result.begin(
        written,
        result_name(run.layer.name, run.recipe, run.fitted.recipe),
        place.keywords(),
        provenance.model_dump(mode="json"),
        theirs=theirs,
        about=run,
    )
    BEING_WRITTEN.begin(run.result.layer)
    if before is not run.result.layer:
        BEING_WRITTEN.end(before)
    said = (
        f"what you changed is kept in {kept!r}, which is hidden now; the page Correct "
        "can bring it over"
    )
    return Begun(written, where, said if kept else "")


def show_renumbered(run: ShownRun, plane: Renumbered) -> None:
    """Show a plane under other ids; the undo history, of the old ones, is void."""
    layer = run.result.layer
    if run.is_in_layer and layer.editable:
        mode = layer.mode
        layer.editable = False  # which also empties the history
        layer.editable = True
        layer.mode = mode
    run.rename(plane)


def seen_in(recipe: Recipe) -> Any:
    """Return what of an image a recipe looks at: each has labels of its own."""
    how = recipe.segment
    if recipe.of_classes:
        return recipe.channel, "classes"
    classes = how.object_classes if isinstance(how, Threshold) else ()
    return (recipe.channel, classes) if classes else recipe.channel
