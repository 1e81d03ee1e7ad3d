"""Polygons to pixels, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from napari_mobile_unet.images.windows import Window
    from napari_mobile_unet.types import Mask

    Ring = NDArray[np.float64]


def as_ring(points: ArrayLike, what: str) -> Ring:
    """Return corners as (corners, 2), x and y.

    Raises
    ------
    ValueError
        If they are no pairs of finite numbers.
    """
    try:
        ring = np.asarray(points, np.float64)
    except (TypeError, ValueError):
        ring = np.empty(0)
    if ring.ndim != 2 or ring.shape[1] < 2 or not np.isfinite(ring).all():
        raise ValueError(
            f"an outline is a list of corners, x and y each; that of {what} is not; "
            "export it again"
        )
    return ring[:, :2]


def fill(rings: Sequence[Ring], shape: tuple[int, int]) -> tuple[Window, Mask]:
    """Return the pixels whose centres lie within an odd number of rings.

    The corner of the first pixel is (0, 0), its centre (0.5, 0.5). scikit-image's and
    OpenCV's polygons have pixel centres at whole numbers and take what lies on the
    outline as well, which makes objects larger.

    Parameters
    ----------
    rings : sequence of ndarray
        (corners, 2), x and y; closed or not.
    shape : tuple of int
        Height and width of the plane; what lies beyond is left out.

    Returns
    -------
    window : tuple of slice
        Rows and columns that the rings span.
    mask : ndarray of bool
        The pixels within the window.
    """
    start = np.concatenate(rings)
    end = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
    window = tuple(
        slice(
            int(np.clip(np.floor(start[:, axis].min()), 0, shape[1 - axis])),
            int(np.clip(np.ceil(start[:, axis].max()), 0, shape[1 - axis])),
        )
        for axis in (1, 0)
    )
    rows, columns = window
    height, width = rows.stop - rows.start, columns.stop - columns.start
    # Each edge changes sides in the rows whose centre lines it crosses.
    first, last = (
        np.clip(np.ceil(which(start[:, 1], end[:, 1]) - 0.5), rows.start, rows.stop)
        for which in (np.minimum, np.maximum)
    )
    count = (last - first).astype(np.intp)
    edge = np.repeat(np.arange(len(start)), count)
    within = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    row = first[edge] + within
    (x, y), (end_x, end_y) = start[edge].T, end[edge].T
    crossing: NDArray[Any] = x + (row + 0.5 - y) * (end_x - x) / (end_y - y)
    column = np.clip(np.ceil(crossing - 0.5), columns.start, columns.stop)
    flat = (row - rows.start) * (width + 1) + column - columns.start
    flips = np.bincount(flat.astype(np.intp), minlength=height * (width + 1))
    sides = flips.reshape(height, width + 1).cumsum(axis=1)
    return (rows, columns), (sides[:, :-1] & 1).astype(bool)
