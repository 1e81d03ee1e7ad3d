"""Is the taught model better? Chosen and judged by what it was not taught with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_mobile_unet.later import ndimage
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.objects.overlap import iou_matrix
from napari_mobile_unet.training.blocks import RIGHT
from napari_mobile_unet.training.subject import OBJECTS
from napari_mobile_unet.unet.card import GateRecord
from napari_mobile_unet.unet.confidence import LOW_CONFIDENCE, Calibration
from napari_mobile_unet.unet.decoding import grow_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.training.blocks import Blocks, Setting
    from napari_mobile_unet.training.subject import Subject
    from napari_mobile_unet.types import Floats, Mask, Reals
    from napari_mobile_unet.unet.card import Decoding

DRAWS = 2000
"""Draws of the bootstrap."""
SURE = 0.9
"""Share of the draws that the interval of the difference holds."""
FEWEST = 8
"""True objects kept apart below which nothing can be told."""
ENOUGH = 60
"""True objects kept apart of which a third is spared for choosing the weights."""
SURELY_SHOWN = LOW_CONFIDENCE + 0.05
"""Least median of the confidence that a taught model gets: below `LOW_CONFIDENCE` its
objects would be hidden, and it was measured with all of them."""


def best(scores: Reals, smooth: tuple[int, ...]) -> int:
    """Return the number of the best of several settings, not by chance alone.

    Parameters
    ----------
    scores : ndarray
        (settings, scores), of which the sum decides.
    smooth : tuple of int
        The settings as a grid, whose last two axes are neighbours: a score counts as
        the mean of itself and those beside it.
    """
    size = (1,) * (len(smooth) - 2) + (3, 3)
    grid = scores.sum(-1).reshape(smooth)
    return int(ndimage.uniform_filter(grid, size, mode="nearest").argmax())


class Chosen(NamedTuple):
    """What is taken of the new model, and how it compares."""

    share: float
    """Of the way from the old weights to the new ones."""
    setting: Setting
    record: GateRecord


@dataclass(frozen=True, eq=False)
class Gate:
    """What was counted for the old model, and for those on the way to the new one.

    Parameters
    ----------
    shares : sequence of float
        Of the way from the old weights (0) to the new ones (1); the first is 0 if
        there is an old model.
    settings : sequence of Setting
        Of `settings_of`.
    counts : ndarray of int
        (shares, settings, blocks, counts), as the blocks count.
    halves : ndarray of bool
        (blocks,), by which of them the settings are chosen for the others.
    as_is : ndarray of int
        (blocks, counts), of the old model with its own thresholds; zeros without one.
    n_true : int
        True objects that count.
    watched : bool
        Whether the new weights were chosen by other blocks.
    subject : Subject
        What is counted, objects or classes.
    """

    shares: Sequence[float]
    settings: Sequence[Setting]
    counts: NDArray[np.int64]
    halves: Mask
    as_is: NDArray[np.int64]
    n_true: int
    watched: bool = False
    subject: Subject = OBJECTS

    @cached_property
    def _grid(self) -> tuple[int, ...]:
        kinds = len(self.settings) // int(np.prod(self.subject.grid))
        return kinds, *self.subject.grid

    def _crossed(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (blocks, counts), each half with the setting best for the other.

        What was chosen by a block would flatter it.
        """
        result = np.zeros(counts.shape[1:], np.int64)
        grid = (len(counts) // len(self.settings), *self._grid)
        for half in (self.halves, ~self.halves):
            chosen = best(self.subject.score(counts[:, ~half].sum(1)), grid)
            result[half] = counts[chosen, half]
        return result

    def choose(self, seed: int = 0) -> Chosen:
        """Return what to take, and whether it is better than the old model."""
        flat = self.counts.reshape(-1, *self.counts.shape[2:])
        scores = self.subject.score(flat.sum(1))
        number = best(scores, (len(self.shares), *self._grid))
        share = self.shares[number // len(self.settings)]
        setting = self.settings[number % len(self.settings)]
        has_old = self.shares[0] == 0
        new = self._crossed(flat)
        old = self._crossed(self.counts[0]) if has_old else np.zeros_like(new)
        low, high = self._interval(old, new, seed)
        sums = [self.subject.score(each.sum(0)) for each in (self.as_is, old, new)]
        as_is, old_ap, new_ap = (float(each[0]) for each in sums)
        return Chosen(
            share,
            setting,
            GateRecord(
                verdict=self._verdict(has_old, low, high),
                measure=self.subject.measure,
                objects=self.n_true,
                ious=self.subject.ious(new.sum(0)),
                old_ap=as_is if has_old else None,
                old_tuned_ap=old_ap if has_old else None,
                new_ap=new_ap,
                gain_low=low if has_old else None,
                gain_high=high if has_old else None,
                share=share,
                apart_from_choice=self.watched,
            ),
        )

    def _interval(
        self, old: NDArray[np.int64], new: NDArray[np.int64], seed: int
    ) -> tuple[float, float]:
        """Return between which gains most draws of the blocks lie."""
        if not len(old):
            return 0.0, 0.0
        rng = np.random.default_rng(seed)
        drawn = rng.integers(0, len(old), (DRAWS, len(old)))
        gains = [self.subject.score(each[drawn].sum(1))[:, 0] for each in (old, new)]
        low, high = np.quantile(gains[1] - gains[0], ((1 - SURE) / 2, (1 + SURE) / 2))
        return float(low), float(high)

    def _verdict(self, has_old: bool, low: float, high: float) -> str:
        if self.n_true < FEWEST or not self.halves.any() or self.halves.all():
            return "too few"
        if not has_old:
            return "new"
        if low > 0:
            return "better"
        return "worse" if high < 0 else "no difference"


def watched_of(parts: Sequence[Blocks]) -> list[Mask] | None:
    """Return the blocks of each part by which the new weights are chosen.

    None if there are fewer than `ENOUGH` objects: all of them choose then.
    """
    if sum(int(part.true_objects().sum()) for part in parts) < ENOUGH:
        return None
    return [part.watching for part in parts]


def gate_of(
    parts: Sequence[Blocks],
    maps: Iterable[tuple[float, Sequence[Floats]]],
    settings: Sequence[Setting],
    own: Setting | None,
    watched: Sequence[Mask] | None = None,
    subject: Subject = OBJECTS,
) -> Gate:
    """Return what was counted.

    Parameters
    ----------
    parts : sequence of Blocks
        What was kept apart, at least one.
    maps : iterable
        The shares of the way to the new weights in rising order, and the maps of each
        part at each.
    settings : sequence of Setting
        All that are tried.
    own : Setting or None
        That of the old model, if there is one.
    watched : sequence of ndarray, optional
        (blocks,) of each part, by which of them the new weights were chosen: those do
        not count. By all of them unless given, which flatters the new model a little.
    subject : Subject
        What the parts hold.
    """
    shares, counts = [], []
    as_is = None
    n_blocks = sum(int(np.prod(part.shape)) for part in parts)
    judging = ~np.concatenate(watched) if watched else np.ones(n_blocks, bool)
    n_true = np.concatenate([part.true_objects() for part in parts])
    for share, found in maps:
        shares.append(share)
        of_parts = zip(parts, found, strict=True)
        both = [part.count(each, settings) for part, each in of_parts]
        counts.append(np.concatenate(both, axis=1))
        if share == 0 and own is not None:
            of_parts = zip(parts, found, strict=True)
            as_is = np.concatenate(
                [part.count(each, [own])[0] for part, each in of_parts]
            )
    if as_is is None:
        as_is = np.zeros_like(counts[0][0])
    return Gate(
        shares=shares,
        settings=settings,
        counts=np.stack(counts)[:, :, judging],
        halves=np.concatenate([part.halves for part in parts])[judging],
        as_is=as_is[judging],
        n_true=int(n_true[judging].sum()),
        watched=watched is not None,
        subject=subject,
    )


def calibration_of(
    parts: Sequence[Blocks], maps: Sequence[Floats], decoding: Decoding
) -> Calibration | None:
    """Return a calibration for a model whose objects were all shown.

    The log odds of the mean foreground are shifted until their median is the share of
    objects that are right, with one more of each kind (Laplace), but `SURELY_SHOWN` at
    least. None if it found nothing.

    Parameters
    ----------
    parts : sequence of Blocks
        What was kept apart.
    maps : sequence of ndarray
        That the model gives for each.
    decoding : Decoding
        Its thresholds.
    """
    odds: list[float] = []
    right = 0
    for part, own in zip(parts, maps, strict=True):
        labels, features = grow_objects(
            own, Objects(), decoding, diameter=part.example.diameter_or(20)
        )
        counts = part.places(labels)[1]
        odds += features[counts, 0].tolist()
        pairs = iou_matrix(labels, part.example.labels).tocoo()
        right += int((counts[pairs.row] & (pairs.data > RIGHT)).sum())
    if not odds:
        return None
    share = max((right + 1) / (len(odds) + 2), SURELY_SHOWN)
    shift = float(np.log(share / (1 - share)) - np.median(odds))
    return Calibration(intercept=shift, weights=(1.0,))
