"""The split of a histogram into classes with the least variance within them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.types import Reals

TIE = 1e-12
"""Variances closer than this, relative, differ by rounding only."""


def best_splits(below: Reals, moment: Reals, classes: int) -> NDArray[np.intp]:
    """Return the last bin of every class but the brightest.

    Parameters
    ----------
    below, moment : ndarray of float64
        (bins,) share of the pixels up to each bin, and their summed distance from
        the mean; no bin is empty.
    """
    share, moment = np.append(0.0, below), np.append(0.0, moment)
    # best[j]: largest σ_b² of the lowest j bins; none of no bins at all.
    best = np.full(len(share), -np.inf)
    best[1:] = moment[1:] ** 2 / share[1:]
    steps = []
    for first in range(1, classes):
        best, step = _add_class(best, first, share, moment)
        steps.append(step)
    stop, last = len(share) - 1, []
    for step in reversed(steps):
        stop = step[stop]
        last.append(stop - 1)
    return np.array(last[::-1])


def _add_class(
    best: Reals, first: int, share: Reals, moment: Reals
) -> tuple[Reals, NDArray[np.intp]]:
    """Return the best σ_b² of each prefix with one class more, and where it begins.

    The start of the class moves only up with the prefix, so that those of every
    second, fourth, … prefix bound the search for the others.
    """
    bins = len(share) - 1
    start = np.full(bins + 1, first)
    longer = np.full(bins + 1, -np.inf)
    stride = 1 << bins.bit_length()
    while stride := stride >> 1:
        stops = np.arange(stride, bins + 1, 2 * stride)
        stops = stops[stops > first]
        if not len(stops):
            continue
        low = start[stops - stride]
        high = np.full(len(stops), bins)
        bounded = stops + stride <= bins
        high[bounded] = start[stops[bounded] + stride]
        length = np.minimum(high, stops - 1) - low + 1
        offset = np.cumsum(length) - length
        begin = np.arange(length.sum()) - np.repeat(offset - low, length)
        stop = np.repeat(stops, length)
        gain = (moment[stop] - moment[begin]) ** 2 / (share[stop] - share[begin])
        score = best[begin] + gain
        longer[stops] = np.maximum.reduceat(score, offset)
        top = np.flatnonzero(score >= np.repeat(longer[stops], length) * (1 - TIE))
        start[stops] = begin[top[np.searchsorted(top, offset)]]
    return longer, start
