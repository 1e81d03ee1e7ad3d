"""Classes of pixels counted in blocks: how far a model agrees with the labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.training.blocks import Blocks, Setting
from napari_mobile_unet.unet.card import Decoding
from napari_mobile_unet.unet.classes import class_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.training.class_examples import ClassExample
    from napari_mobile_unet.types import Floats, Reals

FOREGROUNDS = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Probabilities of any class that are tried for the old and the new model."""


@dataclass(frozen=True, eq=False)
class ClassBlocks(Blocks):
    """An example of classes that is kept apart, in blocks counted by themselves."""

    example: ClassExample

    def true_objects(self) -> NDArray[np.int64]:
        """Return (blocks,) 1 for each block with any class in it."""
        there = self._block[self.known & (self.example.labels > 0)]
        size = int(np.prod(self.shape))
        return (np.bincount(there, minlength=size) > 0).astype(np.int64)

    def count(self, maps: Floats, settings: Sequence[Setting]) -> NDArray[np.int64]:
        """Return (settings, blocks, 2 × classes), of each class the known pixels.

        First those where model and labels both have it, then those where either has.

        Parameters
        ----------
        maps : ndarray of float32
            (Y, X, 1 + classes) that a network gives for the example.
        settings : sequence of Setting
            All that are to be counted.
        """
        truth, n_classes = self.example.labels, self.example.n_classes
        blocks, block = int(np.prod(self.shape)), self._block
        result = np.zeros((len(settings), blocks, 2 * n_classes), np.int64)
        for number, setting in enumerate(settings):
            found = class_numbers(maps, setting.decoding)
            for own in range(1, n_classes + 1):
                here, there = found == own, truth == own
                for place, mask in ((0, here & there), (n_classes, here | there)):
                    result[number, :, place + own - 1] = np.bincount(
                        block[mask & self.known], minlength=blocks
                    )
        return result

    @property
    def _block(self) -> NDArray[np.intp]:
        """(Y, X) the number of the block that each pixel lies in."""
        rows, columns = np.indices(self.known.shape) // self.side
        return np.asarray(rows * self.shape[1] + columns)


def class_settings() -> list[Setting]:
    """Return what is tried: each threshold of the background."""
    return [Setting(Decoding(foreground=foreground)) for foreground in FOREGROUNDS]


def ious_of(counts: NDArray[np.int64]) -> Reals:
    """Return the IoU (..., classes) of summed counts (..., 2 × classes).

    NaN of a class that neither the model nor the labels have.
    """
    both, either = np.split(counts, 2, axis=-1)
    return np.where(either > 0, both / np.maximum(either, 1), np.nan)


def mean_iou(counts: NDArray[np.int64]) -> Reals:
    """Return the mean IoU (..., 1) over the classes that are there.

    It is 1 without any.
    """
    ious = ious_of(counts)
    there = np.isfinite(ious)
    total = np.where(there, ious, 0).sum(-1, keepdims=True)
    number = there.sum(-1, keepdims=True)
    return np.asarray(np.where(number > 0, total / np.maximum(number, 1), 1.0))
