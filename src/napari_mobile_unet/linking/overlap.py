"""One id for one object over Z or T, plane after plane, with one plane of memory."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.overlap import overlaps_of, table_of_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_mobile_unet.linking.settings import Link
    from napari_mobile_unet.types import AnyLabels, Labels, Mask, Reals


MIN_DAUGHTER = 0.15
"""Smallest area of a daughter over that of the object that divided; fragments of a
broken outline are smaller."""
CAP_SHARE = 0.75
"""Share of a cap, the last section of an object, that lies within the section before.
A cap may have any size, so no smaller IoU would do instead."""


@dataclass(frozen=True, eq=False)
class Linked:
    """The ids of the objects 1 to n of one plane.

    Parameters
    ----------
    ids : ndarray of int64
        (n,), the id of each object.
    parents : ndarray of int64
        (n,), the id of the object that divided into it and others; 0 for none.
    """

    ids: NDArray[np.int64]
    parents: NDArray[np.int64]


class Linker:
    """Links the objects of one series of planes.

    An object gets the id of the one whose last footprint it overlaps, by the
    assignment with the largest sum of IoU [1]_. The footprint of an object that is
    missing is kept for ``link.gap`` planes.

    Over Z an object shrinks to small caps, which lie within its next section: objects
    are also linked if the smaller one lies mostly within the other. A gap is not
    bridged if it is wider than the object.

    Over T, two or more objects that each lie mostly in the footprint of one are its
    daughters and get new ids; its id ends.

    Parameters
    ----------
    link : Link
        How much they must overlap.
    divides : bool
        Whether objects may divide: over time.
    step : float
        Distance of neighbouring planes in pixel widths; 1 over time.
    ids : iterator of int, optional
        New ids, from 1 if left out; shared by all series of a stack, since none is
        used twice.

    References
    ----------
    .. [1] R. Jonker and A. Volgenant, "A shortest augmenting path algorithm for dense
       and sparse linear assignment problems", Computing 38, 325-340 (1987),
       doi:10.1007/BF02278710
    """

    def __init__(
        self,
        link: Link,
        *,
        divides: bool,
        step: float = 1.0,
        ids: Iterator[int] | None = None,
    ) -> None:
        self._link, self._divides, self._step = link, divides, step
        self._new = itertools.count(1) if ids is None else ids
        # Footprints, numbered; and of each number its id, its area, and for how many
        # planes it has been missing. 0 is background.
        self._memory = np.zeros((1, 1), np.int32)
        self._ids = np.zeros(1, np.int64)
        self._areas = np.zeros(1, np.int64)
        self._unseen = np.zeros(1, np.int64)

    def add(self, labels: Labels) -> Linked:
        """Return the ids of the objects of the next plane.

        Parameters
        ----------
        labels : ndarray of int
            (Y, X), the objects 1 to n; 0 is background.
        """
        labels = labels.astype(np.int32, copy=False)  # bincount refuses uint64
        areas = np.bincount(labels.ravel(), minlength=1).astype(np.int64)
        remembered = np.broadcast_to(self._memory, labels.shape)
        # Pairs come in the order of their places: between equal IoUs the place decides,
        # not the number within the plane.
        now, before, shared = overlaps_of(labels, remembered)
        partner = np.zeros(len(areas), np.int64)
        iou = shared / (areas[now] + self._areas[before] - shared)
        matching = iou >= self._link.iou
        if not self._divides:
            smaller = np.minimum(areas[now], self._areas[before])
            matching |= shared >= CAP_SHARE * smaller
            matching &= self._near()[before]
        ones, others = _assign(now[matching], before[matching], iou[matching])
        partner[ones] = others
        mothers = np.zeros(len(areas), np.int64)
        if self._divides:
            mothers = self._mothers(now, before, shared, areas, partner)
            divided = np.isin(partner, np.unique(mothers[mothers > 0]))
            partner[divided] = 0
        ids = self._ids[partner]
        fresh = 1 + np.flatnonzero(partner[1:] == 0)
        ids[fresh] = list(itertools.islice(self._new, len(fresh)))
        parents = self._ids[mothers]
        self._remember(labels, ids, areas, linked=np.union1d(partner, mothers))
        return Linked(ids[1:], parents[1:])

    def _near(self) -> Mask:
        """Return which remembered objects are near enough in depth to be linked."""
        distance = (self._unseen + 1) * self._step
        diameter = 2 * np.sqrt(self._areas / np.pi)
        return np.asarray((self._unseen == 0) | (distance <= diameter))

    def _mothers(
        self,
        now: AnyLabels,
        before: AnyLabels,
        shared: NDArray[np.int64],
        areas: NDArray[np.int64],
        partner: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Return the remembered object that each object came from by division."""
        within = 2 * shared >= areas[now]
        within &= areas[now] >= MIN_DAUGHTER * self._areas[before]
        within &= (partner[now] == 0) | (partner[now] == before)
        mothers = np.zeros(len(areas), np.int64)
        mothers[now[within]] = before[within]
        children = np.bincount(mothers, minlength=len(self._ids))
        mothers[children[mothers] < 2] = 0
        return mothers

    def _remember(
        self,
        labels: Labels,
        ids: NDArray[np.int64],
        areas: NDArray[np.int64],
        linked: NDArray[np.int64],
    ) -> None:
        """Keep the footprints of this plane, and of objects that may come back."""
        kept = self._unseen < self._link.gap
        kept[linked] = False
        kept[0] = False
        numbers = np.where(kept, np.cumsum(kept) + len(areas) - 1, 0)
        old = numbers.astype(np.int32)[self._memory]
        self._memory = np.where(labels > 0, labels, old).astype(np.int32)
        self._ids = np.concatenate([ids, self._ids[kept]])
        self._areas = np.concatenate([areas, self._areas[kept]])
        self._unseen = np.concatenate([0 * areas, self._unseen[kept] + 1])


def _assign(
    now: AnyLabels, before: AnyLabels, iou: Reals
) -> tuple[AnyLabels, AnyLabels]:
    """Return the pairs, each object in one at most, with the largest sum of IoU."""
    if not len(now):
        return now, before
    row, rows = pd.factorize(now)
    column, columns = pd.factorize(before)
    # Each object also has a stand-in, in case it has no partner, so that the matching
    # is always full. 2 keeps all costs above zero, which would mean no edge.
    each = np.arange(len(rows))
    cost = np.concatenate([2 - iou, np.full(len(rows), 2.0)])
    costs = table_of_pairs(
        cost,
        np.concatenate([row, each]),
        np.concatenate([column, len(columns) + each]),
        (len(rows), len(columns) + len(rows)),
    )
    r, c = scipy.sparse.csgraph.min_weight_full_bipartite_matching(costs)
    real = c < len(columns)
    return rows[r[real]], columns[c[real]]
