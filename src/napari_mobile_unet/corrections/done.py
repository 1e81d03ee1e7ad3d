"""What a step, an undo or a redo did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari_mobile_unet.corrections.change import Box, PlaneIndex
    from napari_mobile_unet.corrections.history import Entry
    from napari_mobile_unet.corrections.step import Step


@dataclass(frozen=True)
class Done:
    """What a step, an undo or a redo did; enough to show just that anew.

    Parameters
    ----------
    entry : Entry
        The step, and whether it was undone.
    put_back : tuple of (plane, box)
        Where a stroke ran over locked objects, whose pixels are as they were.
    """

    entry: Entry
    put_back: tuple[tuple[PlaneIndex, Box], ...] = ()

    @property
    def step(self) -> Step:
        """The step."""
        return self.entry.step

    @property
    def text(self) -> str:
        """What it says to a person: "split 14", or "undo of split 14"."""
        return self.entry.text

    @property
    def boxes(self) -> list[tuple[PlaneIndex, Box]]:
        """Planes and boxes whose pixels changed, put back ones included."""
        deltas = self.entry.step.deltas
        return [*((delta.plane, delta.box) for delta in deltas), *self.put_back]

    @property
    def ids(self) -> frozenset[int]:
        """Objects whose pixels changed."""
        changed: set[int] = set()
        for delta in self.entry.step.deltas:
            _, before, after = delta.unpacked()
            changed.update(np.unique(before).tolist(), np.unique(after).tolist())
        return frozenset(changed - {0})
