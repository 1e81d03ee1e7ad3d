"""Objects counted in blocks: how many of them a model finds, by thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy import ndimage

from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.objects.overlap import iou_matrix
from napari_mobile_unet.unet.card import Decoding
from napari_mobile_unet.unet.confidence import LOW_CONFIDENCE, Calibration
from napari_mobile_unet.unet.decoding import grow_objects
from napari_mobile_unet.unet.segment import MIN_CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.training.examples import Example
    from napari_mobile_unet.types import Floats, Mask, Reals

FOREGROUNDS = (0.4, 0.5, 0.6, 0.7)
"""Foreground probabilities that are tried for the old and the new model."""
SEEDS = (0.1, 0.2, 0.3, 0.5, 0.7)
"""Core distances that are tried."""
RIGHT, TIGHT = 0.5, 0.75
"""IoU with a true object from which an object is right, and its outline too."""
BLOCK = 64
"""Least height and width in pixels of the blocks that are drawn anew."""
DIAMETERS = 3
"""Height and width of a block in diameters of the objects, at least."""
KNOWN = 0.5
"""Share of an object's pixels that must be known for it to count."""


@dataclass(frozen=True)
class Setting:
    """How maps become objects.

    Parameters
    ----------
    decoding : Decoding
        The thresholds.
    calibration : Calibration or None
        Of the confidence, by which doubtful objects are hidden; None shows all.
    """

    decoding: Decoding
    calibration: Calibration | None = None

    def shown(self, features: Reals) -> Mask:
        """Return which objects of an image are shown.

        Parameters
        ----------
        features : ndarray
            (n, features) of `object_features`.
        """
        if self.calibration is None or not len(features):
            return np.ones(len(features), bool)
        confidence = self.calibration.apply(features)
        # As on a plane of many objects, of which this may be a part.
        counted = np.where(confidence >= MIN_CONFIDENCE, confidence, 0)
        doubtful = np.median(counted) < LOW_CONFIDENCE
        return np.asarray(
            confidence >= (LOW_CONFIDENCE if doubtful else MIN_CONFIDENCE)
        )


def settings_of(calibration: Calibration | None) -> list[Setting]:
    """Return what is tried: each pair of thresholds, with the calibration and without.

    Parameters
    ----------
    calibration : Calibration or None
        Of the model that the teaching started from.
    """
    both = [None] if calibration is None else [calibration, None]
    return [
        Setting(Decoding(foreground=foreground, seed=seed), one)
        for one in both
        for foreground in FOREGROUNDS
        for seed in SEEDS
    ]


@dataclass(frozen=True, eq=False)
class Blocks:
    """An example that is kept apart, in blocks that are counted by themselves.

    Parameters
    ----------
    example : Example
        Its labels are 1 to n.
    known : ndarray of bool
        (Y, X), where they are right.
    side : int
        Height and width of a block in pixels.
    """

    example: Example
    known: Mask
    side: int

    @classmethod
    def of(cls, example: Example, known: Mask) -> Self:
        """Return an example in blocks of a few of its objects."""
        side = max(BLOCK, round(DIAMETERS * example.diameter_or(0)))
        return cls(example, known, side)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of blocks."""
        height, width = self.known.shape
        return -(-height // self.side), -(-width // self.side)

    @property
    def halves(self) -> Mask:
        """(blocks,) whether a block is in the first half: like a chessboard."""
        rows, columns = np.indices(self.shape)
        return np.asarray((rows + columns) % 2 == 0).ravel()

    @property
    def watching(self) -> Mask:
        """(blocks,) a third of them, spread over all, with blocks of both halves."""
        rows, columns = np.indices(self.shape)
        return np.asarray((rows + columns) % 3 == 0).ravel()

    def true_objects(self) -> NDArray[np.int64]:
        """Return (blocks,) how many true objects of each count."""
        block, counts = self.places(self.example.labels)
        return np.bincount(block[counts], minlength=int(np.prod(self.shape)))

    def places(self, labels: NDArray[np.integer]) -> tuple[NDArray[np.intp], Mask]:
        """Return the block of each object 1 to n, and whether it counts."""
        ids = np.arange(1, int(labels.max(initial=0)) + 1)
        if not len(ids):
            return np.zeros(0, np.intp), np.zeros(0, bool)
        centres = np.array(ndimage.center_of_mass(labels > 0, labels, ids))
        rows, columns = (centres // self.side).astype(int).T
        counts = ndimage.mean(self.known, labels, ids) >= KNOWN
        return rows * self.shape[1] + columns, np.asarray(counts, bool)

    def count(self, maps: Floats, settings: Sequence[Setting]) -> NDArray[np.int64]:
        """Return (settings, blocks, 3): objects, right and tight pairs in each block.

        Parameters
        ----------
        maps : ndarray of float32
            (Y, X, maps) that a network gives for the example.
        settings : sequence of Setting
            All that are to be counted.
        """
        truth = self.example.labels
        true_block, true_counts = self.places(truth)
        blocks = int(np.prod(self.shape))
        result = np.zeros((len(settings), blocks, 3), np.int64)
        grown: dict[Decoding, tuple[NDArray[np.int32], Reals]] = {}
        for number, setting in enumerate(settings):
            if setting.decoding not in grown:
                grown[setting.decoding] = grow_objects(
                    maps,
                    Objects(),
                    setting.decoding,
                    diameter=self.example.diameter_or(20),
                )
            labels, features = grown[setting.decoding]
            block, counts = self.places(labels)
            counted = counts & setting.shown(features)
            np.add.at(result[number, :, 0], block[counted], 1)
            np.add.at(result[number, :, 0], true_block[true_counts], 1)
            pairs = iou_matrix(labels, truth).tocoo()
            # Above 0.5 an object has one partner at most.
            for place, least in enumerate((RIGHT, TIGHT), start=1):
                good = (pairs.data > least) & counted[pairs.row]
                good &= true_counts[pairs.col]
                np.add.at(result[number, :, place], true_block[pairs.col[good]], 1)
        return result


def precision(counts: NDArray[np.int64]) -> Reals:
    """Return AP (..., 2), at both IoU, of summed counts (..., 3).

    It is 1 without an object.
    """
    objects, pairs = counts[..., :1], counts[..., 1:]
    return np.asarray(np.where(objects > 0, pairs / np.maximum(objects - pairs, 1), 1))
