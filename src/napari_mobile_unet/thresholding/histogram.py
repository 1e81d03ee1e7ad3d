"""How often each grey value occurs: exact where it can be, one plane at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from napari_mobile_unet.images.pixels import luminance, native, refuse_mask

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from napari_mobile_unet.types import Limits, Plane, Reals


_LEVELS = 1 << 16  # levels where values are too many for a bin each
_MOST = 1 << 24  # cv2.calcHist answers in float32, which is exact up to this count
_BLOCK = 1 << 20  # pixels rounded to levels at a time: bounds the temporaries
_WIDEST = 1e150  # the variance of anything wider is not a finite number


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts of grey values in evenly spaced bins; two of one binning add up.

    Parameters
    ----------
    counts : ndarray of int64
        (bins,) pixels in each bin.
    limits : tuple of float
        The values of the first and of the last bin, in the image's units.
    excluded : int
        Pixels left out because they are NaN or infinite.
    exact : bool
        Whether each bin holds one single value.
    dtype : numpy.dtype
        Data type of the image.
    colour : bool
        Whether the image is RGB, counted by its luminance.
    """

    counts: NDArray[np.int64]
    limits: Limits
    excluded: int
    exact: bool
    dtype: np.dtype[Any]
    colour: bool = False

    @cached_property
    def total(self) -> int:
        """Pixels counted, without the excluded ones."""
        return int(self.counts.sum())

    @property
    def step(self) -> float:
        """Width of a bin, in the image's units."""
        low, high = self.limits
        return (high - low) / (len(self.counts) - 1) if len(self.counts) > 1 else 1.0

    @cached_property
    def values(self) -> Reals:
        """(bins,) the value that each bin stands for: its centre."""
        return np.linspace(*self.limits, len(self.counts))

    @cached_property
    def edges(self) -> Reals:
        """(bins + 1,) the edges of the bins, half a step around their values."""
        low, high = self.limits
        half = self.step / 2
        return np.linspace(low - half, high + half, len(self.counts) + 1)

    def __add__(self, other: Histogram) -> Histogram:
        """Return the counts of both, as if counted in one go.

        Raises
        ------
        ValueError
            If the two do not have the same binning.
        """
        if (self.dtype, self.limits) != (other.dtype, other.limits):
            raise ValueError(
                "histograms must share data type and limits to be added, got "
                f"{self.dtype} {self.limits} and {other.dtype} {other.limits}; "
                "count both with the same limits"
            )
        return replace(
            self,
            counts=self.counts + other.counts,
            excluded=self.excluded + other.excluded,
        )


def count(image: ArrayLike, limits: Limits | None = None) -> Histogram:
    """Return the counts of an image's values, each value in a bin of its own.

    That is exact for bool, 8- and 16-bit integers (a bin for every value of the
    type), and for wider integers that span fewer than 65,536 values. Floats, and
    integers of a wider span, are rounded to 65,536 evenly spaced levels from their
    smallest to their largest finite value. So many, because a few bright pixels
    stretch the range until 256 bins are coarse, and because Otsu's sums cost next
    to nothing more.

    Parameters
    ----------
    image : array_like
        Any shape, bool, integer or float.
    limits : tuple of float, optional
        First and last level for floats and wide integers, so that several images
        are counted alike; values beyond them go to the end bins.

    Raises
    ------
    ValueError
        If the image is empty, not real, masked, without finite value (unless `limits`
        are given), or the limits are not in ascending order or too far apart.
    """
    pixels = _pixels(image)
    if _has_few_values(pixels.dtype):
        return _count_values(pixels)
    if limits is None:
        limits = _limits(pixels)
    if limits is None:
        raise ValueError(nothing_to_count(pixels.size))
    low, high = limits
    if not 0 <= high - low < _WIDEST:
        raise ValueError(
            f"limits must be in ascending order and less than {_WIDEST:g} apart, got "
            f"{low} to {high}; rescale the image"
        )
    return _count_levels(pixels, low, high)


def count_plane(plane: Plane, limits: Limits | None = None) -> Histogram:
    """Return the counts of a plane, (Y, X) or (Y, X, 3), as `count` would.

    Colour is counted by its luminance.
    """
    return replace(count(luminance(plane), limits), colour=plane.ndim == 3)


def count_planes(planes: Iterable[Plane] | Callable[[], Iterable[Plane]]) -> Histogram:
    """Return the counts of a whole stack, with one plane in memory at a time.

    Arguments and errors are those of `iter_counts`.
    """
    (counted,) = deque(iter_counts(planes), maxlen=1)
    return counted


