"""The pixels of labels, one object after the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.objects.regions import Regions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.types import AnyLabels, Reals

BITS = 16
"""Of a number that NumPy sorts by counting, ten times as fast as larger ones."""
NARROW = 1 << 15
"""Pixels along an axis whose squares fit into 32 bits."""


@dataclass(frozen=True, eq=False)
class Grouped:
    """The pixels of all objects, one object after the other.

    So all of an object lies side by side, and is summed in one go. ``Regions`` has them
    in the order of the image, which is quicker where little is measured.

    Parameters
    ----------
    labels : ndarray of int
        (Y, X) or (Z, Y, X), 0 is background.
    label : ndarray of int64
        (objects,), the ids in ascending order.
    pixel : ndarray of int
        (pixels,), their places in the flattened labels, in ascending order within each
        object.
    size : ndarray of int64
        (objects,), number of pixels of each.
    """

    labels: AnyLabels
    label: NDArray[np.int64]
    pixel: NDArray[np.intp]
    size: NDArray[np.int64]

    @classmethod
    def of(cls, labels: AnyLabels) -> Grouped:
        """Return the pixels of labels.

        Raises
        ------
        ValueError
            If the labels are not whole numbers ≥ 0.
        """
        regions = Regions.of(labels)
        rank = regions.rank
        order = np.argsort(rank.astype(np.uint16), kind="stable")
        if len(regions.label) > 1 << BITS:
            high = (rank >> BITS)[order].astype(np.uint16)
            order = order[np.argsort(high, kind="stable")]
        return cls(labels, regions.label, regions.pixel[order], regions.size)

    @property
    def axes(self) -> str:
        """The last of "zyx"."""
        return "zyx"[-self.labels.ndim :]

    @cached_property
    def start(self) -> NDArray[np.int64]:
        """Where each object begins among the pixels."""
        return np.cumsum(self.size) - self.size

    @cached_property
    def position(self) -> tuple[NDArray[np.integer[Any]], ...]:
        """Each pixel's place along each axis."""
        shape = self.labels.shape
        rest: NDArray[np.integer[Any]] = self.pixel
        if max(shape) <= NARROW and self.labels.size < 1 << 31:
            rest = rest.astype(np.int32)  # half the memory, and products still fit
        places = []
        for length in shape[:0:-1]:
            before = rest // length
            places.append(rest - before * length)  # np.divmod is slower
            rest = before
        return (rest, *places[::-1])

    @cached_property
    def ends(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """First place of each object along each axis, and the place after its last."""
        return [
            (
                self.least(place).astype(np.int64),
                self.greatest(place).astype(np.int64) + 1,
            )
            for place in self.position
        ]

    @cached_property
    def moments(self) -> tuple[list[Reals], Reals]:
        """Centroids, for each axis, and covariances (objects, axes, axes) of places."""
        count = self.labels.ndim
        # Whole numbers from the corner of each object: small, and their sums exact.
        near = [
            place - self.spread(first.astype(place.dtype))
            for place, (first, _) in zip(self.position, self.ends, strict=True)
        ]
        means = [self.sum(place) / self.size for place in near]
        spread = np.empty((len(self.label), count, count))
        for row in range(count):
            for column in range(row, count):
                product = self.sum(near[row] * near[column]) / self.size
                both = product - means[row] * means[column]
                spread[:, row, column] = spread[:, column, row] = both
        centroids = [
            mean + first for mean, (first, _) in zip(means, self.ends, strict=True)
        ]
        return centroids, spread

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return a value of each object for each of its pixels."""
        return np.repeat(values, self.size)

    def sum(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the sum of each object's values: whole numbers, or float64."""
        large = values.dtype.kind == "f" or values.dtype == np.uint64
        dtype = np.float64 if large else np.int64
        return np.asarray(np.add.reduceat(values, self.start, dtype=dtype))

    def least(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return each object's smallest value; NaN counts only where all are."""
        return np.asarray(np.fmin.reduceat(values, self.start))

    def greatest(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return each object's largest value; NaN counts only where all are."""
        return np.asarray(np.fmax.reduceat(values, self.start))
