"""Which objects are right, and what is wrong with the others: missed, split, merged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
import scipy

from napari_mobile_unet.evaluation.metrics import THRESHOLDS
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.labels import check_label_pair
from napari_mobile_unet.objects.overlap import overlaps_of, table_of_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from napari_mobile_unet.types import AnyLabels

COVERED = 0.5
"""Share of an object's pixels from which it counts as held by another one."""


class Verdict(IntEnum):
    """What an object, or a pixel of it, is judged to be."""

    MATCHED = 1
    """A predicted and a true object that match."""
    MISSED = 2
    """A true object that nothing predicted stands for."""
    EXTRA = 3
    """A predicted object that stands for nothing true."""
    MERGED = 4
    """A predicted object that holds several true ones, and those."""
    SPLIT = 5
    """A true object that several predicted ones share, and those."""


COLOURS = {
    Verdict.MATCHED: (53, 196, 106),
    Verdict.MISSED: (47, 128, 237),
    Verdict.EXTRA: (242, 201, 76),
    Verdict.MERGED: (235, 87, 87),
    Verdict.SPLIT: (187, 107, 217),
}
"""Red, green and blue of each verdict, 0 to 255: green, blue, yellow, red, violet."""
MEANINGS = {
    Verdict.MATCHED: "matched",
    Verdict.MISSED: "missed",
    Verdict.EXTRA: "extra",
    Verdict.MERGED: "merged",
    Verdict.SPLIT: "split",
}
"""A word for each verdict."""


@dataclass(frozen=True, eq=False)
class Errors:
    """A verdict for each object of two label images, and for their pixels.

    Parameters
    ----------
    predicted, true : dict
        From the id of an object to its verdict.
    labels : ndarray of uint8
        Of the images' shape: the verdict of each pixel, 0 for background.
    """

    predicted: dict[int, Verdict]
    true: dict[int, Verdict]
    merges: int
    """Predicted objects that hold several true ones."""
    splits: int
    """True objects that several predicted ones share."""
    labels: NDArray[np.uint8]

    def summary(self) -> dict[str, int]:
        """Return how many objects are right, and how many wrong in each way.

        Matched, missed and split ones are true objects; extra ones, and those that
        merge others, are predicted.
        """
        true, own = Counter(self.true.values()), Counter(self.predicted.values())
        return {
            MEANINGS[Verdict.MATCHED]: true[Verdict.MATCHED],
            MEANINGS[Verdict.MISSED]: true[Verdict.MISSED],
            MEANINGS[Verdict.EXTRA]: own[Verdict.EXTRA],
            MEANINGS[Verdict.MERGED]: self.merges,
            MEANINGS[Verdict.SPLIT]: self.splits,
        }


def find_errors(
    predicted: ArrayLike, truth: ArrayLike, threshold: float = THRESHOLDS[0]
) -> Errors:
    """Return what is right and wrong with each object of a prediction.

    Objects match as in ``metrics.evaluate``. A predicted object that holds more than
    half of two true ones or more merges them; a true object that holds more than half
    of two predicted ones or more is split. Those of them that match nothing are merged
    or split; what is left is extra, or missed. Where objects match, pixels that only
    one of them has are extra, or missed.

    Parameters
    ----------
    predicted, truth : array_like of int
        Label images of one shape, 0 is background; a stack counts as one image.
    threshold : float
        IoU from which a pair matches.

    Raises
    ------
    ValueError
        If the shapes differ, or an image does not hold whole numbers ≥ 0.

    Examples
    --------
    >>> errors = find_errors([[4, 4, 4, 4, 0, 6]], [[1, 1, 2, 2, 3, 0]])
    >>> {name: count for name, count in errors.summary().items() if count}
    {'matched': 1, 'missed': 1, 'extra': 1, 'merged': 1}
    >>> errors.labels.tolist()
    [[1, 1, 4, 4, 2, 3]]
    """
    first, second = check_label_pair(predicted, truth)
    areas = _areas(first), _areas(second)
    one, other, shared = (column.tolist() for column in overlaps_of(first, second))
    pairs = list(zip(one, other, shared, strict=True))
    holds = Counter(
        own for own, true, pixels in pairs if pixels > COVERED * areas[1][true]
    )
    shares = Counter(
        true for own, true, pixels in pairs if pixels > COVERED * areas[0][own]
    )
    verdicts: tuple[dict[int, Verdict], dict[int, Verdict]] = (
        dict.fromkeys(areas[0], Verdict.EXTRA),
        dict.fromkeys(areas[1], Verdict.MISSED),
    )
    for own, true, pixels in pairs:
        if holds[own] > 1 and pixels > COVERED * areas[1][true]:
            verdicts[0][own] = verdicts[1][true] = Verdict.MERGED
        elif shares[true] > 1 and pixels > COVERED * areas[0][own]:
            verdicts[0][own] = verdicts[1][true] = Verdict.SPLIT
    for own, true in _matched(pairs, areas, threshold):
        verdicts[0][own] = verdicts[1][true] = Verdict.MATCHED
    return Errors(
        *verdicts,
        merges=sum(count > 1 for count in holds.values()),
        splits=sum(count > 1 for count in shares.values()),
        labels=_judged(_pixels(first, verdicts[0]), _pixels(second, verdicts[1])),
    )


def _matched(
    pairs: Sequence[tuple[int, int, int]],
    areas: tuple[dict[int, int], dict[int, int]],
    threshold: float,
) -> list[tuple[int, int]]:
    """Return as many matching pairs as there can be, each object used once."""
    good = [
        (own, true)
        for own, true, pixels in pairs
        if pixels >= threshold * (areas[0][own] + areas[1][true] - pixels)
    ]
    rows = {own: number for number, own in enumerate(areas[0])}
    columns = {true: number for number, true in enumerate(areas[1])}
    if not good:
        return []
    table = table_of_pairs(
        np.ones(len(good), bool),
        [rows[own] for own, _ in good],
        [columns[true] for _, true in good],
        (len(rows), len(columns)),
    )
    partner = scipy.sparse.csgraph.maximum_bipartite_matching(table, perm_type="column")
    found, ids = list(areas[0]), list(areas[1])
    return [(found[row], ids[col]) for row, col in enumerate(partner) if col >= 0]


def _judged(own: NDArray[np.uint8], theirs: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the verdict of pixels by those of their predicted and true objects."""
    found = np.where((own == 0) | (own == Verdict.MATCHED), theirs, own)
    found[(own == Verdict.MATCHED) & (theirs == 0)] = Verdict.EXTRA
    found[(own == 0) & (theirs == Verdict.MATCHED)] = Verdict.MISSED
    return found


def _areas(labels: AnyLabels) -> dict[int, int]:
    ids, counts = np.unique(labels[labels > 0], return_counts=True)
    return dict(zip(ids.tolist(), counts.tolist(), strict=True))


def _pixels(labels: AnyLabels, verdicts: dict[int, Verdict]) -> NDArray[np.uint8]:
    """Return the verdict of each pixel of some labels."""
    rank, ids = pd.factorize(labels.ravel())
    table = np.array([verdicts.get(int(own), 0) for own in ids], np.uint8)
    return np.asarray(table[rank].reshape(labels.shape))
