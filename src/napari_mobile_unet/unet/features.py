"""Features of an object by which right and wrong ones differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.types import Floats, Labels, Reals


CORE_DISTANCE, SURE_FOREGROUND = 0.7, 0.85
"""Distance from which a pixel is in the core, foreground below which it is in doubt."""
FEATURES = 8
"""Numbers that describe an object."""


def maps_at(pixels: NDArray[np.intp], maps: Floats) -> tuple[Floats, ...]:
    """Return foreground, distance and seam at some pixels.

    Parameters
    ----------
    pixels : ndarray of int
        (n,), places in the flattened plane.
    maps : ndarray of float32
        (Y, X, 2 or 3), as for ``object_features``.

    Returns
    -------
    tuple of ndarray of float32
        Three of (n,); the distance is made to fall to 0 at a seam.
    """
    values = maps.reshape(-1, maps.shape[2]).take(pixels, axis=0)
    foreground, distance = values[:, 0], values[:, 1]
    if values.shape[1] == 2:  # a network without a seam map
        return foreground, distance, np.zeros_like(foreground)
    return foreground, distance * (1 - values[:, 2]), values[:, 2]


def object_features(labels: Labels, maps: Floats) -> tuple[NDArray[np.intp], Reals]:
    """Return the area and the features of each object.

    Parameters
    ----------
    labels : ndarray of int32
        (Y, X), 0 is background.
    maps : ndarray of float32
        (Y, X, 2 or 3), the network's: the probability of belonging to an object; the
        distance, 0 at an object's outline, 1 at its centre; the seam, 1 between two.

    Returns
    -------
    ndarray of int
        (n + 1,), pixels of the ids 0 to n, 0 of background.
    ndarray
        (n + 1, 8): log odds of the mean foreground; mean and standard deviation of the
        distance map; share of core pixels; share of doubtful pixels; the largest value
        of the seam map; area over that of the ellipse of the same moments, 1 for an
        ellipse and less where two objects are found as one; logarithm of that
        ellipse's aspect ratio.
    """
    runs = _Runs(labels)
    foreground, distance, seam = maps_at(runs.pixels, maps)
    area = runs.total(runs.length)
    count = np.maximum(area, 1)

    def mean(values: NDArray[np.generic]) -> Reals:
        return runs.total(runs.within(np.add, values)) / count

    chance = mean(foreground).clip(1e-4, 1 - 1e-4)
    mean_distance = mean(distance)
    variance = mean(distance * distance) - mean_distance**2
    minor, major = runs.axes(count)
    features = [
        np.log(chance / (1 - chance)),
        mean_distance,
        np.sqrt(np.maximum(variance, 0)),
        mean((distance > CORE_DISTANCE).astype(np.float32)),
        mean((foreground < SURE_FOREGROUND).astype(np.float32)),
        runs.largest(seam),
        count / (np.pi / 4 * minor * major),
        np.log(major / minor),
    ]
    return area.astype(np.intp), np.stack(features, 1)


class _Runs:
    """The pixels of all objects in runs along rows, each of one object.

    To add up within runs first takes a fraction of the time: runs are far fewer.
    """

    def __init__(self, labels: Labels) -> None:
        height, width = labels.shape
        begins = np.ones((height, width), bool)
        np.not_equal(labels[:, 1:], labels[:, :-1], out=begins[:, 1:])
        self.pixels = np.flatnonzero(labels.ravel() != 0)  # faster on a mask
        self._first = np.flatnonzero(begins.take(self.pixels))
        place = self.pixels.take(self._first)
        self._own = labels.take(place)
        self._count = int(self._own.max(initial=0)) + 1
        until = np.append(self._first[1:], len(self.pixels))
        self.length = (until - self._first).astype(np.float64)
        self._y = place // width
        self._x = place - self._y * width + (self.length - 1) / 2

    def total(self, values: NDArray[Any]) -> Reals:
        """Return the sum over the runs of each object, from id 0."""
        return np.bincount(self._own, values, self._count).astype(np.float64)

    def within(self, ufunc: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
        """Return the values reduced to one for each run.

        Parameters
        ----------
        ufunc : numpy.ufunc
            Takes two values; np.add gives the sum.
        values : ndarray
            Of each of ``pixels``.
        """
        return np.asarray(ufunc.reduceat(values, self._first))

    def largest(self, values: Floats) -> Reals:
        """Return the largest of the values, as for ``within``, in each object."""
        found = np.zeros(self._count)
        np.maximum.at(found, self._own, self.within(np.maximum, values))
        return found

    def axes(self, area: Reals) -> tuple[Reals, Reals]:
        """Return minor and major axis, in pixels, of the ellipse of same moments."""
        n, x, y = self.length, self._x, self._y
        mean_x, mean_y = self.total(n * x) / area, self.total(n * y) / area
        dx, dy = x - mean_x.take(self._own), y - mean_y.take(self._own)
        # A pixel is a square of side 1, a run of n of them a rectangle of length n.
        across = self.total(n * dx * dx + n**3 / 12) / area
        down = self.total(n * dy * dy) / area + 1 / 12
        both = self.total(n * dx * dy) / area
        mean = (across + down) / 2
        spread = np.hypot((across - down) / 2, both)
        smaller = np.maximum(mean - spread, 1 / 12)
        larger = np.maximum(mean + spread, smaller)
        return 4 * np.sqrt(smaller), 4 * np.sqrt(larger)
