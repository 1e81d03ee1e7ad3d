"""The pixels that a journal speaks of: as they were before it, and after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.change import Box, read_box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_mobile_unet.corrections.change import LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.delta import Delta
    from napari_mobile_unet.corrections.pixels import Pixels
    from napari_mobile_unet.types import AnyLabels, Mask

TILE = 128
"""Rows and columns that are kept together."""


@dataclass(frozen=True, eq=False)
class Tile:
    """A part of a plane.

    Parameters
    ----------
    box : Box
        Rows and columns of the plane.
    known : ndarray of bool
        (TILE, TILE), the pixels that are spoken of.
    base, final : ndarray of uint64
        (TILE, TILE), their ids before the first step and after the last one.
    """

    box: Box
    known: Mask
    base: NDArray[np.uint64]
    final: NDArray[np.uint64]


class Patches:
    """The pixels that a journal speaks of; memory holds these alone, in tiles."""

    def __init__(self) -> None:
        self._tiles: dict[tuple[PlaneIndex, int, int], Tile] = {}
        self.given = 0
        """The largest id that any pixel ever had."""

    def change(self, delta: Delta, *, back: bool = False) -> None:
        """Follow a step, or its undoing.

        Raises
        ------
        ValueError
            If the pixels are not what the step found.
        """
        changed, old, new = delta.unpacked()
        before, after = (np.zeros(delta.shape, np.uint64) for _ in range(2))
        before[changed], after[changed] = (new, old) if back else (old, new)
        self._put(delta.plane, delta.box, changed, before, after)

    def state(self, pixels: Pixels) -> None:
        """Take in what a journal says about pixels that did not change.

        Raises
        ------
        ValueError
            If they are something else.
        """
        box = pixels.box
        mask = np.zeros([side.stop - side.start for side in box], bool)
        pixels.paint(mask, box)
        ids = np.where(mask, np.uint64(pixels.id), np.uint64(0))
        self._put(pixels.plane, box, mask, ids, ids)

    def over(
        self, ids: AnyLabels, plane: PlaneIndex, box: Box, *, final: bool = True
    ) -> AnyLabels:
        """Return a box of a plane with the ids that are known.

        Parameters
        ----------
        ids : ndarray of int
            (rows, columns) of the box, for the pixels that are not known.
        plane : tuple of int
            The plane.
        box : Box
            Its rows and columns.
        final : bool
            Whether as after the last step, or as before the first.
        """
        patched = ids.copy()
        for tile, of_tile, of_box in self._iter_parts(plane, box):
            known = tile.known[of_tile]
            values = (tile.final if final else tile.base)[of_tile]
            patched[of_box][known] = values[known]
        return patched

    def iter_tiles(self) -> Iterator[tuple[PlaneIndex, Tile]]:
        """Yield each tile and its plane."""
        for (plane, _, _), tile in self._tiles.items():
            yield plane, tile

    @property
    def planes(self) -> set[PlaneIndex]:
        """Planes with pixels that are known."""
        return {plane for plane, _, _ in self._tiles}

    @property
    def largest(self) -> int:
        """The largest id after the last step; 0 if there is none."""
        return max((int(tile.final.max()) for tile in self._tiles.values()), default=0)

    def _put(
        self,
        plane: PlaneIndex,
        box: Box,
        mask: Mask,
        before: NDArray[np.uint64],
        after: NDArray[np.uint64],
    ) -> None:
        for tile, of_tile, of_box in self._iter_parts(plane, box, make=True):
            mine, was = mask[of_box], before[of_box]
            known, base, final = (
                part[of_tile] for part in (tile.known, tile.base, tile.final)
            )
            if (final[known & mine] != was[known & mine]).any():
                raise ValueError(
                    f"plane {plane} is not what a step found there; the journal "
                    "contradicts itself: restore it from a copy"
                )
            new = mine & ~known
            base[new] = was[new]
            known |= mine
            final[mine] = after[of_box][mine]
        self.given = max(self.given, int(before.max()), int(after.max()))

    def _iter_parts(
        self, plane: PlaneIndex, box: Box, *, make: bool = False
    ) -> Iterator[tuple[Tile, Box, Box]]:
        """Yield the tiles that a box meets; their part in it, and its part in them."""
        rows, columns = box
        for row in range(rows.start // TILE, -(-rows.stop // TILE)):
            for column in range(columns.start // TILE, -(-columns.stop // TILE)):
                tile = self._tiles.get((plane, row, column))
                if tile is None and make:
                    tile = self._tiles[plane, row, column] = _empty(row, column)
                if tile is not None:
                    yield tile, *_shared(tile.box, box)


class Patched:
    """Labels as they were before a journal, as an array to read; a copy of none."""

    def __init__(self, labels: LabelArray, patches: Patches, *, final: bool) -> None:
        self._labels, self._patches, self._final = labels, patches, final
        self.shape: tuple[int, ...] = tuple(labels.shape)
        self.dtype = labels.dtype

    def __getitem__(self, where: tuple[int | slice, ...]) -> AnyLabels:
        """Return a box of a plane."""
        *plane, rows, columns = where
        # A box of one plane is asked for: numbers first, then two slices.
        box: Box = (rows, columns)  # type: ignore[assignment]
        index: PlaneIndex = tuple(plane)  # type: ignore[arg-type]
        ids = read_box(self._labels, index, box)
        return self._patches.over(ids, index, box, final=self._final)


def _empty(row: int, column: int) -> Tile:
    box = (
        slice(row * TILE, (row + 1) * TILE),
        slice(column * TILE, (column + 1) * TILE),
    )
    base, final = (np.zeros((TILE, TILE), np.uint64) for _ in range(2))
    return Tile(box, np.zeros((TILE, TILE), bool), base, final)


def _shared(first: Box, second: Box) -> tuple[Box, Box]:
    """Return the common part of two boxes, in the first and in the second."""
    common = [
        (max(a.start, b.start), min(a.stop, b.stop))
        for a, b in zip(first, second, strict=True)
    ]
    within = [
        tuple(
            slice(start - side.start, stop - side.start)
            for (start, stop), side in zip(common, box, strict=True)
        )
        for box in (first, second)
    ]
    # mypy loses the length of a tuple that is made of a generator.
    return within[0], within[1]  # type: ignore[return-value]
