"""Where a region, drawn as shapes or labels, lies on the planes of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from napari.layers import Labels, Shapes

from napari_mobile_unet.widgets.layers.drawn import carry, outlines_of, rows_and_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Layer

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import Mask

LONGEST_SIDE = 32767
"""Pixels of an image that OpenCV can warp."""


def region_masks(
    region: Labels | Shapes, source: Layer, stack: Stack
) -> Callable[[int], Mask]:
    """Return a function from the number of a plane to where the region lies on it.

    Parameters
    ----------
    region : Labels or Shapes
        Wherever it lies in the world. Shapes hold for all planes; labels for the
        planes that they have.
    source : Layer
        The image.
    stack : Stack
        Of the image.

    Raises
    ------
    ValueError
        If no shape covers a pixel of the image.
    """
    if isinstance(region, Shapes):
        drawn = _draw_shapes(region, source, stack)
        if not drawn.any():
            raise ValueError(
                f"a region must lie on the image; {region.name!r} covers none of its "
                "pixels; draw one over it"
            )
        return lambda _: drawn
    return lambda number: _cut_labels(region, source, stack, number)


def _draw_shapes(region: Shapes, source: Layer, stack: Stack) -> Mask:
    """Return (Y, X), True inside any closed shape."""
    mask = np.zeros(stack.plane_shape, np.uint8)
    for outline in outlines_of(region, source, stack):
        cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 1)
    return mask.view(np.bool_)


def _cut_labels(region: Labels, source: Layer, stack: Stack, number: int) -> Mask:
    """Return (Y, X), True where labels lie over one plane of the image."""
    rows, columns = rows_and_columns(stack)
    index = np.zeros(source.ndim)
    world = stack.grid.world_axes
    for axis, place in zip(stack.batch_axes, stack.index(number), strict=True):
        index[world.index(axis)] = place
    origin = carry(index, source, region)
    leading = tuple(round(float(place)) for place in origin[:-2])
    data = region.data[0] if region.multiscale else region.data
    sizes = data.shape[:-2]
    if any(not 0 <= n < size for n, size in zip(leading, sizes, strict=True)):
        return np.zeros(stack.plane_shape, bool)
    plane = np.asarray(data[leading]) > 0
    matrix = np.zeros((2, 3))
    for position, side in enumerate((columns, rows)):
        along = index.copy()
        along[side] += 1
        matrix[:, position] = (carry(along, source, region) - origin)[[-1, -2]]
    matrix[:, 2] = origin[[-1, -2]]
    same = np.allclose(matrix, [[1, 0, 0], [0, 1, 0]])
    if same and plane.shape == stack.plane_shape:
        return plane
    if max(*plane.shape, *stack.plane_shape) > LONGEST_SIDE:
        raise ValueError(
            f"labels on another grid than the image must have at most {LONGEST_SIDE} "
            f"pixels a side, got {plane.shape} over {stack.plane_shape}; draw the "
            "region as a shape"
        )
    height, width = stack.plane_shape
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    cut = cv2.warpAffine(plane.view(np.uint8), matrix, (width, height), flags=flags)
    return np.asarray(cut, np.uint8).view(np.bool_)
