"""The pixels of labels, object by object."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.labels import check_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.types import AnyLabels, Reals


TABLE_SIZE = 4
"""Ids up to this many times the number of pixels are looked up in a table."""


@dataclass(frozen=True, eq=False)
class Regions:
    """The pixels of all objects, and which object each of them belongs to.

    Parameters
    ----------
    label : ndarray of int64
        (objects,), the ids in ascending order.
    rank : ndarray of int
        (pixels,), which of these each pixel has.
    pixel : ndarray of int
        (pixels,), its place in the flattened labels.
    shape : tuple of int
        Of the labels.
    """

    label: NDArray[np.int64]
    rank: NDArray[np.intp]
    pixel: NDArray[np.intp]
    shape: tuple[int, ...]

    @classmethod
    def of(cls, labels: AnyLabels) -> Regions:
        """Return the regions of labels, 0 being background.

        Raises
        ------
        ValueError
            If the labels are not whole numbers ≥ 0.
        """
        check_labels(labels)
        flat = labels.ravel()
        pixel = np.flatnonzero(flat != 0)  # of a mask: faster than of numbers
        rank, label = _ranked(flat.take(pixel))
        return cls(label, rank, pixel, labels.shape)

    @property
    def axes(self) -> str:
        """The last of "zyx"."""
        return "zyx"[-len(self.shape) :]

    @cached_property
    def position(self) -> tuple[NDArray[np.intp], ...]:
        """Each pixel's place along each axis."""
        rest, places = self.pixel, []
        for length in self.shape[:0:-1]:
            before = rest // length
            places.append(rest - before * length)  # np.divmod is slower
            rest = before
        return (rest, *places[::-1])

    @cached_property
    def size(self) -> NDArray[np.int64]:
        """Number of pixels of each object."""
        return np.bincount(self.rank, minlength=len(self.label)).astype(np.int64)

    @cached_property
    def centroid(self) -> list[Reals]:
        """Mean place of each object along each axis."""
        return [self.mean(place) for place in self.position]

    @cached_property
    def by_object(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The pixels sorted by object, as places in ``pixel``, and each one's start."""
        return np.argsort(self.rank, kind="stable"), np.cumsum(self.size) - self.size

    def mean(self, values: NDArray[Any]) -> Reals:
        """Return each object's mean over finite values, NaN where it has none."""
        count: NDArray[Any] = self.size
        if values.dtype.kind == "f" and not (finite := np.isfinite(values)).all():
            values = np.where(finite, values, 0)
            count = np.bincount(self.rank, finite, len(self.label))
        total = np.bincount(self.rank, values, len(self.label))
        unknown = np.full(len(count), np.nan)
        return np.asarray(np.divide(total, count, where=count > 0, out=unknown))

    def extreme(self, which: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
        """Return each object's smallest (np.fmin) or largest (np.fmax) value."""
        order, start = self.by_object
        return np.asarray(which.reduceat(values[order], start))


def _ranked(ids: AnyLabels) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Return the rank of each id, from 0, and the ids in ascending order."""
    if ids.max(initial=0) > TABLE_SIZE * len(ids):
        rank, some = pd.factorize(ids, sort=True)
        return rank, np.asarray(some, np.int64)
    places = ids.astype(np.intp)
    label = np.asarray(np.flatnonzero(np.bincount(places)), np.int64)
    if len(label) and label[-1] == len(label):  # 1 to n
        places -= 1
        return places, label
    rank_of = np.zeros(int(places.max(initial=0)) + 1, np.intp)
    rank_of[label] = np.arange(len(label))
    return rank_of.take(places), label
