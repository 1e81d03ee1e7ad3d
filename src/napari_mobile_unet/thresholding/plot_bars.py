"""The bars of a split histogram, and how each class is drawn with them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.lines import Line2D
    from matplotlib.patches import StepPatch
    from numpy.typing import NDArray

    from napari_mobile_unet.thresholding.otsu import HistogramSplit
    from napari_mobile_unet.types import Reals

_BARS = 256  # at most; as many as a dock is wide enough to show
_LOW = 0.03  # share of the highest bar below which a class is hardly seen


@dataclass(frozen=True, eq=False)
class Bars:
    """Counts in bars of whole bins, as many as are told apart in a picture.

    Parameters
    ----------
    heights : ndarray
        (bars,) pixels in each bar.
    sides : ndarray
        (bars + 1,) grey values between them.
    each : int
        Bins in a bar.
    bottom : float
        Where the bars stand on the axis of counts.
    """

    heights: NDArray[np.int64]
    sides: Reals
    each: int
    bottom: float

    @classmethod
    def of(cls, split: HistogramSplit, log: bool | None) -> Bars:
        """Return the bars of the range worth showing."""
        first, end = view_of(split)
        each = -(-(end - first) // _BARS)  # whole bins a bar, or bars would beat
        starts = np.arange(first, end, each)
        heights = np.add.reduceat(split.counts[:end], starts)
        edges = split.edges
        sides = edges[np.append(starts, starts[-1] + each).clip(max=len(edges) - 1)]
        bars = cls(heights, sides, each, 0.0)
        if log is None:
            parts = (bars.between(*ends)[0] for ends in bars.borders(split))
            peaks = [part.max() for part in parts if len(part)]
            log = min(peaks) < _LOW * max(peaks)
        return cls(heights, sides, each, 0.5 if log else 0.0)

    @property
    def log(self) -> bool:
        """Whether counts stand on a logarithmic axis."""
        return self.bottom > 0

    def borders(self, split: HistogramSplit) -> list[tuple[float, float]]:
        """Return the grey values from which to which each class is seen."""
        low, high = self.sides[0], self.sides[-1]
        return list(pairwise([low, *places_of(split).clip(low, high), high]))

    def between(self, low: float, high: float) -> tuple[NDArray[np.int64], Reals]:
        """Return heights and sides of the bars between two grey values."""
        inside = np.flatnonzero((self.sides[1:] > low) & (self.sides[:-1] < high))
        if not len(inside):
            return inside, np.array([low])
        first, end = inside[0], inside[-1] + 1
        return self.heights[first:end], self.sides[first : end + 1].clip(low, high)


@dataclass(frozen=True, eq=False)
class ClassPlot:
    """One class: its distribution, and above it its mean and its spread."""

    bars: StepPatch
    spread: Line2D
    mean: Line2D

    def show(self, split: HistogramSplit, number: int, bars: Bars) -> None:
        """Show class ``number`` of a split."""
        heights, sides = bars.between(*bars.borders(split)[number])
        self.bars.set_visible(len(heights) > 0)
        if len(heights):
            self.bars.set_data(heights, sides, bars.bottom)
        mean, spread = split.class_means[number], split.class_spreads[number]
        for mark in (self.spread, self.mean):  # an empty class has neither: NaN
            mark.set_visible(split.class_shares[number] > 0)
        self.spread.set_xdata([mean - spread, mean + spread])
        self.mean.set_xdata([mean])


def view_of(split: HistogramSplit) -> tuple[int, int]:
    """Return the first and the end bin to show.

    A long tail of few pixels would squeeze all others into a few bars: if the
    middle 99.8 % take less than half of the range, they and the thresholds are it.
    """
    occurring = np.flatnonzero(split.counts)
    first, last = int(occurring[0]), int(occurring[-1])
    below = np.cumsum(split.counts) / split.histogram.total
    low, high = np.searchsorted(below, [0.001, 0.999]).tolist()
    if high - low < (last - first) / 2:
        cuts = _cuts(split)
        low, high = min(low, *cuts), max(high, *cuts)
        margin = (high - low) // 10
        first, last = max(first, low - margin), min(last, high + margin)
    return first, last + 1


def _cuts(split: HistogramSplit) -> list[int]:
    """Return the first bin above each threshold."""
    cuts = np.searchsorted(split.histogram.values, split.thresholds, side="right")
    return [int(cut) for cut in cuts]


def places_of(split: HistogramSplit) -> Reals:
    """Return where the lines stand: between two bins, as the classes are."""
    return split.edges[_cuts(split)]
