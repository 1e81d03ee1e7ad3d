"""The review queue: objects by how likely they are wrong, most likely first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_mobile_unet.corrections.change import iter_planes
from napari_mobile_unet.corrections.doubts import (
    WEIGHTS,
    Evidence,
    Typical,
    combined,
    doubts_of,
    measures_of,
)
from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.parallel.cancel import checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from napari_mobile_unet.corrections.change import Box, LabelArray, PlaneIndex

DOUBTFUL = 0.25
"""Chance of being wrong from which an object makes its plane worth a visit."""


@dataclass(frozen=True)
class Item:
    """Something to look at.

    Parameters
    ----------
    plane : tuple of int
        Where it is.
    own : int
        The object's id; of a candidate, that in the labels left out.
    candidate : bool
        Whether it was left out, and may have to be added.
    doubt : float
        Chance that it is wrong: that the object should be changed, or that the
        candidate should be added.
    doubts : mapping of str to float
        What each measure alone says, by its name in ``WEIGHTS``.
    """

    plane: PlaneIndex
    own: int
    candidate: bool
    doubt: float
    doubts: Mapping[str, float]

    @property
    def key(self) -> tuple[PlaneIndex, int, bool]:
        """What it is, whatever is thought of it."""
        return self.plane, self.own, self.candidate

    @property
    def reasons(self) -> list[str]:
        """Names of the doubts above even, the weightiest first."""
        odds = {
            name: WEIGHTS[name] * (doubt - 0.5)
            for name, doubt in self.doubts.items()
            if doubt > 0.5
        }
        return sorted(odds, key=lambda name: -odds[name])


class ReviewQueue:
    """All objects of labels, and candidates, by how likely they are wrong.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr; the queue reads them as they are when it scores.
    index : ObjectIndex
        Of these labels, kept up to date by whoever changes them.
    evidence : Evidence, optional
        What is known beside the labels.
    """

    def __init__(
        self, labels: LabelArray, index: ObjectIndex, evidence: Evidence | None = None
    ) -> None:
        self._labels, self._index = labels, index
        self._evidence = evidence or Evidence()
        self._candidates = ObjectIndex()
        self._typical = Typical({}, {})
        self._items: dict[tuple[PlaneIndex, int, bool], Item] = {}
        self._done: set[tuple[PlaneIndex, int, bool]] = set()
        self._judged: dict[tuple[PlaneIndex, int], object] = {}
        """What objects were like when their confidence was told."""

    @classmethod
    def of(
        cls, labels: LabelArray, index: ObjectIndex, evidence: Evidence | None = None
    ) -> ReviewQueue:
        """Return the queue of labels, scored at once."""
        queue = cls(labels, index, evidence)
        for _ in queue.iter_score():
            pass
        return queue

    def iter_score(self) -> Iterator[PlaneIndex]:
        """Score everything, and yield each plane that was measured.

        Raises
        ------
        Cancelled
            If the work of this thread was cancelled; see ``parallel.cancel``.
        """
        measured = {}
        for plane in iter_planes(self._labels.shape):
            for own in self._index.ids_in(plane):
                checkpoint()
                measured[plane, own] = self._measures(plane, own)
            yield plane
        self._typical = Typical.of(measured.values())
        for (plane, own), measures in measured.items():
            self._judged[plane, own] = self._index.extent(own, plane)
            self._put(self._scored(plane, own, measures))
        if self._evidence.left_out is not None:
            self._candidates = ObjectIndex.of(self._evidence.left_out)
            for plane in iter_planes(self._labels.shape):
                for own in self._candidates.ids_in(plane):
                    self._put(self._candidate(plane, own))

    @property
    def waiting(self) -> list[Item]:
        """What is still to be looked at, the most doubtful first."""
        waits = (item for key, item in self._items.items() if key not in self._done)
        return sorted(waits, key=lambda item: (-item.doubt, item.key))

    @property
    def progress(self) -> tuple[int, int]:
        """How many were looked at, and how many there are."""
        return len(self._done), len(self._items)

    def counts(self, bins: int) -> list[tuple[int, int]]:
        """Return how many were looked at and how many wait, by doubt from high to low.

        Parameters
        ----------
        bins : int
            Equal parts that doubts from 1 to 0 are divided into.
        """
        found = [[0, 0] for _ in range(bins)]
        for key, item in self._items.items():
            place = min(bins - 1, int((1 - item.doubt) * bins))
            found[place][key not in self._done] += 1
        return [(done, waiting) for done, waiting in found]

    def item(self, plane: PlaneIndex, own: int, candidate: bool = False) -> Item | None:
        """Return what is thought of an object or candidate; None if there is none."""
        return self._items.get((plane, own, candidate))

    def box(self, item: Item) -> Box:
        """Return the rows and columns of an object or candidate."""
        index = self._candidates if item.candidate else self._index
        return index.box(item.own, item.plane)

    def after(self, item: Item | None, step: int = 1) -> Item | None:
        """Return what comes next in the queue, or with a step of -1 before.

        Without an item, or at an end, the queue goes round. None if nothing waits.
        """
        waiting = self.waiting
        if not waiting:
            return None
        if item is None:
            return waiting[0 if step > 0 else -1]
        keys = [other.key for other in waiting]
        if item.key in keys:
            return waiting[(keys.index(item.key) + step) % len(keys)]
        lower = [n for n, other in enumerate(waiting) if other.doubt <= item.doubt]
        place = lower[0] if lower else 0
        return waiting[(place if step > 0 else place - 1) % len(waiting)]

    def accept(self, items: Iterable[Item]) -> None:
        """Note that objects are right, or that candidates are nothing."""
        self._done.update(item.key for item in items if item.key in self._items)

    def reopen(self, items: Iterable[Item]) -> None:
        """Let items wait again, as when what was accepted is undone."""
        self._done.difference_update(item.key for item in items)

    def finish(self, plane: PlaneIndex) -> None:
        """Note that everything on a plane was looked at."""
        self.accept([item for item in self._items.values() if item.plane == plane])

    def next_plane(self, plane: PlaneIndex) -> PlaneIndex | None:
        """Return the next plane with something doubtful, going round; None if none."""
        planes = sorted({i.plane for i in self.waiting if i.doubt >= DOUBTFUL})
        later = [other for other in planes if other > plane]
        return next(iter(later or planes), None)

    def update(self, plane: PlaneIndex, ids: Iterable[int]) -> None:
        """Score objects of a plane anew that were changed, made or removed.

        Nothing else is measured. The confidence of a changed object says nothing until
        it is as it was, such as after an undo; an object that was looked at stays so.

        Parameters
        ----------
        plane : tuple of int
            The plane that changed.
        ids : iterable of int
            The objects that gained or lost pixels in it, as from
            ``ObjectIndex.update``.
        """
        for own in ids:
            key = (plane, own, False)
            if self._index.count(own, plane):
                self._put(self._scored(plane, own, self._measures(plane, own)))
            else:
                self._items.pop(key, None)
                self._done.discard(key)

    def _measures(self, plane: PlaneIndex, own: int) -> dict[str, float]:
        return measures_of(self._labels, self._index, self._evidence, own, plane)

    def _scored(
        self, plane: PlaneIndex, own: int, measures: Mapping[str, float]
    ) -> Item:
        doubts = doubts_of(measures, self._typical)
        chance = self._evidence.chance(own, plane)
        same = self._judged.get((plane, own)) == self._index.extent(own, plane)
        if chance is not None and same:
            doubts["confidence"] = 1 - chance
        return Item(plane, own, False, combined(doubts), doubts)

    def _candidate(self, plane: PlaneIndex, own: int) -> Item:
        chance = self._evidence.chance(own, plane)
        doubts = {} if chance is None else {"left_out": chance}
        return Item(plane, own, True, combined(doubts, "candidate"), doubts)

    def _put(self, item: Item) -> None:
        self._items[item.key] = item
