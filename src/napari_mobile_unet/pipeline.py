"""From a stack and a recipe to labels, one finished plane at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from napari_mobile_unet.histogram import count_planes, luminance
from napari_mobile_unet.instances import Decoded, label_mask, labels_type
from napari_mobile_unet.measurements import measure_plane
from napari_mobile_unet.preprocess import (
    AnyStep,
    apply_steps,
    fit_steps,
    restore_labels,
)
from napari_mobile_unet.recipe import Recipe
from napari_mobile_unet.stack import Stack
from napari_mobile_unet.unet.segment import UNet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from napari_mobile_unet.threshold import Otsu

    Plane = NDArray[np.generic]

SAMPLE = 16
"""Planes, evenly spaced, that stack-wide ranges are taken from."""

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
        plane, so that none is used twice in a stack.
    objects : pandas.DataFrame
        One row an object: label, area, centroid, mean intensity, and after the
        U-Net its confidence.
    """

    number: int
    index: tuple[int, ...]
    labels: NDArray[np.int32]
    objects: pd.DataFrame


def as_stack(image: Image, axes: str | None, recipe: Recipe) -> Stack:
    """Return the image as a stack of one channel (or RGB), as the recipe wants.

    Raises
    ------
    ValueError
        If the axes do not fit, or the channel does not exist.
    """
    stack = image if isinstance(image, Stack) else Stack.from_array(image, axes)
    if "C" in stack.axes:
        return stack.channel(recipe.channel or 0)
    if recipe.channel:
        raise ValueError(
            f"channel {recipe.channel} does not exist: an image with axes "
            f"{stack.axes} has one channel, 0"
        )
    return stack


@dataclass(frozen=True, eq=False)
class Fitted:
    """A recipe with all that is taken from the whole stack found already.

    With it each plane can be segmented on its own, anywhere, with one outcome.

    Parameters
    ----------
    recipe : Recipe
        Its steps and its U-Net carry the grey ranges of the stack.
    split : Otsu, optional
        The threshold that all planes share, if they share one.
    """

    recipe: Recipe
    split: Otsu | None = None


def fit(stack: Stack, recipe: Recipe) -> Fitted:
    """Return the recipe fitted to a stack.

    Grey ranges come from at most ``SAMPLE`` evenly spaced planes; a threshold
    over the stack counts every plane, one at a time.

    Raises
    ------
    ValueError
        If a step does not fit the image, or there is no finite value to split.
    """
    some = _some(stack)
    steps = recipe.steps
    if steps:
        steps = fit_steps(steps, (stack.plane(number) for number in some))

    def prepared(numbers: Iterable[int]) -> Iterator[Plane]:
        return (apply_steps(steps, stack.plane(number)) for number in numbers)

    method = recipe.segment
    if isinstance(method, UNet):
        method = method.fit(prepared(some))
        return Fitted(recipe.replace(steps=steps, segment=method))
    split = None
    if method.scope == "stack":
        split = method.split(count_planes(lambda: prepared(range(stack.n_planes))))
    return Fitted(recipe.replace(steps=steps), split)


def iter_prepare(stack: Stack, steps: tuple[AnyStep, ...]) -> Iterator[Plane]:
    """Yield the planes of a stack after the pre-processing steps, in order.

    Raises
    ------
    ValueError
        If a step does not fit the image.
    """
    if steps:
        steps = fit_steps(steps, (stack.plane(number) for number in _some(stack)))
    for number in range(stack.n_planes):
        yield apply_steps(steps, stack.plane(number))


def prepare_plane(stack: Stack, steps: tuple[AnyStep, ...], number: int) -> Plane:
    """Return one plane after the steps, as ``iter_prepare`` would give it."""
    if steps:
        steps = fit_steps(steps, (stack.plane(some) for some in _some(stack)))
    return apply_steps(steps, stack.plane(number))


def _some(stack: Stack) -> list[int]:
    """Return the numbers of the planes that stack-wide ranges are taken from."""
    spaced = np.linspace(0, stack.n_planes - 1, SAMPLE).round().astype(int)
    return [int(number) for number in np.unique(spaced)]


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
    return Decoded(ids[labels], found.confidence[kept - 1])


def iter_segment(
    image: Image,
    recipe: Recipe | None = None,
    *,
    axes: str | None = None,
    batch_size: int | None = None,
) -> Iterator[PlaneResult]:
    """Yield one finished plane at a time, in the order of the stack.

    Parameters
    ----------
    image : Stack or array
        The image; of a lazy array only the planes of the batch in hand are read.
    recipe : Recipe, optional
        What is done; by default the shipped U-Net with no pre-processing.
    axes : str, optional
        One letter of "TCZYXS" for each dimension of an array; guessed for 2-D,
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
    stack = as_stack(image, axes, recipe)
    fitted = fit(stack, recipe)
    used = 0
    for numbers, planes in stack.iter_batches(batch_size or 1):
        for number, plane in zip(
            range(numbers.start, numbers.stop), planes, strict=True
        ):
            plane = plane[..., 0] if plane.shape[-1] == 1 else plane
            result = _finish(number, plane, fitted, stack, used)
            used += len(result.objects)
            yield result


def _finish(
    number: int, plane: Plane, fitted: Fitted, stack: Stack, used: int
) -> PlaneResult:
    """Return a plane's result, its ids counted on from those in use."""
    found = segment_plane(plane, fitted)
    objects = measure_plane(found.labels, luminance(plane))
    if not np.isnan(found.confidence).all():
        objects["confidence"] = found.confidence[objects["label"].to_numpy() - 1]
    objects["label"] += used
    labels = np.where(found.labels > 0, found.labels + used, 0).astype(np.int32)
    return PlaneResult(number, stack.index(number), labels, objects)


def segment(
    image: Image,
    recipe: Recipe | None = None,
    *,
    axes: str | None = None,
    batch_size: int | None = None,
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
    stack = as_stack(image, axes, recipe)
    results = iter_segment(stack, recipe.replace(channel=None), batch_size=batch_size)
    labels = stack.assemble(result.labels for result in results)
    return labels.astype(labels_type(int(labels.max(initial=0))))


def table_of(results: Iterable[PlaneResult], axes: str) -> pd.DataFrame:
    """Return one table of all planes' objects, with their place on the batch axes.

    Parameters
    ----------
    results : iterable of PlaneResult
        Finished planes.
    axes : str
        ``stack.batch_axes``; a column of its small letter is added for each.
    """
    tables = []
    for result in results:
        place = dict(zip(axes.lower(), result.index, strict=True))
        table = result.objects.copy()
        for position, (axis, value) in enumerate(place.items(), start=1):
            table.insert(position, axis, value)
        tables.append(table)
    filled = [table for table in tables if len(table)] or tables[:1]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
