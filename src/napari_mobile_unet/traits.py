"""What tells right objects from wrong ones: how the network's maps look in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CORE, SURE = 0.7, 0.85
"""Distance from which a pixel is inside, foreground from which it is beyond doubt."""
TRAITS = 8
"""Numbers that describe an object."""


def describe(
    labels: NDArray[np.int32],
    foreground: NDArray[np.float32],
    distance: NDArray[np.float32],
    seam: NDArray[np.float32],
) -> tuple[NDArray[np.intp], Floats]:
    """Return the area of each object, and what tells right ones from wrong ones.

    Parameters
    ----------
    labels : ndarray of int32
        (Y, X), 0 is background.
    foreground, distance, seam : ndarray
        (Y, X), the network's maps.

    Returns
    -------
    ndarray of int
        (n + 1,), pixels of the ids 0 to n; 0 for background.
    ndarray
        (n + 1, 8): log odds of the mean foreground; mean and standard deviation of the
        distance map; share of core pixels; share of doubtful pixels; the largest value
        of the seam map; how full the ellipse of the same moments is, 1 for an ellipse
        and less where two objects are found as one; logarithm of how much longer than
        wide that is.
    """
    runs = _Runs(labels)
    area = runs.total(runs.length)
    count = np.maximum(area, 1)

    def mean(values: NDArray[np.generic]) -> Floats:
        return runs.total(runs.within(np.add, values)) / count

    chance = mean(foreground).clip(1e-4, 1 - 1e-4)
    middle = mean(distance)
    spread = np.sqrt(np.maximum(mean(distance * distance) - middle**2, 0))
    core = mean((distance > CORE).astype(np.float32))
    doubt = mean((foreground < SURE).astype(np.float32))
    parted = runs.largest(seam)
    wide, long = runs.axes(count)
    traits = [
        np.log(chance / (1 - chance)),
        middle,
        spread,
        core,
        doubt,
        parted,
        count / (np.pi / 4 * wide * long),
        np.log(long / wide),
    ]
    return area.astype(np.intp), np.stack(traits, 1)


class _Runs:
    """The pixels of a plane in runs along rows, each of one object or of background.

    To add up within runs first, which are far fewer, takes a fraction of the time.
    """

    def __init__(self, labels: NDArray[np.int32]) -> None:
        height, width = labels.shape
        begins = np.ones((height, width), bool)
        np.not_equal(labels[:, 1:], labels[:, :-1], out=begins[:, 1:])
        self.first = np.flatnonzero(begins)
        self.own = labels.take(self.first)
        self.length = np.diff(self.first, append=labels.size).astype(np.float64)
        self._count = int(self.own.max(initial=0)) + 1
        self._y = self.first // width
        self._x = self.first - self._y * width + (self.length - 1) / 2

    def total(self, values: NDArray[Any]) -> Floats:
        """Return the sum over the runs of each object, from id 0."""
        return np.bincount(self.own, values, self._count).astype(np.float64)

    def within(self, which: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
        """Return the sum (np.add) or another of the values in each run."""
        return np.asarray(which.reduceat(values.ravel(), self.first))

    def largest(self, values: NDArray[np.float32]) -> Floats:
        """Return the largest of the values in each object; 0 for background."""
        objects = np.flatnonzero(self.own)
        found = np.zeros(self._count)
        reached = self.within(np.maximum, values)
        np.maximum.at(found, self.own[objects], reached[objects])
        return found

    def axes(self, area: Floats) -> tuple[Floats, Floats]:
        """Return minor and major axis, in pixels, of the ellipse of same moments."""
        n, x, y = self.length, self._x, self._y
        mean_x, mean_y = self.total(n * x) / area, self.total(n * y) / area
        dx, dy = x - mean_x.take(self.own), y - mean_y.take(self.own)
        # A pixel is a square of side 1, a run of n of them a bar of length n.
        across = self.total(n * dx * dx + n**3 / 12) / area
        down = self.total(n * dy * dy) / area + 1 / 12
        both = self.total(n * dx * dy) / area
        mean = (across + down) / 2
        apart = np.hypot((across - down) / 2, both)
        least = np.maximum(mean - apart, 1 / 12)
        return 4 * np.sqrt(least), 4 * np.sqrt(np.maximum(mean + apart, least))
