"""From a stack and a recipe to labels, one finished plane at a time."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from napari_mobile_unet.images.pixels import labels_type
from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.linking.ids import check_link, ids_for, looks_at_labels
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.fit import fit, tile_cache
from napari_mobile_unet.runs.result import PlaneResult
from napari_mobile_unet.runs.runner import RunOptions, iter_run
from napari_mobile_unet.runs.store import FoundInMemory, MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.runs.store import Found

Image = Any
"""A ``Stack``, or a NumPy, Dask or Zarr array."""


def iter_segment(
    image: Image,
    recipe: Recipe | None = None,
    *,
    axes: str | None = None,
    batch_size: int = 1,
) -> Iterator[PlaneResult]:
    """Yield one finished plane at a time, in the order of the stack.

    Parameters
    ----------
    image : Stack or array
        The image; of a lazy array only the planes of the batch in hand are read.
    recipe : Recipe, optional
        What is done; by default the shipped U-Net with no pre-processing.
    axes : str, optional
        One letter of "PTCZYXS" for each dimension of an array; guessed for 2-D,
        3-D and RGB arrays if left out.
    batch_size : int, optional
        Planes read at a time; the result does not depend on it.

    Yields
    ------
    PlaneResult
        Labels and table of one plane; ids go on from plane to plane, so that none is
        used twice in a stack, unless the recipe links them. Closing the generator
        stops the work.

    Raises
    ------
    ValueError
        If axes, channel, settings or the data type do not fit the image.
    FileNotFoundError
        If the recipe's model does not exist.
    """
    recipe = recipe or Recipe()
    yield from _iter_segment(as_stack(image, axes, recipe.channel), recipe, batch_size)


def _iter_segment(
    stack: Stack, recipe: Recipe, batch_size: int
) -> Iterator[PlaneResult]:
    """Yield the planes of a stack whose channel was chosen."""
    check_link(stack, recipe.link)
    if batch_size < 1:
        raise ValueError(f"a batch holds one plane or more; received {batch_size}")
    cache = tile_cache(stack)
    fitted, store = fit(stack, recipe, cache), MemoryStore(stack.plane_shape)
    options = RunOptions(batch_size=batch_size)
    arrived: dict[int, Found] = {}
    with closing(iter_run(stack, fitted, store, options, cache=cache)) as results:

        def wait_for(number: int) -> None:
            """Take planes, which come in any order, until this one is there."""
            while number not in arrived:
                result = next(results)
                arrived[result.number] = result.found
                store.forget(result.number)

        def tables() -> list[pd.DataFrame]:
            for number in range(stack.n_planes):
                wait_for(number)
            return [arrived[number].objects for number in range(stack.n_planes)]

        ids = ids_for(stack, recipe.link, tables)
        for number in range(stack.n_planes):
            wait_for(number)
            found = arrived.pop(number)
            labels = found.labels if looks_at_labels(recipe.link) else None
            own, objects = ids.add(number, labels, found.objects)
            numbered = FoundInMemory(own.take(found.labels), objects, found.left_out)
            yield PlaneResult(number, stack.index(number), fitted, numbered)


def segment(
    image: Image,
    recipe: Recipe | None = None,
    *,
    axes: str | None = None,
    batch_size: int = 1,
) -> NDArray[np.unsignedinteger[Any]]:
    """Return the labels of an image.

    Parameters
    ----------
    image, recipe, axes, batch_size
        As for ``iter_segment``.

    Returns
    -------
    ndarray of uint16 or uint32
        On the image's axes without C and S; 0 is background, ids count on from
        plane to plane.

    Examples
    --------
    >>> import numpy as np
    >>> from napari_mobile_unet.thresholding.threshold import Threshold
    >>> image = np.zeros((3, 32, 32), np.uint8)
    >>> image[:, 8:24, 8:24] = 200
    >>> labels = segment(image, Recipe(segment=Threshold()), axes="ZYX")
    >>> labels.shape, labels.max()
    ((3, 32, 32), np.uint16(3))
    """
    recipe = recipe or Recipe()
    stack = as_stack(image, axes, recipe.channel)
    results = _iter_segment(stack, recipe, batch_size)
    labels = stack.assemble(result.labels for result in results)
    return labels.astype(labels_type(int(labels.max(initial=0))))
