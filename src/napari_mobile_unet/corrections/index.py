"""Where each object is: built by one scan of the labels, then kept up to date."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Self

import numpy as np

from napari_mobile_unet.corrections.change import iter_blocks, iter_planes, read_box
from napari_mobile_unet.corrections.digest import Digest
from napari_mobile_unet.corrections.runs import Extent, Runs, extents_of
from napari_mobile_unet.parallel.cancel import checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_mobile_unet.corrections.change import Box, LabelArray, PlaneIndex
    from napari_mobile_unet.types import AnyLabels

STRIP = 16
"""Rows or columns that are looked through first for the new edge of an object."""


class ObjectIndex:
    """Box, number of pixels and centroid of each object of labels, plane by plane.

    One scan builds it; afterwards it follows each change, in a time that depends on
    the changed box and on the boxes of the objects in it, never on the labels' size.
    """

    def __init__(self) -> None:
        self._planes: dict[PlaneIndex, dict[int, Extent]] = {}
        self._planes_of: dict[int, set[PlaneIndex]] = {}
        self._largest = 0
        self.content = ""
        """SHA-256 of the labels as they were scanned; see ``digest``."""

    @classmethod
    def of(cls, labels: LabelArray) -> Self:
        """Return the index of labels (..., Y, X), scanned at once.

        Raises
        ------
        ValueError
            If a label is negative.
        """
        index = cls()
        for _ in index.iter_scan(labels):
            pass
        return index

    def iter_scan(self, labels: LabelArray) -> Iterator[PlaneIndex]:
        """Scan labels, and yield each plane that is done.

        Parameters
        ----------
        labels : array of int
            (..., Y, X); a few million pixels of it are read at a time.

        Yields
        ------
        tuple of int
            Index of the plane.

        Raises
        ------
        ValueError
            If a label is negative.
        Cancelled
            If the work of this thread was cancelled; see ``parallel.cancel``.
        """
        digest = Digest()
        for plane in iter_planes(labels.shape):
            digest.begin(plane)
            for box in iter_blocks(labels.shape):
                checkpoint()
                runs = Runs.of(read_box(labels, plane, box), (box[0].start, 0))
                digest.add(runs)
                found = extents_of(runs)
                if found and min(found) < 0:
                    raise ValueError(
                        f"labels must not be negative; received {min(found)} in plane "
                        f"{plane}; set the background to 0"
                    )
                for own, extent in found.items():
                    self._add(plane, own, extent)
            yield plane
        self.content = digest.text

    @property
    def ids(self) -> list[int]:
        """Ids of all objects that there are, ascending."""
        return sorted(self._planes_of)

    @property
    def next_id(self) -> int:
        """One more than the largest id that there ever was: nobody has or had it."""
        return self._largest + 1

    def reserve(self, largest: int) -> None:
        """Take ids up to this one for given, such as those of a saved session."""
        self._largest = max(self._largest, largest)

    def __contains__(self, own: object) -> bool:
        """Return whether there is an object of this id."""
        return own in self._planes_of

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self._planes_of)

    def planes_of(self, own: int) -> list[PlaneIndex]:
        """Return the planes that an object has pixels in, in order; none if unknown."""
        return sorted(self._planes_of.get(own, ()))

    def ids_in(self, plane: PlaneIndex) -> list[int]:
        """Return the ids of the objects of a plane, ascending."""
        return sorted(self._planes.get(plane, ()))

    def extent(self, own: int, plane: PlaneIndex) -> Extent:
        """Return where an object lies in a plane, and how large it is, as it is now.

        Raises
        ------
        KeyError
            If it is not there.
        """
        return copy(self._planes[plane][own])

    def box(self, own: int, plane: PlaneIndex) -> Box:
        """Return the tight box of an object in a plane.

        Raises
        ------
        KeyError
            If it has no pixel there.
        """
        return self._planes[plane][own].box

    def count(self, own: int, plane: PlaneIndex | None = None) -> int:
        """Return an object's number of pixels in a plane, or in all of them."""
        planes = self._planes_of.get(own, ()) if plane is None else (plane,)
        extents = (self._planes.get(each, {}).get(own) for each in planes)
        return sum(extent.count for extent in extents if extent)

    def centroid(self, own: int, plane: PlaneIndex) -> tuple[float, float]:
        """Return the mean row and column of an object in a plane.

        Raises
        ------
        KeyError
            If it has no pixel there.
        """
        extent = self._planes[plane][own]
        return extent.row_sum / extent.count, extent.column_sum / extent.count

    def at(self, plane: PlaneIndex, box: Box) -> list[int]:
        """Return the objects whose boxes meet a box of a plane, ascending.

        Which of them have pixels in it, the labels tell.
        """
        rows, columns = box
        return sorted(
            own
            for own, extent in self._planes.get(plane, {}).items()
            if extent.top < rows.stop
            and rows.start < extent.bottom
            and extent.left < columns.stop
            and columns.start < extent.right
        )

    def update(
        self,
        labels: LabelArray,
        plane: PlaneIndex,
        start: tuple[int, int],
        before: AnyLabels,
        after: AnyLabels,
    ) -> set[int]:
        """Follow a change that was written, and return the ids that it touched.

        Parameters
        ----------
        labels : array of int
            (..., Y, X), which hold the change by now.
        plane : tuple of int
            The plane that changed.
        start : tuple of int
            First row and column of the box that changed.
        before, after : ndarray of int
            (rows, columns), the box before and after.
        """
        changed = before != after
        removed = extents_of(Runs.of(np.where(changed, before, 0), start))
        added = extents_of(Runs.of(np.where(changed, after, 0), start))
        for own, extent in added.items():
            self._add(plane, own, extent)
        for own, extent in removed.items():
            self._remove(labels, plane, own, extent)
        return {*removed, *added}

    def _add(self, plane: PlaneIndex, own: int, extent: Extent) -> None:
        self._largest = max(self._largest, own)
        objects = self._planes.setdefault(plane, {})
        if own in objects:
            objects[own].add(extent)
        else:
            objects[own] = extent
            self._planes_of.setdefault(own, set()).add(plane)

    def _remove(
        self, labels: LabelArray, plane: PlaneIndex, own: int, gone: Extent
    ) -> None:
        objects = self._planes[plane]
        extent = objects[own]
        extent.count -= gone.count
        extent.row_sum -= gone.row_sum
        extent.column_sum -= gone.column_sum
        if extent.count:
            _shrink(labels, plane, own, extent, gone)
            return
        del objects[own]
        self._planes_of[own].discard(plane)
        if not self._planes_of[own]:
            del self._planes_of[own]