def iter_counts(
    planes: Iterable[Plane] | Callable[[], Iterable[Plane]],
) -> Iterator[Histogram]:
    """Yield the counts of all planes so far, after each of them.

    Planes of floats or wide integers are read twice: for the limits of the whole
    stack, then to count. Colour is counted by its luminance.

    Parameters
    ----------
    planes : iterable of ndarray, or a function that returns one
        (Y, X) or (Y, X, 3) each, all of one data type, the same at each iteration.

    Raises
    ------
    ValueError
        If there is no plane or no finite value, if the data types differ, or if
        `planes` can be iterated only once.
    """
    if isinstance(planes, Iterator):
        raise ValueError(
            "planes must be iterable twice, got an iterator; "
            "give a sequence, or a function that returns a new iterator"
        )

    def again() -> Iterator[Plane]:
        return iter(planes() if callable(planes) else planes)

    limits: Limits | None = None
    first = next(again(), None)
    if first is None:
        raise ValueError(
            "a stack must have at least one plane, got none; choose another one"
        )
    if not _has_few_values(luminance(first).dtype):
        grey = map(luminance, again())
        pairs = [pair for plane in grey if (pair := _limits(_pixels(plane)))]
        if not pairs:
            raise ValueError(nothing_to_count("all"))
        limits = min(low for low, _ in pairs), max(high for _, high in pairs)
    yield from accumulate(count_plane(plane, limits) for plane in again())


def nothing_to_count(excluded: int | str) -> str:
    """Return the message for an image in which nothing can be counted."""
    return (
        f"no finite values to count, got {excluded} pixels NaN or infinite; "
        "leave this image or plane out"
    )


def _pixels(image: ArrayLike) -> Plane:
    """Return the pixels in one row, in memory order and native byte order."""
    array = np.asarray(image)
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"an image must be bool, integer or float, got {array.dtype}; "
            "take its magnitude or one component first"
        )
    refuse_mask(image)
    if array.size == 0:
        raise ValueError(
            f"an image must have pixels to count, got shape {array.shape}; leave it out"
        )
    return native(array).ravel(order="K")


def _has_few_values(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "biu" and dtype.itemsize <= 2


def _blocks(pixels: Plane, size: int) -> Iterator[Plane]:
    return (pixels[start : start + size] for start in range(0, len(pixels), size))


def _calc_hist(pixels: Plane, bins: int) -> NDArray[np.int64]:
    counts = np.zeros(bins, np.int64)
    for block in _blocks(pixels, _MOST):
        # As one row: OpenCV takes eight times as long over a column.
        found = cv2.calcHist([block[None]], [0], None, [bins], [0, bins])
        counts += found.ravel().astype(np.int64)
    return counts


def _count_values(pixels: Plane) -> Histogram:
    """Count bool, 8- or 16-bit integers: a bin for every value of the type."""
    dtype = pixels.dtype
    if dtype.kind == "b":
        ones = int(np.count_nonzero(pixels))
        counts = np.array([pixels.size - ones, ones], np.int64)
        return Histogram(counts, (0.0, 1.0), 0, True, dtype)
    bins = 1 << 8 * dtype.itemsize
    counts = _calc_hist(pixels.view(f"u{dtype.itemsize}"), bins)
    if dtype.kind == "i":  # seen as unsigned, the negative values follow the others
        counts = np.roll(counts, bins // 2)
    limits = float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)
    return Histogram(counts, limits, 0, True, dtype)


def _count_levels(pixels: Plane, low: float, high: float) -> Histogram:
    """Count floats or wide integers in levels from `low` to `high`, ends included."""
    dtype, span = pixels.dtype, high - low
    exact = dtype.kind in "iu" and span < _LEVELS
    levels = int(span) + 1 if exact else _LEVELS if span else 1
    counts = np.zeros(levels, np.int64)
    excluded = 0
    for block in _blocks(pixels, _BLOCK):
        finite = block if _all_finite(block) else block[np.isfinite(block)]
        excluded += len(block) - len(finite)
        if exact:  # in integers: those above 2⁵³ are not exact as floats
            level = np.clip(finite, int(low), int(high)) - int(low)
        else:
            level = finite.astype(np.float64) - low
            if span:
                level /= span
                level *= levels - 1
            np.clip(np.rint(level, out=level), 0, levels - 1, out=level)
        if len(level):
            counts += _calc_hist(level.astype(np.uint16), levels)
    return Histogram(counts, (float(low), float(high)), excluded, exact, dtype)


def _all_finite(pixels: Plane) -> bool:
    # The extremes tell, since NaN spreads to them: no mask is needed.
    return bool(np.isfinite(pixels.min()) and np.isfinite(pixels.max()))


def _limits(pixels: Plane) -> Limits | None:
    """Return the smallest and the largest finite value, None without any."""
    found = []
    for block in _blocks(pixels, _BLOCK):
        finite = block if _all_finite(block) else block[np.isfinite(block)]
        if len(finite):
            found.append((finite.min().item(), finite.max().item()))
    if not found:
        return None
    return min(low for low, _ in found), max(high for _, high in found)
