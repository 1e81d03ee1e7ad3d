"""Parts of a plane: blocks with margins, and the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_mobile_unet.types import Mask


Window = tuple[slice, slice]
"""Rows and columns of a part of a plane."""
WHOLE: Window = (slice(None), slice(None))
"""The window of a whole plane."""


def iter_windows(shape: tuple[int, int], size: int) -> Iterator[Window]:
    """Yield the windows of a side of ``size`` that tile (Y, X), row by row."""
    height, width = shape
    for top in range(0, height, size):
        for left in range(0, width, size):
            yield (
                slice(top, min(top + size, height)),
                slice(left, min(left + size, width)),
            )


def middle_window(shape: tuple[int, ...], size: int, step: int = 1) -> Window:
    """Return the middle of a plane, or all of a plane that is no larger.

    Parameters
    ----------
    shape : tuple of int
        Of the plane (Y, X, …).
    size : int
        Height and width of the window in pixels.
    step : int
        The window starts at a multiple of it.
    """
    starts = (step * max(0, round((length - size) / 2 / step)) for length in shape[:2])
    rows, columns = (slice(start, start + size) for start in starts)
    return rows, columns


BLOCK = 3072
"""Height and width in pixels of the part of a plane that a block reports. Like the
margin, a multiple of the step between the network's tiles: so the tiles of all blocks
are those of the whole plane, and an object on a seam looks the same from both sides."""
MARGIN = 512
"""Pixels that a block sees beyond its part on each side: an object of this size, with
its neighbours, is seen whole by every block that it touches."""


def is_large(shape: tuple[int, int]) -> bool:
    """Return whether a plane is segmented in blocks."""
    return max(shape) > BLOCK + 2 * MARGIN


def widened(core: Window, shape: tuple[int, ...], margin: int) -> Window:
    """Return a window with a margin on each side, cut off at the plane's edge."""
    rows, columns = (
        slice(max(0, side.start - margin), min(length, side.stop + margin))
        for side, length in zip(core, shape, strict=True)
    )
    return rows, columns


def area_of(window: Window) -> int:
    """Return how many pixels a window has."""
    rows, columns = window
    return int((rows.stop - rows.start) * (columns.stop - columns.start))


def place_inside(core: Window, outer: Window) -> Window:
    """Return where a block's own part lies in the window that it sees."""
    rows, columns = (
        slice(c.start - o.start, c.stop - o.start)
        for c, o in zip(core, outer, strict=True)
    )
    return rows, columns


def inner_edge(outer: Window, shape: tuple[int, ...]) -> Mask:
    """Return the mask of a window's edge pixels that are not at the plane's edge."""
    rows, columns = outer
    edge = np.zeros((rows.stop - rows.start, columns.stop - columns.start), bool)
    edge[0] |= rows.start > 0
    edge[-1] |= rows.stop < shape[0]
    edge[:, 0] |= columns.start > 0
    edge[:, -1] |= columns.stop < shape[1]
    return edge