def _shrink(
    labels: LabelArray, plane: PlaneIndex, own: int, extent: Extent, gone: Extent
) -> None:
    """Make an object's box tight again on the sides where it lost pixels."""
    if gone.top == extent.top:
        extent.top = _first(labels, plane, own, extent.box, axis=0)
    if gone.bottom == extent.bottom:
        extent.bottom = 1 + _first(labels, plane, own, extent.box, axis=0, last=True)
    if gone.left == extent.left:
        extent.left = _first(labels, plane, own, extent.box, axis=1)
    if gone.right == extent.right:
        extent.right = 1 + _first(labels, plane, own, extent.box, axis=1, last=True)


def _first(
    labels: LabelArray,
    plane: PlaneIndex,
    own: int,
    box: Box,
    *,
    axis: int,
    last: bool = False,
) -> int:
    """Return the first, or last, row or column of a box that holds an object.

    It is near the edge as a rule: strips from there, each twice as deep as the one
    before, are looked through.
    """
    low, high = box[axis].start, box[axis].stop
    depth = STRIP
    while True:
        strip = (
            slice(max(low, high - depth), high)
            if last
            else slice(low, min(high, low + depth))
        )
        part = (strip, box[1]) if axis == 0 else (box[0], strip)
        lines = (read_box(labels, plane, part) == own).any(axis=1 - axis)
        if lines.any():
            return int(strip.start + np.flatnonzero(lines)[-1 if last else 0])
        low, high = (low, strip.start) if last else (strip.stop, high)
        depth *= 2
