"""What the page *Prepare* does in a thread: all planes of a layer, or one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.runs.image_store import ImageStore
from napari_mobile_unet.runs.prepare import iter_prepare, prepare_plane
from napari_mobile_unet.widgets.layers.convert import prepared_data
from napari_mobile_unet.widgets.layers.placement import Placement
from napari_mobile_unet.widgets.layers.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.layers import Image
    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.widgets.layers.result import Result


@dataclass(frozen=True, eq=False)
class Run:
    """What a run or a preview was started with; the dock may show other things now."""

    recipe: Recipe
    layer: Image
    whole: Stack
    """The layer's image, with all its channels."""
    stack: Stack
    """What of it is prepared."""

    def iter_plane(self, number: int) -> Iterator[tuple[Run, NDArray[Any]]]:
        """Prepare one plane, and yield it."""
        yield self, prepare_plane(self.stack, self.recipe.steps, number)

    def iter_planes(
        self, result: Result, earlier: Provenance | None
    ) -> Iterator[int | Prepared]:
        """Prepare all planes; yield the number of each, and at last what came of it.

        Parameters
        ----------
        result : Result
            Where it goes.
        earlier : Provenance, optional
            How the layer itself was made.
        """
        theirs, store = result.is_theirs(), ImageStore(self.stack.n_planes)
        yield from iter_prepare(self.stack, self.recipe.steps, store)
        image = self.stack.with_planes(store.array)
        place = self.placement(image)
        written = Written(prepared_data(image, place), place.index)
        for number in range(self.stack.n_planes):
            written.expect(number, written.read(number))
        made = Provenance.of(self.recipe, self.whole, earlier)
        yield Prepared(self, image, written, made, theirs)

    def placement(self, image: Stack) -> Placement:
        """Return where prepared planes, resized or not, lie: over their image."""
        place = Placement.of_result(self.layer, self.whole)
        return place.resized(Y=image.sizes["Y"], X=image.sizes["X"])


@dataclass(frozen=True, eq=False)
class Prepared:
    """What came of a run."""

    run: Run
    image: Stack
    written: Written
    provenance: Provenance
    theirs: bool
    """Whether somebody made the earlier result their own."""
