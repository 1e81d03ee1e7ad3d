"""From a stack and a recipe to labels, one finished plane at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.pixels import labels_type, single_channel
from napari_mobile_unet.images.stack import Stack, as_stack
from napari_mobile_unet.images.windows import is_large
from napari_mobile_unet.linking.ids import Numbering
from napari_mobile_unet.linking.laptrack import Tracking
from napari_mobile_unet.parallel.executors import AHEAD, iter_ahead
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.fit import Fitted, fit
from napari_mobile_unet.runs.plane import find_in_blocks, find_objects
from napari_mobile_unet.runs.result import PlaneResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from napari_mobile_unet.types import Labels, Plane

    Found = tuple[int, Labels, pd.DataFrame, int]


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
        Labels and table of one plane. Closing the generator stops the work.

    Raises
    ------
    ValueError
        If axes, channel, settings or the data type do not fit the image.
    FileNotFoundError
        If the recipe's model does not exist.
    """
    recipe = recipe or Recipe()
    stack = as_stack(image, axes, recipe.channel)
    link = recipe.link
    numbering: Numbering | Tracking = Numbering(stack, link)
    fitted = fit(stack, recipe)
    everything: Iterable[Found] = _iter_found(stack, fitted, batch_size)
    if link.method == "laptrack":  # looks at all planes together
        everything = list(everything)
        numbering = Tracking(stack, link, [objects for _, _, objects, _ in everything])
    for number, found, objects, left_out in everything:
        ids, objects = numbering.add(number, found, objects)
        labels, index = ids.take(found), stack.index(number)
        yield PlaneResult(number, index, labels, objects, fitted, left_out)


def _iter_found(stack: Stack, fitted: Fitted, batch_size: int) -> Iterator[Found]:
    """Yield number, labels 1 to n, table, and number of objects left out."""
    if is_large(stack.plane_shape):
        for number in range(stack.n_planes):
            labels = np.zeros(stack.plane_shape, np.int32)
            yield number, labels, *find_in_blocks(stack, number, fitted, labels)
        return

    def found(piece: tuple[int, Plane]) -> Found:
        number, plane = piece
        return number, *find_objects(single_channel(plane), fitted)

    pieces = (
        piece
        for numbers, planes in stack.iter_batches(batch_size)
        for piece in zip(numbers, planes, strict=True)
    )
    yield from iter_ahead(found, pieces, min(AHEAD, stack.n_planes))


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
    >>> image = np.zeros((3, 32, 32), np.uint8)
    >>> image[:, 8:24, 8:24] = 200
    >>> labels = segment(image, Recipe(segment=Threshold()), axes="ZYX")
    >>> labels.shape, labels.max()
    ((3, 32, 32), np.uint16(3))
    """
    recipe = recipe or Recipe()
    stack = as_stack(image, axes, recipe.channel)
    results = iter_segment(stack, recipe.replace(channel=None), batch_size=batch_size)
    labels = stack.assemble(result.labels for result in results)
    return labels.astype(labels_type(int(labels.max(initial=0))))
