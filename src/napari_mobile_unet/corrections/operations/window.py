"""Windows of a plane: the boxes that operations read, and the changes they give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

import cv2
import numpy as np

from napari_mobile_unet.corrections.change import Change, box_around, read_box

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.corrections.change import Box, LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.index import ObjectIndex
    from napari_mobile_unet.types import AnyLabels, Mask, Reals

Points = Any
"""Places (n, 2) in a plane, row and column each; a pixel's middle is a whole number."""


def among(labels: AnyLabels, ids: Collection[int]) -> Mask:
    """Return where labels are one of some ids, in the labels' own type.

    NumPy compares ids of uint64 with other whole numbers as floats, which takes large
    neighbours for one.
    """
    if len(ids) == 1:
        return np.asarray(labels == np.array([*ids], labels.dtype))
    return np.isin(labels, np.array(sorted(ids), labels.dtype))


class OfPlane(Protocol):
    """Something of a plane's size, (Y, X, ...), whose boxes can be read: an array."""

    def __getitem__(self, box: Any, /) -> Any:
        """Return what is in a box."""


@dataclass(frozen=True, eq=False)
class Window:
    """A box of a plane as it is.

    Parameters
    ----------
    plane : tuple of int
        An index for each leading axis.
    start : tuple of int
        First row and first column.
    labels : ndarray of int
        (rows, columns), a copy of the labels there.
    ids : tuple of int
        The objects that it was made for.
    """

    plane: PlaneIndex
    start: tuple[int, int]
    labels: AnyLabels
    ids: tuple[int, ...] = ()

    @classmethod
    def of(
        cls,
        labels: LabelArray,
        plane: PlaneIndex,
        box: Box,
        margin: int = 0,
        ids: tuple[int, ...] = (),
    ) -> Self:
        """Return the window of a box and a margin around it, cut to the plane."""
        box = padded(box, margin, labels.shape)
        start = box[0].start, box[1].start
        return cls(plane, start, np.array(read_box(labels, plane, box)), ids)

    @property
    def box(self) -> Box:
        """Rows and columns of the plane."""
        (row, column), (rows, columns) = self.start, self.labels.shape
        return slice(row, row + rows), slice(column, column + columns)

    @property
    def free(self) -> Mask:
        """(rows, columns), True where no object is."""
        return np.asarray(self.labels == 0)

    def mask(self, own: int) -> Mask:
        """Return (rows, columns), True where that object is."""
        return np.asarray(self.labels == own)

    def within(self, points: Points) -> Reals:
        """Return places of the plane as places in the window, (n, 2)."""
        return np.asarray(points, float).reshape(-1, 2) - self.start

    def cut(self, image: OfPlane) -> NDArray[Any]:
        """Return the window's part of something of the plane's size, (Y, X, ...)."""
        return np.asarray(image[self.box])

    def changed(self, after: AnyLabels) -> list[Change]:
        """Return the change to other ids in this window, cut to what differs.

        Parameters
        ----------
        after : ndarray of int
            (rows, columns).

        Returns
        -------
        list of Change
            One, or none if nothing differs.
        """
        differs = box_of(after != self.labels)
        if differs is None:
            return []
        rows, columns = differs
        start = self.start[0] + rows.start, self.start[1] + columns.start
        part = np.array(after[differs], self.labels.dtype)
        return [Change(self.plane, start, part)]


def box_of(mask: Mask) -> Box | None:
    """Return the tight box of the True pixels (Y, X), None if there are none."""
    rows = np.flatnonzero(mask.any(1))
    if not len(rows):
        return None
    columns = np.flatnonzero(mask.any(0))
    return (
        slice(int(rows[0]), int(rows[-1]) + 1),
        slice(int(columns[0]), int(columns[-1]) + 1),
    )


def padded(box: Box, margin: int, shape: Sequence[int]) -> Box:
    """Return a box with a margin around it, cut to planes of labels of this shape."""
    rows, columns = (
        slice(max(0, side.start - margin), min(length, side.stop + margin))
        for side, length in zip(box, shape[-2:], strict=True)
    )
    return rows, columns


def box_of_points(points: Points, shape: Sequence[int]) -> Box:
    """Return the box of all pixels that some places touch, cut to the plane.

    It is empty, of no rows or no columns, if they all lie outside.
    """
    places = np.asarray(points, float).reshape(-1, 2)
    low, high = np.floor(places.min(0)), np.ceil(places.max(0)) + 1
    rows, columns = (
        slice(int(np.clip(a, 0, length)), int(np.clip(b, 0, length)))
        for a, b, length in zip(low, high, shape[-2:], strict=True)
    )
    return rows, columns


def iter_windows(
    labels: LabelArray,
    index: ObjectIndex,
    ids: Sequence[int],
    planes: Sequence[PlaneIndex],
    margin: int = 0,
) -> Iterator[Window]:
    """Yield windows that hold some objects and a margin, and do not overlap.

    Objects whose boxes overlap share a window, so that each is in one window alone.
    Planes where none of them is give no window.
    """
    for plane in planes:
        here = [own for own in ids if index.count(own, plane)]
        boxes = [padded(index.box(own, plane), margin, labels.shape) for own in here]
        for box, members in disjoint(boxes):
            own = tuple(here[member] for member in members)
            yield Window.of(labels, plane, box, ids=own)


def disjoint(boxes: Sequence[Box]) -> list[tuple[Box, list[int]]]:
    """Return boxes that do not overlap, and which of the given ones each holds."""
    groups: list[tuple[Box, list[int]]] = [
        (box, [number]) for number, box in enumerate(boxes)
    ]
    merged = True
    while merged:
        merged = False
        groups.sort(key=lambda group: group[0][0].start)
        done: list[tuple[Box, list[int]]] = []
        reaching: list[tuple[Box, list[int]]] = []
        for box, members in groups:
            still = []
            for other in reaching:
                if other[0][0].stop <= box[0].start:
                    done.append(other)
                elif _overlap(other[0], box):
                    box, members = box_around(other[0], box), members + other[1]
                    merged = True
                else:
                    still.append(other)
            reaching = [*still, (box, members)]
        groups = done + reaching
    return [(box, sorted(members)) for box, members in groups]


def _overlap(first: Box, second: Box) -> bool:
    return all(
        a.start < b.stop and b.start < a.stop
        for a, b in zip(first, second, strict=True)
    )


def pieces(mask: Mask) -> tuple[int, AnyLabels]:
    """Return how many pieces a mask has, and which of 1 to n each pixel is in.

    Pixels that touch only at a corner are not one piece.
    """
    count, found = cv2.connectedComponents(
        np.ascontiguousarray(mask).view(np.uint8), connectivity=4
    )
    return count - 1, np.asarray(found, np.int32)


def joined_to(mask: Mask, core: Mask) -> Mask:
    """Return the pieces of a mask that hold pixels of another, the core."""
    _, found = pieces(mask)
    touched = np.unique(found[core & mask])
    return np.isin(found, touched[touched > 0])
