"""From a stack and a recipe to labels, one finished plane at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from napari_mobile_unet.blocks import nothing_found, segment_blocks
from napari_mobile_unet.fitting import Fitted, fit, fit_to_plane, fit_to_stack
from napari_mobile_unet.images.pixels import labels_type, luminance, single_channel
from napari_mobile_unet.images.stack import Stack, as_stack
from napari_mobile_unet.images.windows import is_large
from napari_mobile_unet.linking.ids import Numbering
from napari_mobile_unet.linking.laptrack import Tracking
from napari_mobile_unet.objects.from_mask import label_mask
from napari_mobile_unet.objects.measure import measure_plane
from napari_mobile_unet.parallel.executors import AHEAD, iter_ahead
from napari_mobile_unet.preprocessing.chain import apply_steps, restore_labels
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.unet.decoding import Decoded
from napari_mobile_unet.unet.segment import UNet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from napari_mobile_unet.preprocessing.steps import AnyStep
    from napari_mobile_unet.types import Labels, Plane

    Found = tuple[int, Labels, pd.DataFrame, int]


Image = Any
"""A ``Stack``, or a NumPy, Dask or Zarr array."""


@dataclass(frozen=True, eq=False)
class PlaneResult:
    """One finished plane.

    Parameters
    ----------
    number : int
        Position in the flattened stack.
    index : tuple of int
        Position on ``stack.batch_axes``.
    labels : ndarray of int32
        (Y, X) on the image's own grid, 0 is background; ids go on from plane to
        plane, so that none is used twice in a stack, unless the recipe links them.
    objects : pandas.DataFrame
        One row an object: label, area, centroid, mean intensity, after the U-Net
        its confidence, and where it is followed over time its parent.
    fitted : Fitted
        The recipe with what was found in the whole stack, such as the diameter.
    left_out : int
        Objects that are not shown, since they are likely wrong; in a plane that is
        worked on block by block about as many.
    """

    number: int
    index: tuple[int, ...]
    labels: Labels
    objects: pd.DataFrame
    fitted: Fitted
    left_out: int = 0


def iter_prepare(stack: Stack, steps: tuple[AnyStep, ...]) -> Iterator[Plane]:
    """Yield the planes of a stack after the pre-processing steps, in order.

    Raises
    ------
    ValueError
        If a step does not fit the image.
    """
    fitted = fit_to_stack(stack, steps)
    for number in range(stack.n_planes):
        yield apply_steps(fitted, stack.plane(number))


def prepare_plane(stack: Stack, steps: tuple[AnyStep, ...], number: int) -> Plane:
    """Return one plane after the steps, as ``iter_prepare`` would give it."""
    return apply_steps(fit_to_stack(stack, steps), stack.plane(number))


def segment_plane(plane: Plane, fitted: Fitted) -> Decoded:
    """Return the objects of one plane by a fitted recipe, on the plane's own grid.

    Parameters
    ----------
    plane : ndarray
        (Y, X), or (Y, X, 3) for RGB.
    fitted : Fitted
        As returned by ``fit``.

    Returns
    -------
    Decoded
        The labels, and the confidence of each object; NaN after a threshold. A
        plane without a finite value has no objects.
    """
    recipe = fitted.recipe
    if plane.dtype.kind == "f" and not np.isfinite(plane).any():
        return Decoded(np.zeros(plane.shape[:2], np.int32), np.zeros(0, np.float32))
    prepared = apply_steps(recipe.steps, plane)
    if isinstance(recipe.segment, UNet):
        found = recipe.segment.segment(prepared, recipe.objects)
    else:
        split = fitted.split or recipe.segment.split(prepared)
        labels = label_mask(recipe.segment.mask(prepared, split), recipe.objects)
        unknown = np.full(int(labels.max(initial=0)), np.nan, np.float32)
        found = Decoded(labels, unknown)
    if found.labels.shape == plane.shape[:2]:
        return found
    return _on_grid(found, plane.shape[:2])


def _on_grid(found: Decoded, shape: tuple[int, ...]) -> Decoded:
    """Return objects found on a resized plane on the grid of the plane itself."""
    labels = restore_labels(found.labels, shape)
    kept = np.unique(labels[labels > 0])  # shrinking may lose the smallest
    ids = np.zeros(len(found.confidence) + 1, np.int32)
    ids[kept] = np.arange(1, len(kept) + 1)
    return replace(found, labels=ids[labels], confidence=found.confidence[kept - 1])


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


def find_objects(plane: Plane, fitted: Fitted) -> tuple[Labels, pd.DataFrame, int]:
    """Return a plane's labels 1 to n, a row for each, and how many were left out."""
    found = segment_plane(plane, fitted)
    objects = measure_plane(found.labels, luminance(plane))
    if isinstance(fitted.recipe.segment, UNet):
        objects["confidence"] = found.confidence[objects["label"].to_numpy() - 1]
    return found.labels, objects, found.left_out


def find_in_blocks(
    stack: Stack, number: int, fitted: Fitted, labels: Any
) -> tuple[pd.DataFrame, int]:
    """Write a plane's labels 1 to n; return a row for each, and how many were left out.

    Parameters
    ----------
    stack : Stack
        The image.
    number : int
        Of the plane.
    fitted : Fitted
        As returned by ``fit``.
    labels : array
        (Y, X), all 0, NumPy or Zarr.
    """
    own = fit_to_plane(stack, number, fitted)
    objects, left_out = nothing_found(), 0
    if own is not None:
        objects, left_out = segment_blocks(
            lambda window: stack.plane(number, window),
            lambda part: segment_plane(part, own),
            labels,
            # The edges of a block are none of the plane.
            drop_border=fitted.recipe.objects.drop_border,
        )
    if not isinstance(fitted.recipe.segment, UNet):
        objects = objects.drop(columns="confidence")
    return objects, left_out


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


def placed(objects: pd.DataFrame, index: tuple[int, ...], axes: str) -> pd.DataFrame:
    """Return a plane's table with its place: a column for each of ``batch_axes``."""
    table = objects.copy()
    for position, (axis, value) in enumerate(zip(axes, index, strict=True), start=1):
        table.insert(position, axis.lower(), value)
    return table


def table_of(results: Iterable[PlaneResult], axes: str) -> pd.DataFrame:
    """Return one table of all planes' objects, with their place on the batch axes.

    Parameters
    ----------
    results : iterable of PlaneResult
        Finished planes.
    axes : str
        ``stack.batch_axes``; a column of its small letter is added for each.
    """
    tables = [placed(result.objects, result.index, axes) for result in results]
    filled = [table for table in tables if len(table)] or tables[:1]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
