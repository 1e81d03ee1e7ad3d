"""Counts of grey values split into classes: Otsu's way, or at values set by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from napari_mobile_unet.settings import Params
from napari_mobile_unet.thresholding.foreground import Foreground, find_foreground
from napari_mobile_unet.thresholding.histogram import (
    Histogram,
    count,
    nothing_to_count,
)
from napari_mobile_unet.thresholding.multi_otsu import TIE, best_splits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from napari_mobile_unet.types import Reals


class Split(Params):
    """What splits the grey values of a plane: a split of counts without the counts."""

    thresholds: Annotated[tuple[float, ...], Field(min_length=1)]
    """In ascending order, in the image's units."""
    variance: float
    """Total variance of the grey values."""
    separability: float
    """Between-class variance over total variance, 0 to 1."""
    foreground: Foreground
    """Which of the brightest and the darkest class is the objects, and why."""

    @property
    def constant(self) -> bool:
        """Whether only one value occurs, so that there is nothing to separate."""
        return self.variance == 0


@dataclass(frozen=True, eq=False)
class HistogramSplit:
    """Thresholds on a histogram, what they separate, and how well.

    Parameters
    ----------
    histogram : Histogram
        The counts that are split.
    thresholds : tuple of float
        In ascending order, in the image's units. Class k holds the values above k of
        them: a value that equals a threshold belongs to the class below it.
    between_class_variance, within_class_variance : ndarray of float64
        (bins,) σ_b²(t) and σ_w²(t) of a split in two after each bin.
    variance : float
        Total variance σ², which is σ_b²(t) + σ_w²(t) at every t.
    separability : float
        η = σ_b²/σ² of the split at `thresholds`, in [0, 1]; 0 where there is only
        one value.
    class_shares, class_means, class_spreads : tuple of float
        Share of the pixels, mean and standard deviation of each class, darkest
        first; mean and spread of an empty class are NaN.
    foreground : Foreground
        Which of the brightest and the darkest class is the objects, by the thresholds
        that were found: it does not change when they are set by hand.
    """

    histogram: Histogram
    thresholds: tuple[float, ...]
    between_class_variance: Reals
    within_class_variance: Reals
    variance: float
    separability: float
    class_shares: tuple[float, ...]
    class_means: tuple[float, ...]
    class_spreads: tuple[float, ...]
    foreground: Foreground

    @property
    def threshold(self) -> float:
        """The highest threshold: the brightest class is ``image > threshold``."""
        return self.thresholds[-1]

    @property
    def counts(self) -> NDArray[np.int64]:
        """(bins,) pixels in each bin."""
        return self.histogram.counts

    @property
    def edges(self) -> Reals:
        """(bins + 1,) the edges of the bins, in the image's units."""
        return self.histogram.edges

    @property
    def excluded(self) -> int:
        """Pixels left out because they are NaN or infinite."""
        return self.histogram.excluded

    @property
    def constant(self) -> bool:
        """Whether only one value occurs, so that there is nothing to separate."""
        return self.variance == 0

    @property
    def shared(self) -> Split:
        """What planes need to be split so, without the counts."""
        return Split(
            thresholds=self.thresholds,
            variance=self.variance,
            separability=self.separability,
            foreground=self.foreground,
        )

    def at(self, *thresholds: float) -> HistogramSplit:
        """Return the same counts split at other thresholds, set by hand.

        Raises
        ------
        ValueError
            If the thresholds are not finite and in ascending order.
        """
        if not thresholds or not are_ascending(thresholds):
            raise ValueError(
                f"thresholds must be finite and in ascending order, got {thresholds}; "
                "give each once, the lowest first"
            )
        return replace(
            self,
            thresholds=tuple(float(threshold) for threshold in thresholds),
            **_classes(self.histogram, thresholds, self.variance),
        )

    def summary(self) -> dict[str, Any]:
        """Return thresholds, separability and classes as plain values for JSON."""
        return {
            "thresholds": list(self.thresholds),
            "separability": self.separability,
            "class_shares": list(self.class_shares),
            "class_means": [None if math.isnan(m) else m for m in self.class_means],
            "excluded": self.excluded,
        }


def otsu(image: ArrayLike | Histogram) -> HistogramSplit:
    """Return the threshold that minimises the weighted variance within two classes.

    The pixels up to t are the background B, those above are the foreground F, with
    shares w, means μ and variances σ². Otsu's threshold [1]_ minimises

        σ_w²(t) = w_B σ_B²(t) + w_F σ_F²(t),

    and so maximises σ_b²(t) = w_B w_F (μ_B − μ_F)², since the two add up to the
    total variance σ². How well it separates is η = σ_b²/σ².

    Where values between the classes do not occur, several t give the same split:
    the lowest of them is returned, which is the brightest value of the background
    (for floats the upper edge of its bin). The only value of a constant image
    is its threshold, so that nothing lies above.

    Parameters
    ----------
    image : array_like or Histogram
        Any shape, bool, integer or float; NaN and infinite values are left out.
        Samples of colour are values like others: see `luminance`.

    Raises
    ------
    ValueError
        If there is no finite value, or the image is not real.

    References
    ----------
    .. [1] N. Otsu, "A threshold selection method from gray-level histograms",
       IEEE Trans. Syst. Man Cybern. 9, 62-66 (1979), doi:10.1109/TSMC.1979.4310076
    """
    return multi_otsu(image, classes=2)


