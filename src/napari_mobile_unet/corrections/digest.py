"""A checksum of labels: the same whatever their type, and however they are stored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.change import iter_blocks, iter_planes, read_box
from napari_mobile_unet.corrections.runs import Runs
from napari_mobile_unet.parallel.cancel import checkpoint

if TYPE_CHECKING:
    from napari_mobile_unet.corrections.change import LabelArray, PlaneIndex


class Digest:
    """The SHA-256 of the runs of labels, which are added plane by plane, row by row.

    Runs are a small part of the pixels, and say the same.
    """

    def __init__(self) -> None:
        self._sum = hashlib.sha256()

    def begin(self, plane: PlaneIndex) -> None:
        """Go on to the next plane."""
        self._sum.update(np.array([-1, *plane], "<i8").tobytes())

    def add(self, runs: Runs) -> None:
        """Take in the runs of the next rows."""
        table = (runs.rows, runs.starts, runs.stops, runs.ids)
        lines = np.stack([column.astype("<i8") for column in table], axis=1)
        self._sum.update(lines.tobytes())

    @property
    def text(self) -> str:
        """The checksum of what was added, in hexadecimal."""
        return self._sum.hexdigest()


def digest_of(labels: LabelArray) -> str:
    """Return the checksum of labels (..., Y, X), read in parts."""
    digest = Digest()
    for plane in iter_planes(labels.shape):
        digest.begin(plane)
        for box in iter_blocks(labels.shape):
            checkpoint()
            digest.add(Runs.of(read_box(labels, plane, box), (box[0].start, 0)))
    return digest.text
