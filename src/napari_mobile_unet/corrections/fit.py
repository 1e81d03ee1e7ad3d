"""New automatic labels around what a person made their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.later import ndimage
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.overlap import overlaps_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.corrections.change import Box
    from napari_mobile_unet.corrections.pixels import Pixels
    from napari_mobile_unet.types import AnyLabels, Mask

SAME = 0.5
"""IoU above which two objects are one; none has it with more than one other."""
SLIVER = 0.5
"""Share of the smallest new object of a plane that a piece must have to be one."""
EIGHT = np.ones((3, 3), bool)
"""Pixels that touch at a corner belong together."""


class FreeIds:
    """Ids for new objects, none of which somebody else has or had.

    Parameters
    ----------
    taken : collection of int
        Ids that new objects do not get.
    largest : int
        No id up to this one is given to a piece that was cut off; all new labels and
        all that is taken lie below.
    """

    def __init__(self, taken: Collection[int], largest: int) -> None:
        self._taken, self._largest = frozenset(taken), largest
        self._other: dict[int, int] = {}

    def of(self, own: int) -> int:
        """Return the id of a new object: its own where it is free, in all planes."""
        if own not in self._taken:
            return own
        if own not in self._other:
            self._other[own] = self.fresh()
        return self._other[own]

    def fresh(self) -> int:
        """Return an id that was never given."""
        self._largest += 1
        return self._largest


def fit_around(
    new: AnyLabels,
    locked: AnyLabels,
    tombstones: Sequence[Pixels],
    ids: FreeIds,
) -> AnyLabels:
    """Return new labels of a plane that leave what a person made as it is.

    Locked pixels keep their ids exactly. A new object that is one of the locked
    objects, or one that a person deleted (IoU > 0.5), is dropped. The others are cut to
    the free area. Where that cuts one apart, the largest piece keeps the id and the
    others get new ones; slivers, less than half as large as any new object of the
    plane, are dropped, as are pieces that a person had taken away.

    Parameters
    ----------
    new : ndarray of int
        (Y, X), the automatic result.
    locked : ndarray of int
        (Y, X), the ids of locked pixels, 0 where the plane is free.
    tombstones : sequence of Pixels
        What a person deleted in this plane.
    ids : FreeIds
        Gives ids to new objects.

    Returns
    -------
    ndarray of int64
        (Y, X).
    """
    free = locked == 0
    found, rank = _ranked(new)
    area = np.bincount(rank.ravel(), minlength=len(found))
    dropped = np.zeros(len(found), bool)
    touched = np.zeros(len(found), bool)
    pairs = overlaps_of(rank, locked)
    touched[pairs.first] = True
    sizes = dict(zip(*np.unique(locked[~free], return_counts=True), strict=True))
    theirs = np.array([sizes[own] for own in pairs.second], np.int64)
    union = area[pairs.first] + theirs - pairs.pixels
    dropped[pairs.first[pairs.pixels > SAME * union]] = True
    stones = [_Stone(stone, free) for stone in tombstones]
    for stone in stones:
        dropped[stone.same(rank, area)] = True
    smallest = SLIVER * int(area[1:].min(initial=new.size))
    number = np.zeros(len(found), np.int64)
    left = np.bincount(rank[free], minlength=len(found)) > 0
    left[0] = False
    for place in np.flatnonzero(left & ~dropped).tolist():
        number[place] = ids.of(int(found[place]))
    fitted = np.where(free, number[rank], 0)
    boxes = ndimage.find_objects(rank)
    for own in np.flatnonzero(touched & ~dropped).tolist():
        box = boxes[own - 1]
        part = fitted[box]
        for piece, largest in _iter_pieces(rank[box] == own, free[box]):
            if piece.sum() < smallest or any(s.is_piece(piece, box) for s in stones):
                part[piece] = 0
            elif not largest:
                part[piece] = ids.fresh()
    return np.where(free, fitted, locked.astype(np.int64))


class _Stone:
    """A tombstone, without what a person has drawn on it since."""

    def __init__(self, pixels: Pixels, free: Mask) -> None:
        self.box = pixels.box
        self.mask = np.zeros([side.stop - side.start for side in self.box], bool)
        pixels.paint(self.mask, self.box)
        self.mask &= free[self.box]
        self.area = int(self.mask.sum())

    def same(self, rank: AnyLabels, area: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return which objects are the one that was deleted."""
        shared = np.bincount(rank[self.box][self.mask], minlength=len(area))
        shared[0] = 0
        return np.flatnonzero(shared > SAME * (area + self.area - shared))

    def is_piece(self, piece: Mask, box: Box) -> bool:
        """Return whether a piece, in its box, is what was deleted."""
        common = [
            slice(max(a.start, b.start), min(a.stop, b.stop))
            for a, b in zip(box, self.box, strict=True)
        ]
        if any(side.start >= side.stop for side in common):
            return False
        mine, theirs = (
            mask[
                common[0].start - at[0].start : common[0].stop - at[0].start,
                common[1].start - at[1].start : common[1].stop - at[1].start,
            ]
            for mask, at in ((self.mask, self.box), (piece, box))
        )
        shared = int((mine & theirs).sum())
        return shared > SAME * (self.area + int(piece.sum()) - shared)


def _ranked(labels: AnyLabels) -> tuple[NDArray[np.int64], AnyLabels]:
    """Return the ids in ascending order after 0, and each pixel's rank among them."""
    codes, found = pd.factorize(labels.ravel())
    ids = np.union1d(found.astype(np.int64), [0])
    places = np.searchsorted(ids, found.astype(np.int64)).astype(np.int32)
    return ids, places.take(codes).reshape(labels.shape)


def _iter_pieces(mask: Mask, free: Mask) -> Iterator[tuple[Mask, bool]]:
    """Yield what is left of an object, and whether it keeps the id.

    Pieces that were apart before the cut stay together; of each one that is cut apart
    the largest piece stays with them.
    """
    before, number = ndimage.label(mask, EIGHT)
    keeps = np.zeros(mask.shape, bool)
    for own in range(1, number + 1):
        after, pieces = ndimage.label((before == own) & free, EIGHT)
        if not pieces:
            continue
        largest = 1 + int(np.bincount(after.ravel())[1:].argmax())
        keeps |= after == largest
        for piece in range(1, pieces + 1):
            if piece != largest:
                yield after == piece, False
    if keeps.any():
        yield keeps, True
