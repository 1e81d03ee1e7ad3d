"""The median of large windows, in a time that hardly depends on their radius."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_mobile_unet.images.windows import iter_windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.types import Plane

TILE = 512
"""Height and width of the pieces that a plane is worked on in, margins included."""
FEW = 1 << 8
"""Levels of which OpenCV finds the median in windows of any size."""
LEVELS = 1 << 12
"""Levels that the values of a tile are sorted into, if they are more."""


def large_median(grey: Plane, radius: int) -> Plane:
    """Return the median of the square window around each pixel, mirrored at edges.

    The median is the same whether values are compared or their ranks. Ranks of more
    than 8 bits are found in two steps [1]_: the upper bits first, then the lower ones
    where these are known, all with OpenCV's median of 8 bits.

    Exact where a tile of 512² pixels has at most 4,096 different values, as it does in
    images of cameras. Otherwise its values are sorted into 4,096 levels of as many
    pixels each, and the median is off by at most one level.

    Parameters
    ----------
    grey : ndarray
        (Y, X) of any real type, without NaN.
    radius : int
        Of the window of (2 radius + 1)² pixels, 1 to 127.

    References
    ----------
    .. [1] S. Perreault and P. Hébert, "Median filtering in constant time", IEEE
       Transactions on Image Processing 16, 2389-2394 (2007),
       doi:10.1109/TIP.2007.902329
    """
    padded = np.pad(grey, radius, mode="symmetric")
    result = np.empty_like(grey)
    for inner in iter_windows(grey.shape, TILE - 2 * radius):
        rows, columns = (slice(s.start, s.stop + 2 * radius) for s in inner)
        result[inner] = _median_of_tile(padded[rows, columns], radius)
    return result


def _median_of_tile(tile: Plane, radius: int) -> Plane:
    """Return the median of the pixels with a whole window."""
    values, inverse = np.unique(tile, return_inverse=True)
    level = np.asarray(inverse.reshape(tile.shape), np.intp)
    if len(values) > LEVELS:
        pixels = np.cumsum(np.bincount(level.ravel()))
        level_of_value = np.asarray((pixels - 1) * LEVELS // tile.size, np.intp)
        level = level_of_value.take(level)
        # Each level by the value in its middle.
        first, last = (
            np.searchsorted(level_of_value, np.arange(LEVELS), side)
            for side in ("left", "right")
        )
        values = values.take(((first + last) // 2).clip(max=len(values) - 1))
    inner = slice(radius, -radius), slice(radius, -radius)
    window = 2 * radius + 1
    if len(values) <= FEW:
        return np.asarray(values.take(_median8(level, window)[inner]))
    upper = _median8(level // FEW, window)[inner]
    found = np.zeros(upper.shape, np.intp)
    for part in np.unique(upper).tolist():
        lower = (level - part * FEW).clip(0, FEW - 1)
        here = upper == part
        found[here] = part * FEW + _median8(lower, window)[inner][here]
    return np.asarray(values.take(found))


def _median8(level: NDArray[np.intp], window: int) -> NDArray[np.intp]:
    return np.asarray(cv2.medianBlur(level.astype(np.uint8), window), np.intp)
