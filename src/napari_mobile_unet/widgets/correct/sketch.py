"""What is being drawn, and what would come of it, laid over marks and taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_mobile_unet.corrections.change import box_around, read_box
from napari_mobile_unet.corrections.operations.window import padded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.corrections.change import Box, Change, PlaneIndex
    from napari_mobile_unet.corrections.session import Corrections
    from napari_mobile_unet.types import AnyLabels, Mask

DRAWN, KEPT, MADE, GONE = 3, 4, 5, 6
"""Values of a line that is drawn; of outlines of objects that stay and that are new;
and of pixels that are to be background."""
COLOURS = {DRAWN: "#ffffff", KEPT: "#2fc8f5", MADE: "#ff9a1f", GONE: "#ff3b3b"}
"""White, blue, orange, red."""
ARM = 1
"""Pixels that a cross reaches to each side of its middle."""


class Sketch:
    """Values laid over a plane of marks; what they cover comes back.

    Parameters
    ----------
    marks : ndarray of uint8
        (Y, X), changed in place.
    """

    def __init__(self, marks: NDArray[np.uint8]) -> None:
        self._marks = marks
        self._beneath: list[tuple[Box, NDArray[np.uint8]]] = []

    def clear(self) -> list[Box]:
        """Take everything away, and return where it was."""
        boxes = []
        while self._beneath:
            box, covered = self._beneath.pop()
            self._marks[box] = covered
            boxes.append(box)
        return boxes

    def line(self, places: Sequence[tuple[float, float]], *, closed: bool) -> Box:
        """Draw a line or outline through places (row, column)."""
        corners = np.rint(np.asarray(places)[:, ::-1]).astype(np.int32)
        low, high = corners.min(0)[::-1], corners.max(0)[::-1] + 1
        box = self._lift(slice(low[0], high[0]), slice(low[1], high[1]))
        start = box[1].start, box[0].start
        part = np.ascontiguousarray(self._marks[box])
        if part.size:
            cv2.polylines(part, [(corners - start).reshape(-1, 1, 2)], closed, DRAWN)
            self._marks[box] = part
        return box

    def cross(self, place: tuple[float, float]) -> Box:
        """Draw a small cross at a place (row, column)."""
        row, column = (round(part) for part in place)
        box = self._lift(
            slice(row - ARM, row + ARM + 1), slice(column - ARM, column + ARM + 1)
        )
        part = self._marks[box]
        part[np.arange(box[0].start, box[0].stop) == row] = DRAWN
        part[:, np.arange(box[1].start, box[1].stop) == column] = DRAWN
        return box

    def outlines(
        self, session: Corrections, plane: PlaneIndex, changes: Sequence[Change]
    ) -> list[Box]:
        """Outline objects of a plane as they would be after some changes."""
        boxes = []
        for change in changes:
            if change.plane != plane:
                continue
            box, values = _outlined(session, change)
            box = self._lift(*box)
            part = self._marks[box]
            part[values > 0] = values[values > 0]
            boxes.append(box)
        return boxes

    def _lift(self, rows: slice, columns: slice) -> Box:
        """Keep what is in a box, cut to the plane, and return it."""
        box = padded((rows, columns), 0, self._marks.shape)
        # A line that lies outside of the plane has no pixel in it.
        # mypy loses the length of a tuple that is made of a generator.
        box = tuple(slice(side.start, max(side.start, side.stop)) for side in box)  # type: ignore[assignment]
        self._beneath.append((box, self._marks[box].copy()))
        return box


def _outlined(session: Corrections, change: Change) -> tuple[Box, NDArray[np.uint8]]:
    """Return a box, and the rims of what is in it after a change, as values of marks.

    It holds all of the objects that change, on the change's plane.
    """
    labels, index, plane = session.labels, session.index, change.plane
    now = read_box(labels, plane, change.box)
    differs = now != change.labels
    involved = np.unique([*now[differs], *change.labels[differs]])
    involved = involved[involved > 0]
    box = change.box
    for own in involved.tolist():
        if index.count(own, plane):
            box = box_around(box, index.box(own, plane))
    before = np.array(read_box(labels, plane, box))
    after = before.copy()
    inner = tuple(
        slice(a.start - b.start, a.stop - b.start)
        for a, b in zip(change.box, box, strict=True)
    )
    after[inner] = change.labels
    gone = (after == 0) & (before > 0)
    known = np.array([own in index for own in involved.tolist()], bool)
    kinds = np.where(known, KEPT, MADE).astype(np.uint8)
    values = np.where(_rims(after), _looked_up(after, involved, kinds), 0)
    values[gone & _rims(np.where(gone, before, 0))] = GONE
    return box, values.astype(np.uint8)


def _rims(labels: AnyLabels) -> Mask:
    """Return (rows, columns), True on the pixels at the edge of each object."""
    around = np.pad(labels, 1)
    uneven = np.zeros(labels.shape, bool)
    for rows, columns in np.ndindex(3, 3):  # as the marks of objects are wide
        beside = around[rows : rows + len(labels), columns:]
        uneven |= beside[:, : labels.shape[1]] != labels
    return uneven & (labels > 0)


def _looked_up(
    labels: AnyLabels, ids: AnyLabels, values: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return the value of each pixel's id, 0 where it is none of the ids, ascending."""
    if not len(ids):
        return np.zeros(labels.shape, np.uint8)
    place = np.searchsorted(ids, labels).clip(0, len(ids) - 1)
    return np.where(ids[place] == labels, values[place], 0).astype(np.uint8)