def multi_otsu(image: ArrayLike | Histogram, classes: int = 3) -> HistogramSplit:
    """Return the thresholds that minimise the weighted variance within the classes.

    Exact [1]_ at any number of bins: as values are added, the best splits only
    move up, so dynamic programming with divide and conquer [2]_ finds the optimum
    in O(classes · bins · log bins). Ties are broken as in `otsu`.

    Parameters
    ----------
    image : array_like or Histogram
        Any shape, bool, integer or float; NaN and infinite values are left out.
    classes : int
        At least 2. Where fewer values occur, the brightest classes stay empty.

    Raises
    ------
    ValueError
        If there is no finite value, the image is not real, or `classes` < 2.

    References
    ----------
    .. [1] P.-S. Liao, T.-S. Chen, P.-C. Chung, "A fast algorithm for multilevel
       thresholding", J. Inf. Sci. Eng. 17, 713-727 (2001)
    .. [2] A. Grønlund et al., "Fast exact k-means, k-medians and Bregman divergence
       clustering in 1D", arXiv:1701.07204 (2017)
    """
    if classes < 2:
        raise ValueError(f"classes must be at least 2, got {classes}; give 2 or more")
    histogram = image if isinstance(image, Histogram) else count(image)
    if histogram.total == 0:
        raise ValueError(nothing_to_count(histogram.excluded))
    occurring = np.flatnonzero(histogram.counts)
    shares = histogram.counts / histogram.total
    # Centred on the mean: sums of large values would eat the digits that matter.
    # No dot product: BLAS starts threads for it, which costs more than the sum.
    centred = histogram.values - (histogram.values * shares).sum()
    variance = float((centred**2 * shares).sum()) if len(occurring) > 1 else 0.0

    below = np.cumsum(histogram.counts) / histogram.total
    moment = np.cumsum(centred * shares)
    inside = (below > 0) & (below < 1)
    between = np.zeros_like(moment)
    np.divide(moment**2, below * (1 - below), out=between, where=inside)

    if len(occurring) < classes:
        last = np.append(occurring, [occurring[-1]] * classes)[: classes - 1]
    elif classes == 2:
        last = np.flatnonzero(between >= between.max() * (1 - TIE))[:1]
    else:
        last = occurring[best_splits(below[occurring], moment[occurring], classes)]
    one_value_a_bin = histogram.exact or not variance
    highest = histogram.values if one_value_a_bin else histogram.edges[1:]
    thresholds = tuple(highest[last].tolist())
    found = _classes(histogram, thresholds, variance)
    return HistogramSplit(
        histogram,
        thresholds,
        between_class_variance=between,
        within_class_variance=np.maximum(variance - between, 0),
        variance=variance,
        foreground=find_foreground(histogram, found["class_shares"]),
        **found,
    )


def are_ascending(thresholds: Sequence[float]) -> bool:
    """Return whether thresholds are finite, and each above the one before."""
    finite = all(math.isfinite(threshold) for threshold in thresholds)
    return finite and all(low < high for low, high in pairwise(thresholds))


def _classes(
    histogram: Histogram, thresholds: Sequence[float], variance: float
) -> dict[str, Any]:
    """Return separability, shares, means and spreads of the classes of a split."""
    values, total = histogram.values, histogram.total
    mean = float((values * histogram.counts).sum()) / total
    shares, means, spreads, between = [], [], [], 0.0
    cuts = np.searchsorted(values, thresholds, side="right").tolist()
    for start, stop in pairwise([0, *cuts, len(values)]):
        counts = histogram.counts[start:stop]
        pixels = int(counts.sum())
        shares.append(pixels / total)
        if not pixels:
            means.append(math.nan)
            spreads.append(math.nan)
            continue
        weights = counts / pixels
        means.append(float((values[start:stop] * weights).sum()))
        spreads.append(
            math.sqrt(((values[start:stop] - means[-1]) ** 2 * weights).sum())
        )
        between += shares[-1] * (means[-1] - mean) ** 2
    return {
        "separability": min(between / variance, 1.0) if variance else 0.0,
        "class_shares": tuple(shares),
        "class_means": tuple(means),
        "class_spreads": tuple(spreads),
    }
