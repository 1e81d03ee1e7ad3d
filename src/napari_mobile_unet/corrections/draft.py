"""What a step will change, found before anything is written."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.change import read_box
from napari_mobile_unet.corrections.delta import Delta
from napari_mobile_unet.corrections.locks import LockChange, LockedObjects
from napari_mobile_unet.corrections.pixels import Pixels, iter_pixels

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from napari_mobile_unet.corrections.change import (
        Box,
        Change,
        LabelArray,
        PlaneIndex,
    )
    from napari_mobile_unet.corrections.index import ObjectIndex
    from napari_mobile_unet.corrections.locks import Locks, LockState
    from napari_mobile_unet.types import AnyLabels


class Draft:
    """What a step will change: its deltas, and what follows for the locks.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), as they are before the step.
    index : ObjectIndex
        Of these labels.
    locks : Locks
        As they are before.
    text : str
        What is to be done, for messages.
    on : collection of int
        Objects that are to change, whether they are locked or not.
    by_hand : bool
        Whether a person does it: what changes is locked then, and what becomes
        background leaves a tombstone.
    """

    def __init__(
        self,
        labels: LabelArray,
        index: ObjectIndex,
        locks: Locks,
        text: str,
        on: Collection[int] = (),
        *,
        by_hand: bool = True,
    ) -> None:
        self._labels, self._index, self._locks = labels, index, locks
        self._text, self._on, self._by_hand = text, frozenset(on), by_hand
        self.deltas: list[Delta] = []
        self.boxes: list[tuple[PlaneIndex, Box]] = []
        self._growth: Counter[int] = Counter()
        self._buried: dict[tuple[PlaneIndex, int], Pixels] = {}
        self._unearthed: dict[tuple[PlaneIndex, int], Pixels] = {}

    def add(self, change: Change) -> None:
        """Take in a change.

        Raises
        ------
        ValueError
            If it does not fit into the labels: their shape, or the range of their type.
        LockedObjects
            If it would change a locked object that the step does not name.
        """
        check_fits(change, self._labels)
        self.boxes.append((change.plane, change.box))
        before = read_box(self._labels, change.plane, change.box)
        delta = Delta.between(change.plane, change.start, before, change.labels)
        if delta is None:
            return
        inner = tuple(
            slice(tight.start - whole.start, tight.stop - whole.start)
            for tight, whole in zip(delta.box, change.box, strict=True)
        )
        before, after = before[inner], change.labels[inner]
        changed = before != after
        gained, lost = after[changed], before[changed]
        for ids, sign in ((gained, 1), (lost, -1)):
            for own, count in zip(*_counted(ids), strict=True):
                self._growth[own] += sign * count
        if locked := (self._growth.keys() & self._locks.ids) - self._on:
            raise LockedObjects(self._text, locked)
        self.deltas.append(delta)
        if self._by_hand:
            removed = np.where(changed & (after == 0), before, 0)
            for pixels in iter_pixels(change.plane, removed, delta.start):
                self._bury(pixels)

    @property
    def ids(self) -> frozenset[int]:
        """Objects that change."""
        return frozenset(self._growth)

    def lock_change(
        self, renamed: Mapping[int, int] | None, more: LockState
    ) -> LockChange:
        """Return what follows for the locks.

        Parameters
        ----------
        renamed : mapping of int to int, optional
            New ids of objects that are only numbered anew: their locks go with them.
        more : LockState
            Locks that come with the changes.
        """
        locked = self._locks.ids
        gone = {own for own in self._growth if not self._remains(own)}
        now = set(self._growth) - gone if self._by_hand else set()
        for old, new in (renamed or {}).items():
            if old in locked and old in gone:
                now.add(new)
        now.update(more.ids)
        fresh = sorted(now - locked)
        for pixels in more.tombstones:
            self._bury(pixels)
        finished = sorted(set(more.finished) - self._locks.finished)
        marked = (
            Pixels.of_object(self._labels, plane, own, self._index.box(own, plane))
            for plane in finished
            for own in self._index.ids_in(plane)
        )
        return LockChange(
            locked=tuple(fresh),
            shapes=(*iter_shapes(self._labels, self._index, fresh), *marked),
            unlocked=tuple(sorted((gone & locked) - now)),
            buried=tuple(self._buried.values()),
            unearthed=tuple(self._unearthed.values()),
            finished=tuple(finished),
        )

    def _remains(self, own: int) -> bool:
        return self._index.count(own) + self._growth[own] > 0

    def _bury(self, pixels: Pixels) -> None:
        """Add pixels to the tombstone of their object."""
        key = pixels.plane, pixels.id
        if key in self._locks.tombstones:
            self._unearthed[key] = self._locks.tombstones[key]
        earlier = self._buried.get(key) or self._unearthed.get(key)
        self._buried[key] = earlier.joined(pixels) if earlier else pixels


def iter_shapes(
    labels: LabelArray, index: ObjectIndex, ids: Iterable[int]
) -> Iterator[Pixels]:
    """Yield the pixels of objects, plane by plane; none of those that do not exist."""
    for own in ids:
        for plane in index.planes_of(own):
            yield Pixels.of_object(labels, plane, own, index.box(own, plane))


def check_fits(change: Change, labels: LabelArray) -> None:
    """Refuse a change that labels cannot hold.

    Raises
    ------
    ValueError
        If it lies outside of them, or has ids beyond the range of their type.
    """
    planes, plane_shape = tuple(labels.shape[:-2]), tuple(labels.shape[-2:])
    inside = len(change.plane) == len(planes) and all(
        number < length for number, length in zip(change.plane, planes, strict=True)
    )
    ends = tuple(side.stop for side in change.box)
    if not inside or ends[0] > plane_shape[0] or ends[1] > plane_shape[1]:
        raise ValueError(
            f"a change lies within its labels of shape {tuple(labels.shape)}; received "
            f"plane {change.plane}, from {change.start} to {ends}; crop it"
        )
    low, high = int(change.labels.min(initial=0)), int(change.labels.max(initial=0))
    largest = np.iinfo(labels.dtype).max
    if low < 0 or high > largest:
        raise ValueError(
            f"ids of {labels.dtype} labels go from 0 to {largest}; received "
            f"{low if low < 0 else high}; number the objects anew, or convert the "
            "labels to a wider type"
        )


def check_apart(boxes: Iterable[tuple[PlaneIndex, Box]]) -> None:
    """Refuse boxes that overlap.

    Raises
    ------
    ValueError
        If two of them do.
    """
    earlier: list[tuple[PlaneIndex, Box]] = []
    # Those that begin further up, and still go on.
    for plane, (rows, columns) in sorted(boxes, key=lambda at: (at[0], at[1][0].start)):
        earlier = [
            (other, box)
            for other, box in earlier
            if other == plane and box[0].stop > rows.start
        ]
        for _, box in earlier:
            if box[1].start < columns.stop and columns.start < box[1].stop:
                raise ValueError(
                    "changes of one step do not overlap; received boxes "
                    f"{box} and {(rows, columns)} in plane {plane}; join them"
                )
        earlier.append((plane, (rows, columns)))


def _counted(ids: AnyLabels) -> tuple[list[int], list[int]]:
    """Return the objects among ids, and how often each is there."""
    if len(ids) and (ids == ids[0]).all():
        return ([int(ids[0])], [len(ids)]) if ids[0] else ([], [])
    found, counts = np.unique(ids[ids != 0], return_counts=True)
    return found.tolist(), counts.tolist()
