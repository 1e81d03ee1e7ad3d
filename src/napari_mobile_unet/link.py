"""One id for one object over Z or T, plane after plane, with one plane of memory."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field
from scipy.optimize import linear_sum_assignment

from napari_mobile_unet._params import Params

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

DAUGHTER = 0.15
"""Smallest area of a daughter over that of the object that divided: crumbs of a
broken outline are none."""
CAP = 0.75
"""Share of a cap that lies within the next section of its object."""


class Link(Params):
    """Whether objects of neighbouring planes are one."""

    method: Literal["none", "iou", "laptrack"] = "none"
    """Ids of their own in each plane; one id where objects overlap; or, over time, where laptrack follows their centres."""  # noqa: E501
    axis: Literal["auto", "Z", "T"] = "auto"
    """Along which axis: over depth, over time, or Z where the image has it, else T."""
    iou: Annotated[float, Field(gt=0, le=1)] = 0.25
    """Smallest overlap of one object in neighbouring planes, IoU."""
    gap: Annotated[int, Field(ge=0, le=10)] = 1
    """Planes without the object that are bridged."""
    max_distance: Annotated[float, Field(gt=0)] = 15
    """How far laptrack lets a centre move between planes, in pixels."""

    def along(self, axes: str) -> str | None:
        """Return which of a stack's batch axes is linked, None for none.

        Raises
        ------
        ValueError
            If the stack has no such axis.
        """
        if self.method == "none":
            return None
        wanted: str = "ZT" if self.axis == "auto" else self.axis
        if self.method == "laptrack":
            wanted = wanted.replace("Z", "")
        found = next((axis for axis in wanted if axis in axes), None)
        if found is None:
            raise ValueError(
                f"objects are linked along {' or '.join(wanted)}; the planes lie on "
                f"axes {axes!r}; name the axes, or do not link"
            )
        return found


@dataclass(frozen=True, eq=False)
class Linked:
    """What became of the objects 1 to n of one plane.

    Parameters
    ----------
    ids : ndarray of int64
        (n,), the id of each object.
    parents : ndarray of int64
        (n,), the id of the object that it came from by division; 0 for none.
    """

    ids: NDArray[np.int64]
    parents: NDArray[np.int64]


class Linker:
    """Follows objects through one series of planes.

    An object is the one whose last footprint it overlaps, by the assignment with
    the largest sum of IoU [1]_. The footprint of an object that is not there is
    kept for ``link.gap`` planes.

    Over Z an object shrinks to small caps, which lie within its next section: of two
    objects the smaller one may also lie, for the most part, within the other one. No
    gap is bridged that is wider than the object.

    Over T, two or more objects that each lie, for the most part, in the footprint
    of one are its daughters, with ids of their own; its id ends.

    Parameters
    ----------
    link : Link
        How alike they must be.
    divides : bool
        Whether objects may divide: over time.
    step : float
        Distance of neighbouring planes in pixel widths; 1 over time.
    ids : iterator of int
        New ids; shared by all series of a stack, since none is used twice.

    References
    ----------
    .. [1] H. W. Kuhn, "The Hungarian method for the assignment problem", Nav. Res.
       Logist. Q. 2, 83-97 (1955), doi:10.1002/nav.3800020109
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
        # Footprints by the number of their object, and of each object its id, its
        # area, and for how many planes it has not been seen; number 0 is background.
        self._memory: NDArray[np.int32] | None = None
        self._ids = np.zeros(1, np.int64)
        self._areas = np.zeros(1, np.int64)
        self._unseen = np.zeros(1, np.int64)

    def add(self, labels: NDArray[np.int32]) -> Linked:
        """Return what became of the objects of the next plane.

        Parameters
        ----------
        labels : ndarray of int
            (Y, X), the objects 1 to n; 0 is background.
        """
        if self._memory is None:
            self._memory = np.zeros(labels.shape, np.int32)
        areas = np.bincount(labels.ravel(), minlength=1).astype(np.int64)
        now, before, shared = self._overlaps(labels, len(areas))
        partner = np.zeros(len(areas), np.int64)
        iou = shared / (areas[now] + self._areas[before] - shared)
        alike = iou >= self._link.iou
        if not self._divides:
            smaller = np.minimum(areas[now], self._areas[before])
            alike |= shared >= CAP * smaller
            alike &= self._near()[before]
        for one, other in _assign(now[alike], before[alike], iou[alike]):
            partner[one] = other
        mothers = np.zeros(len(areas), np.int64)
        if self._divides:
            mothers = self._mothers(now, before, shared, areas, partner)
            divided = np.isin(partner, np.unique(mothers[mothers > 0]))
            partner[divided] = 0
        ids = self._ids[partner]
        for number in range(1, len(areas)):
            if not partner[number]:
                ids[number] = next(self._new)
        parents = self._ids[mothers]
        self._remember(labels, ids, areas, gone=np.union1d(partner, mothers))
        return Linked(ids[1:], parents[1:])

    def _overlaps(
        self, labels: NDArray[np.int32], count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the pairs of objects now and before, and the pixels they share."""
        assert self._memory is not None
        both = (labels > 0) & (self._memory > 0)
        pairs = self._memory[both].astype(np.int64) * count + labels[both]
        found, shared = np.unique(pairs, return_counts=True)
        return found % count, found // count, shared

    def _near(self) -> NDArray[np.bool_]:
        """Return which remembered objects are not too far away in depth to go on."""
        distance = (self._unseen + 1) * self._step
        diameter = 2 * np.sqrt(self._areas / np.pi)
        return np.asarray((self._unseen == 0) | (distance <= diameter))

    def _mothers(
        self,
        now: NDArray[np.int64],
        before: NDArray[np.int64],
        shared: NDArray[np.int64],
        areas: NDArray[np.int64],
        partner: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Return the remembered object that each object came from by division."""
        within = 2 * shared >= areas[now]
        within &= areas[now] >= DAUGHTER * self._areas[before]
        within &= (partner[now] == 0) | (partner[now] == before)
        mothers = np.zeros(len(areas), np.int64)
        mothers[now[within]] = before[within]
        children = np.bincount(mothers, minlength=len(self._ids))
        mothers[children[mothers] < 2] = 0
        return mothers

    def _remember(
        self,
        labels: NDArray[np.int32],
        ids: NDArray[np.int64],
        areas: NDArray[np.int64],
        gone: NDArray[np.int64],
    ) -> None:
        """Keep the footprints of this plane, and those that may come again."""
        assert self._memory is not None
        kept = self._unseen < self._link.gap
        kept[gone] = False
        kept[0] = False
        numbers = np.where(kept, np.cumsum(kept) + len(areas) - 1, 0)
        old = numbers.astype(np.int32)[self._memory]
        self._memory = np.where(labels > 0, labels, old).astype(np.int32)
        self._ids = np.concatenate([ids, self._ids[kept]])
        self._areas = np.concatenate([areas, self._areas[kept]])
        fresh = np.zeros(len(areas), np.int64)
        self._unseen = np.concatenate([fresh, self._unseen[kept] + 1])


def _assign(
    now: NDArray[np.int64], before: NDArray[np.int64], iou: NDArray[np.float64]
) -> Iterator[tuple[int, int]]:
    """Yield the pairs, each object in one at most, with the largest sum of IoU."""
    if not len(now):
        return
    alone = (np.bincount(now)[now] == 1) & (np.bincount(before)[before] == 1)
    yield from zip(now[alone].tolist(), before[alone].tolist(), strict=True)
    rows, row = np.unique(now[~alone], return_inverse=True)
    columns, column = np.unique(before[~alone], return_inverse=True)
    gain = np.zeros((len(rows), len(columns)))
    gain[row, column] = iou[~alone]
    for r, c in zip(*linear_sum_assignment(gain, maximize=True), strict=True):
        if gain[r, c] > 0:
            yield int(rows[r]), int(columns[c])


def tracks_of(
    objects: pd.DataFrame,
) -> tuple[NDArray[np.float64], dict[int, list[int]]]:
    """Return the data and the graph of a napari Tracks layer.

    Parameters
    ----------
    objects : pandas.DataFrame
        Rows of linked objects: label, t, centroid_y, centroid_x, and where there
        are any, z and parent.

    Returns
    -------
    data : ndarray
        (N, 4) or (N, 5): id, t, (z,) y, x; by id, then by time.
    graph : dict
        From the id of a daughter to that of its mother, in a list.
    """
    depth = [axis for axis in ("z",) if axis in objects]
    columns = ["label", "t", *depth, "centroid_y", "centroid_x"]
    data = objects.sort_values(["label", "t"])[columns].to_numpy(float)
    graph: dict[int, list[int]] = {}
    if "parent" in objects:
        born = objects[objects["parent"] > 0]
        pairs = zip(born["label"].tolist(), born["parent"].tolist(), strict=True)
        graph = {int(child): [int(mother)] for child, mother in pairs}
    return data, graph
