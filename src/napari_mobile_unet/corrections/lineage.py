"""Who divided into whom, kept right while ids of tracks are joined, cut and swapped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_mobile_unet.corrections.change import PlaneIndex
    from napari_mobile_unet.corrections.done import Done
    from napari_mobile_unet.corrections.index import ObjectIndex

Renames = dict[int, dict[int, int]]
"""By time point, from the id of an object before to its id afterwards."""


@dataclass(frozen=True)
class Division:
    """A daughter, and the mother that it came from.

    Parameters
    ----------
    daughter, born : int
        Its id, and the first time point that it is in.
    mother, last : int
        Its id, and the last time point that it is in before.
    """

    daughter: int
    born: int
    mother: int
    last: int


class Lineage:
    """The divisions of a time-lapse, which follow the ids of its objects.

    Each is kept by time points, so that it comes back with an undo after a join had
    made one object of mother and daughter, or a cut had parted them.

    Parameters
    ----------
    parents : iterable of (int, int)
        A daughter and its mother each; one that has no object is left out.
    index : ObjectIndex
        Of the labels.
    axis : int
        The leading axis that is time.
    """

    def __init__(
        self, parents: Iterable[tuple[int, int]], index: ObjectIndex, axis: int
    ) -> None:
        self._axis = axis
        self._divisions: list[Division] = []
        self._before: dict[int, list[Division]] = {}
        """By the number of a step, what it changed."""
        for daughter, mother in parents:
            times = self._times(index, daughter)
            earlier = [t for t in self._times(index, mother) if times and t < times[0]]
            if earlier:
                self._divisions.append(
                    Division(daughter, times[0], mother, earlier[-1])
                )

    def follow(self, done: Done, index: ObjectIndex) -> Renames:
        """Follow a step, an undo or a redo; return the objects that it named anew.

        Parameters
        ----------
        done : Done
            What changed.
        index : ObjectIndex
            Of the labels afterwards.
        """
        renames = renames_of(done, index, self._axis)
        if done.entry.back:  # a merge forgets whose part was whose
            self._divisions = self._before.pop(done.step.seq, self._divisions)
            return renames

        def named(own: int, time: int) -> int:
            return renames.get(time, {}).get(own, own)

        now = [
            replace(
                each,
                daughter=named(each.daughter, each.born),
                mother=named(each.mother, each.last),
            )
            for each in self._divisions
        ]
        if now != self._divisions:
            self._before[done.step.seq] = self._divisions
            self._divisions = now
        return renames

    def parents(self, index: ObjectIndex) -> dict[int, int]:
        """Return the mother of each object that comes from a division."""
        return {
            each.daughter: each.mother
            for each in self._divisions
            if each.daughter != each.mother
            and self._times(index, each.daughter)[:1] == [each.born]
            and each.last in self._times(index, each.mother)
        }

    def _times(self, index: ObjectIndex, own: int) -> list[int]:
        return sorted({plane[self._axis] for plane in index.planes_of(own)})


def renames_of(done: Done, index: ObjectIndex, axis: int) -> Renames:
    """Return the objects of which all pixels in a plane have another id now.

    Parameters
    ----------
    done : Done
        A step, an undo or a redo.
    index : ObjectIndex
        Of the labels afterwards.
    axis : int
        The leading axis that is time.
    """
    pairs: dict[PlaneIndex, set[tuple[int, int]]] = {}
    for delta in done.step.deltas:
        _, before, after = delta.unpacked()
        if done.entry.back:
            before, after = after, before
        both = np.unique(np.stack([before, after]), axis=1)
        there = pairs.setdefault(delta.plane, set())
        there.update(zip(*both.tolist(), strict=True))
    renames: Renames = {}
    for plane, changed in pairs.items():
        given = {new for _, new in changed}
        news: dict[int, list[int]] = {}
        for old, new in changed:
            news.setdefault(old, []).append(new)
        for old, (new, *more) in news.items():
            # Where some of it keeps its id, it has lost a part and not its name.
            left = index.count(old, plane) > 0 and old not in given
            if old and new and not more and not left:
                renames.setdefault(plane[axis], {})[old] = new
    return renames
