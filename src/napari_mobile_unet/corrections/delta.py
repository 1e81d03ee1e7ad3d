"""What a step did to one box of a plane: exact both ways, small, and data only."""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from napari_mobile_unet.corrections.change import read_box
from napari_mobile_unet.corrections.record import JournalRecord, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_mobile_unet.corrections.change import Box, LabelArray, PlaneIndex
    from napari_mobile_unet.types import AnyLabels, Mask

Place = Annotated[int, Field(ge=0, lt=2**40)]
"""An index, a row or a column."""
Length = Annotated[int, Field(ge=1, lt=2**40)]
"""A number of rows or columns."""
Checksum = Annotated[int, Field(ge=0, lt=2**32)]
"""A CRC-32."""


class ChangedOutside(ValueError):
    """Labels are not what the history left: something else wrote into them.

    Parameters
    ----------
    message : str
        What was found, and what to do.
    plane : tuple of int
        Where.
    """

    def __init__(self, message: str, plane: PlaneIndex) -> None:
        super().__init__(message)
        self.plane = plane


class Delta(JournalRecord):
    """The pixels of one box that a step changed, with their ids before and after.

    Of a disc of radius 30 it takes about 1 kB.
    """

    plane: tuple[Place, ...]
    """A number for each axis before Y."""
    start: tuple[Place, Place]
    """First row and column of the box."""
    shape: tuple[Length, Length]
    """Rows and columns of the box, which the changed pixels fill tightly."""
    ids: Literal["<u1", "<u2", "<u4", "<u8"]
    """Type that the ids are kept in."""
    before: Checksum
    """Of the whole box before; see ``checksum_of``."""
    after: Checksum
    """Of the whole box afterwards."""
    packed: bytes
    """Which pixels changed, as bits; their ids before; and after; with zlib."""

    @field_validator("shape")
    @classmethod
    def _check_size(
        cls, shape: tuple[int, int], info: ValidationInfo
    ) -> tuple[int, int]:
        """Refuse boxes that no plane has."""
        if math.prod(shape) >= 2**40:
            raise ValueError(f"a box has fewer than 2^40 pixels; received {shape}")
        return shape

    @classmethod
    def between(
        cls,
        plane: PlaneIndex,
        start: tuple[int, int],
        before: AnyLabels,
        after: AnyLabels,
    ) -> Delta | None:
        """Return what changed in a box; None if nothing did.

        Parameters
        ----------
        plane : tuple of int
            The plane.
        start : tuple of int
            First row and column of the box.
        before, after : ndarray of int
            (rows, columns), ids ≥ 0.
        """
        changed = before != after
        rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return None
        tight = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        before, after, changed = before[tight], after[tight], changed[tight]
        old, new = before[changed], after[changed]
        kind = f"<u{np.min_scalar_type(max(int(old.max()), int(new.max()))).itemsize}"
        content = (np.packbits(changed), old.astype(kind), new.astype(kind))
        return cls(
            plane=plane,
            start=(start[0] + int(rows[0]), start[1] + int(columns[0])),
            shape=changed.shape,
            ids=kind,
            before=checksum_of(before),
            after=checksum_of(after),
            packed=zlib.compress(b"".join(part.tobytes() for part in content), 1),
        )

    @property
    def box(self) -> Box:
        """Rows and columns of the plane."""
        (row, column), (rows, columns) = self.start, self.shape
        return slice(row, row + rows), slice(column, column + columns)

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return len(self.packed) + 200

    def unpacked(self) -> tuple[Mask, AnyLabels, AnyLabels]:
        """Return which pixels of the box changed, and their ids before and after.

        Returns
        -------
        changed : ndarray of bool
            (rows, columns).
        before, after : ndarray of uint
            (changed pixels,).

        Raises
        ------
        ValueError
            If what is packed is not what it should be.
        """
        pixels, kind = math.prod(self.shape), np.dtype(self.ids)
        bits = -(-pixels // 8)

        def length(head: bytes) -> int:
            changed = np.unpackbits(np.frombuffer(head, np.uint8), count=pixels)
            return 2 * int(changed.sum()) * kind.itemsize

        head, ids = unpack(self.packed, bits, length)
        mask = np.unpackbits(np.frombuffer(head, np.uint8), count=pixels).view(bool)
        old, new = np.frombuffer(ids, kind).reshape(2, -1)
        return mask.reshape(self.shape), old, new

    def check(self, labels: LabelArray, *, back: bool = False) -> AnyLabels:
        """Return the box as it is in labels, a copy.

        Parameters
        ----------
        labels : array of int
            (..., Y, X).
        back : bool
            Whether the step is to be undone.

        Raises
        ------
        ChangedOutside
            If the box is not what the step left, or found.
        """
        now = read_box(labels, self.plane, self.box).copy()
        if checksum_of(now) != (self.after if back else self.before):
            rows, columns = self.box
            raise ChangedOutside(
                "labels are corrected through one history; something else changed "
                f"rows {rows.start}–{rows.stop - 1}, columns {columns.start}–"
                f"{columns.stop - 1} of plane {named(self.plane)}; undo that change "
                "where it was made, or begin a new history of the labels as they are",
                self.plane,
            )
        return now

    def apply(
        self, labels: LabelArray, *, back: bool = False
    ) -> tuple[AnyLabels, AnyLabels]:
        """Return the box as it is, and as it is to be; nothing is written.

        Parameters and errors are those of `check`.
        """
        now = self.check(labels, back=back)
        then = now.copy()
        changed, old, new = self.unpacked()
        then[changed] = old if back else new
        return now, then


def checksum_of(box: AnyLabels) -> int:
    """Return the CRC-32 of the ids in a box, the same whatever their type."""
    wide = box.dtype.itemsize > 4 and int(box.max(initial=0)) >= 2**32
    return zlib.crc32(np.ascontiguousarray(box, "<u8" if wide else "<u4").data)


def named(plane: Sequence[int]) -> str:
    """Return how messages call a plane: by its number, if it has one."""
    return str(plane[0]) if len(plane) == 1 else str(tuple(plane))
