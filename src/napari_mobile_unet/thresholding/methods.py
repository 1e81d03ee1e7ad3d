"""Thresholds beside Otsu's that users of ImageJ know, by scikit-image, from counts.

Counts are all that a stack of any size leaves in memory, so each method is given
what it takes of an image from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_mobile_unet.thresholding.histogram import Histogram
    from napari_mobile_unet.types import Reals

BINS = 256
"""Most bins for methods that look at the shape of the histogram, as in ImageJ."""
PIXELS = 1 << 20
"""Most pixels for methods that look at the image itself; spread evenly by rank."""


def triangle(histogram: Histogram) -> float:
    """Farthest from the line between the peak and the longer tail (Zack 1977)."""
    from skimage.filters import threshold_triangle

    counts, values = _shape(histogram)
    # Scikit-image counts again, so that each bin must stand at a whole number.
    share = np.minimum(1.0, PIXELS / counts.sum())
    pixels = np.repeat(np.arange(len(counts)), np.ceil(counts * share).astype(int))
    return float(values[int(threshold_triangle(pixels))])


def li(histogram: Histogram) -> float:
    """Least cross entropy between the image and its two classes (Li and Tam 1998)."""
    from skimage.filters import threshold_li

    pixels = _pixels(histogram)
    if pixels.dtype.kind == "i":  # of which differences may not fit into their type
        pixels = pixels.astype(np.int64)
    return float(threshold_li(pixels))


def yen(histogram: Histogram) -> float:
    """Largest correlation of the two classes (Yen, Chang and Chang 1995)."""
    from skimage.filters import threshold_yen

    return float(threshold_yen(hist=_shape(histogram)))


def isodata(histogram: Histogram) -> float:
    """Half way between the means of the two classes (Ridler and Calvard 1978)."""
    from skimage.filters import threshold_isodata

    return float(threshold_isodata(hist=_shape(histogram)))


def mean(histogram: Histogram) -> float:
    """Mean grey value (Glasbey 1993)."""
    return float((histogram.values * histogram.counts).sum() / histogram.total)


def minimum(histogram: Histogram) -> float:
    """Lowest point between two peaks (Prewitt and Mendelsohn 1966).

    Raises
    ------
    ValueError
        If the histogram, however much it is smoothed, does not have two peaks.
    """
    from skimage.filters import threshold_minimum

    try:
        return float(threshold_minimum(hist=_shape(histogram)))
    except RuntimeError as error:
        raise ValueError(
            "the method 'minimum' needs a histogram with two peaks, got one with "
            "another number; choose another method, such as 'otsu'"
        ) from error


METHODS: dict[str, Callable[[Histogram], float]] = {
    "triangle": triangle,
    "li": li,
    "yen": yen,
    "isodata": isodata,
    "mean": mean,
    "minimum": minimum,
}
"""From the counts of an image with several values to its threshold, by name."""


def _shape(histogram: Histogram) -> tuple[NDArray[np.int64], Reals]:
    """Return counts and values of at most ``BINS`` bins, over the range that occurs."""
    occurring = np.flatnonzero(histogram.counts)
    first, end = int(occurring[0]), int(occurring[-1]) + 1
    each = -(-(end - first) // BINS)
    starts = np.arange(first, end, each)
    counts = np.add.reduceat(histogram.counts[:end], starts)
    # The value of a bin is that of its middle; of a single level, the level itself.
    middles = np.minimum(starts + (each - 1) / 2, end - 1)
    return counts, histogram.limits[0] + middles * histogram.step


def _pixels(histogram: Histogram) -> NDArray[Any]:
    """Return pixels with these counts, or if they are too many, evenly spaced ones."""
    total = histogram.total
    below = np.cumsum(histogram.counts)
    ranks = np.linspace(0, total - 1, min(total, PIXELS)).round()
    levels = np.searchsorted(below, ranks, side="right")
    values = histogram.values[levels]
    whole = histogram.exact and histogram.dtype.kind in "iu"
    return values.astype(histogram.dtype) if whole else values
