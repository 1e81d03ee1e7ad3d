"""A change of labels: a box of one plane as it is to be afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_mobile_unet.types import AnyLabels

PlaneIndex = tuple[int, ...]
"""Which plane of labels (..., Y, X): a number for each axis before Y; () in 2-D."""
Box = tuple[slice, slice]
"""Rows and columns of a plane, both with start and stop."""
LabelArray = Any
"""Labels (..., Y, X) that basic slices can read and write: NumPy or Zarr."""

PIXELS_AT_ONCE = 2**22
"""Of one plane that are read at a time where all labels are gone through."""


@dataclass(frozen=True, eq=False)
class Change:
    """A box of one plane of labels as it is to be afterwards.

    Operations are pure functions that return a list of changes and write nothing; the
    boxes of one list do not overlap.

    Parameters
    ----------
    plane : tuple of int
        A number for each axis before Y; () for 2-D labels.
    start : tuple of int
        First row and first column.
    labels : ndarray of int
        (rows, columns), the ids of the whole box afterwards, 0 is background.

    Raises
    ------
    ValueError
        If the labels are no whole numbers in two dimensions, or the box starts before
        the plane.

    Examples
    --------
    >>> change = Change((3,), (10, 20), np.full((2, 5), 7))
    >>> change.box
    (slice(10, 12, None), slice(20, 25, None))
    """

    plane: PlaneIndex
    start: tuple[int, int]
    labels: AnyLabels

    def __post_init__(self) -> None:
        """Refuse what is no box of a plane."""
        # Sums of NumPy's whole numbers are such, too, and JSON does not know them.
        object.__setattr__(self, "plane", tuple(map(int, self.plane)))
        object.__setattr__(self, "start", (int(self.start[0]), int(self.start[1])))
        if self.labels.ndim != 2 or self.labels.dtype.kind not in "iu":
            raise ValueError(
                "a change holds whole numbers of two dimensions; received "
                f"{self.labels.ndim}-D {self.labels.dtype}; give the box of one plane"
            )
        if min(*self.plane, *self.start) < 0:
            raise ValueError(
                f"a change lies within its plane; received plane {self.plane} and "
                f"start {self.start}; count both from 0"
            )

    @property
    def box(self) -> Box:
        """Rows and columns of the plane that the change covers."""
        (row, column), (rows, columns) = self.start, self.labels.shape
        return slice(row, row + rows), slice(column, column + columns)


def read_box(labels: LabelArray, plane: PlaneIndex, box: Box) -> AnyLabels:
    """Return the ids in a box of a plane, (rows, columns); of NumPy labels a view."""
    return np.asarray(labels[(*plane, *box)])


def iter_planes(shape: tuple[int, ...]) -> Iterator[PlaneIndex]:
    """Yield the index of every plane of labels of this shape, in order."""
    yield from np.ndindex(shape[:-2])


def iter_blocks(shape: tuple[int, ...]) -> Iterator[Box]:
    """Yield boxes of all columns that together make a plane of labels of this shape."""
    height, width = shape[-2:]
    rows = max(1, PIXELS_AT_ONCE // max(1, width))
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height)), slice(0, width)


def box_around(first: Box, second: Box) -> Box:
    """Return the smallest box that holds both."""
    rows, columns = (
        slice(min(a.start, b.start), max(a.stop, b.stop))
        for a, b in zip(first, second, strict=True)
    )
    return rows, columns
