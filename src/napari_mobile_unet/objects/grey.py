"""The grey values of objects and of their background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from napari_mobile_unet.objects.grouped import Grouped
    from napari_mobile_unet.types import AnyLabels, Reals

COUNTED = (np.dtype(np.uint8), np.dtype(np.uint16))
"""Types of grey values that are counted to find their median, not sorted."""

AT_ONCE = 1 << 18
"""Values that are counted together: as many as stay in a processor's cache."""


def grey_columns(
    objects: Grouped,
    values: NDArray[Any],
    names: Collection[str],
    background: float | None = None,
) -> dict[str, NDArray[Any]]:
    """Return statistics of the grey values of each object.

    Parameters
    ----------
    objects : Grouped
        Their pixels.
    values : ndarray
        Of the labels' shape. Values that are not finite are left out; an object
        without any finite value has NaN.
    names : collection of str
        Of ``COLUMNS``; only what is asked for is measured.
    background : float, optional
        Grey value of the background; the columns that need it are left out otherwise.

    Returns
    -------
    dict
        (objects,) float64 for each name, in the order of ``COLUMNS``.
    """
    pixels = values.reshape(-1).take(objects.pixel)
    count, filled = objects.size, pixels
    if pixels.dtype.kind == "f":
        known = np.isfinite(pixels)
        count = objects.sum(known)
        if not known.all():
            pixels = np.where(known, pixels, np.nan)
            filled = np.where(known, pixels, 0)
    total = objects.sum(filled)
    unknown = np.full(len(total), np.nan)
    mean = np.divide(total, count, where=count > 0, out=unknown)
    columns: dict[str, NDArray[Any]] = {"mean_intensity": mean}
    if "std_intensity" in names:
        apart = objects.spread(mean)
        np.square(np.subtract(pixels, apart, out=apart), out=apart)
        apart = apart if filled is pixels else np.nan_to_num(apart)
        unknown = np.full(len(total), np.nan)
        squared = np.divide(objects.sum(apart), count, where=count > 0, out=unknown)
        columns["std_intensity"] = np.sqrt(squared)
    if "median_intensity" in names:
        columns |= _ranked(objects, pixels, count)
    else:
        columns["min_intensity"] = objects.least(pixels).astype(np.float64)
        columns["max_intensity"] = objects.greatest(pixels).astype(np.float64)
    columns["sum_intensity"] = np.where(count > 0, total, np.nan)
    if background is not None:
        columns["background_intensity"] = np.full(len(mean), background)
        columns["corrected_intensity"] = mean - background
    return {name: each for name, each in columns.items() if name in names}


def _ranked(
    objects: Grouped, pixels: NDArray[Any], count: NDArray[Any]
) -> dict[str, Reals]:
    """Return smallest, largest and median of each object's finite values."""
    # NumPy sorts 32 bits several times as fast as 16.
    ordered = pixels.astype(np.int32) if pixels.dtype in COUNTED else pixels.copy()
    start = objects.start
    for first, after in zip(
        start.tolist(), (start + objects.size).tolist(), strict=True
    ):
        ordered[first:after].sort()  # NaN goes to the end
    some = count > 0
    first, size = start[some], count[some]
    ends = {
        "min_intensity": (first, first),
        "max_intensity": (first + size - 1, first + size - 1),
        "median_intensity": (first + (size - 1) // 2, first + size // 2),
    }
    columns = {}
    for name, (low, high) in ends.items():
        column = np.full(len(count), np.nan)
        # Halved first: the sum of two large values may exceed their type.
        column[some] = ordered[low] / 2.0 + ordered[high] / 2.0
        columns[name] = column
    return columns


def background_of(labels: AnyLabels, values: NDArray[Any]) -> float:
    """Return the median of the finite grey values that are in no object.

    Parameters
    ----------
    labels, values : ndarray
        Of one shape.

    Returns
    -------
    float
        NaN where there is none.
    """
    flat, free = values.reshape(-1), labels.reshape(-1) == 0
    if values.dtype in COUNTED:
        counts = np.zeros(1 << 16, np.int64)
        for first in range(0, len(flat), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            counts += np.bincount(flat[some][free[some]], minlength=len(counts))
        return _middle(counts)
    outside = flat[free]
    if outside.dtype.kind == "f":
        outside = outside[np.isfinite(outside)]
    return float(np.median(outside)) if len(outside) else float("nan")


def _middle(counts: NDArray[np.int64]) -> float:
    """Return the median of values that are counted; NaN of none."""
    below = np.cumsum(counts)
    if not below[-1]:
        return float("nan")
    ends = np.searchsorted(below, [(below[-1] + 1) // 2, below[-1] // 2 + 1])
    return float(ends.mean())
