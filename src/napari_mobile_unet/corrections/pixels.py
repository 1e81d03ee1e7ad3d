"""The pixels of one object in one plane, as run lengths."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from napari_mobile_unet.corrections.change import box_around, read_box
from napari_mobile_unet.corrections.delta import Place
from napari_mobile_unet.corrections.record import JournalRecord, unpack
from napari_mobile_unet.corrections.runs import Runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_mobile_unet.corrections.change import Box, LabelArray, PlaneIndex
    from napari_mobile_unet.types import AnyLabels, Mask

Id = Annotated[int, Field(ge=1, lt=2**64)]
"""Of an object."""

Largest = Annotated[int, Field(ge=0, lt=2**64)]
"""An id up to which all count as given; 0 for none."""


class Pixels(JournalRecord):
    """The pixels of one object in one plane, as run lengths."""

    plane: tuple[Place, ...]
    """A number for each axis before Y."""
    id: Id
    """Of the object."""
    count: Annotated[int, Field(ge=1, lt=2**40)]
    """Number of runs."""
    packed: bytes
    """(3, runs) of uint32: rows, first columns, columns after the last; with zlib."""

    @classmethod
    def of_runs(cls, plane: PlaneIndex, own: int, runs: NDArray[np.intp]) -> Pixels:
        """Return the pixels of runs, (3, runs)."""
        packed = zlib.compress(runs.astype("<u4").tobytes(), 1)
        return cls(plane=plane, id=own, count=runs.shape[1], packed=packed)

    @classmethod
    def of_object(
        cls, labels: LabelArray, plane: PlaneIndex, own: int, box: Box
    ) -> Pixels:
        """Return the pixels of an object in a box, where it has one at least."""
        found = read_box(labels, plane, box) == own
        return cls.of_runs(plane, own, _table(found, box))

    @property
    def runs(self) -> NDArray[np.intp]:
        """(3, runs): rows, first columns, columns after the last.

        Raises
        ------
        ValueError
            If what is packed is not what it should be.
        """
        content, _ = unpack(self.packed, 12 * self.count, lambda _: 0)
        rows, starts, stops = np.frombuffer(content, "<u4").reshape(3, -1).astype(int)
        follows = (rows[1:] > rows[:-1]) | (
            (rows[1:] == rows[:-1]) & (starts[1:] >= stops[:-1])
        )
        if not ((starts < stops).all() and follows.all()):
            raise ValueError(
                "runs follow each other row by row; those of a journal do not; restore "
                "it from a copy"
            )
        return np.stack([rows, starts, stops])

    @property
    def box(self) -> Box:
        """The tight box."""
        rows, starts, stops = self.runs
        return slice(rows.min(), rows.max() + 1), slice(starts.min(), stops.max())

    def paint(self, canvas: AnyLabels | Mask, box: Box, value: int = 1) -> None:
        """Give a value to these pixels of a canvas, which shows a box of the plane.

        Pixels outside of it are passed over.
        """
        rows, starts, stops = self.runs
        height, width = canvas.shape
        rows = rows - box[0].start
        starts, stops = (
            (ends - box[1].start).clip(0, width) for ends in (starts, stops)
        )
        inside = (rows >= 0) & (rows < height) & (starts < stops)
        rows, starts, stops = rows[inside], starts[inside], stops[inside]
        length = stops - starts
        within = np.arange(length.sum()) - np.repeat(length.cumsum() - length, length)
        canvas[np.repeat(rows, length), np.repeat(starts, length) + within] = value

    def joined(self, other: Pixels) -> Pixels:
        """Return these pixels and those of another of the same plane."""
        box = box_around(self.box, other.box)
        canvas = np.zeros([side.stop - side.start for side in box], bool)
        self.paint(canvas, box)
        other.paint(canvas, box)
        return self.of_runs(self.plane, self.id, _table(canvas, box))


def iter_pixels(
    plane: PlaneIndex, labels: AnyLabels, start: tuple[int, int]
) -> Iterator[Pixels]:
    """Yield the pixels of every object in a box of a plane."""
    runs = Runs.of(labels, start)
    if not len(runs.ids):
        return
    if (runs.ids == runs.ids[0]).all():
        table = np.stack([runs.rows, runs.starts, runs.stops])
        yield Pixels.of_runs(plane, int(runs.ids[0]), table)
        return
    order = np.argsort(runs.ids, kind="stable")
    table = np.stack([runs.rows, runs.starts, runs.stops])[:, order]
    ids = runs.ids[order]
    bounds = np.flatnonzero(ids[1:] != ids[:-1]) + 1
    for part, own in zip(
        np.split(table, bounds, axis=1), ids[[0, *bounds]].tolist(), strict=True
    ):
        yield Pixels.of_runs(plane, own, part)


def _table(mask: Mask, box: Box) -> NDArray[np.intp]:
    """Return the runs, (3, runs), of a mask that shows a box of a plane."""
    runs = Runs.of(mask, (box[0].start, box[1].start))
    return np.stack([runs.rows, runs.starts, runs.stops])
