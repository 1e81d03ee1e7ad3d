"""How well predicted objects match true ones: AP over IoU, panoptic quality, Dice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.objects.labels import check_label_pair
from napari_mobile_unet.objects.overlap import iou_matrix, matches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike


THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
"""IoU from which a pair counts as a match."""


@dataclass(frozen=True)
class Counts:
    """Counts of one image; two add up to the counts of both images.

    Parameters
    ----------
    n_true, n_predicted : int
        Objects.
    tp : tuple of int
        Matched pairs at each of ``THRESHOLDS``.
    matched_iou : float
        Sum of the IoU of all pairs with IoU > 0.5; at most one for each object.
    overlap : int
        Pixels in both foregrounds.
    foreground : int
        Pixels of the predicted foreground plus pixels of the true one.
    """

    n_true: int
    n_predicted: int
    tp: tuple[int, ...]
    matched_iou: float
    overlap: int
    foreground: int

    def __add__(self, other: Counts) -> Counts:
        """Return the counts of both images together."""
        return Counts(
            self.n_true + other.n_true,
            self.n_predicted + other.n_predicted,
            tuple(map(add, self.tp, other.tp)),
            self.matched_iou + other.matched_iou,
            self.overlap + other.overlap,
            self.foreground + other.foreground,
        )

    @property
    def ap(self) -> tuple[float, ...]:
        """TP / (TP + FP + FN) at each of ``THRESHOLDS``; 1 without any object."""
        objects = self.n_true + self.n_predicted
        return tuple(tp / (objects - tp) if objects else 1.0 for tp in self.tp)

    @property
    def panoptic_quality(self) -> float:
        """Sum of matched IoU / (TP + FP/2 + FN/2); 1 without any object."""
        objects = self.n_true + self.n_predicted
        return 2 * self.matched_iou / objects if objects else 1.0

    @property
    def dice(self) -> float:
        """2 |P ∩ T| / (|P| + |T|) of the foregrounds; 1 where both are empty."""
        return 2 * self.overlap / self.foreground if self.foreground else 1.0


@dataclass(frozen=True)
class Scores:
    """Scores of one image, or of a folder of images.

    Parameters
    ----------
    images : tuple of Counts
        The counts of each image, at least one.
    """

    images: tuple[Counts, ...]

    @cached_property
    def total(self) -> Counts:
        """The counts of all images summed: what the pooled scores come from."""
        return reduce(add, self.images)

    @cached_property
    def ap(self) -> dict[float, float]:
        """IoU threshold → AP of each image, averaged over the images."""
        means = np.mean([image.ap for image in self.images], axis=0)
        return dict(zip(THRESHOLDS, means.tolist(), strict=True))

    @cached_property
    def ap_pooled(self) -> dict[float, float]:
        """IoU threshold → AP of the summed counts; large images weigh more."""
        return dict(zip(THRESHOLDS, self.total.ap, strict=True))

    @property
    def panoptic_quality(self) -> float:
        """Panoptic quality of each image, averaged over the images."""
        return float(np.mean([image.panoptic_quality for image in self.images]))

    @property
    def dice(self) -> float:
        """Dice of each image's foreground, averaged over the images."""
        return float(np.mean([image.dice for image in self.images]))

    @property
    def n_true(self) -> int:
        """True objects in all images."""
        return self.total.n_true

    @property
    def n_predicted(self) -> int:
        """Predicted objects in all images."""
        return self.total.n_predicted

    @property
    def tp(self) -> dict[float, int]:
        """IoU threshold → matched pairs in all images."""
        return dict(zip(THRESHOLDS, self.total.tp, strict=True))

    @property
    def fp(self) -> dict[float, int]:
        """IoU threshold → predicted objects without a match, in all images."""
        return {iou: self.n_predicted - tp for iou, tp in self.tp.items()}

    @property
    def fn(self) -> dict[float, int]:
        """IoU threshold → true objects without a match, in all images."""
        return {iou: self.n_true - tp for iou, tp in self.tp.items()}

    def summary(self) -> dict[str, Any]:
        """Return the scores as plain values for JSON; IoU keys read "0.50"."""
        return {
            "ap": {f"{iou:.2f}": ap for iou, ap in self.ap.items()},
            "ap_pooled": {f"{iou:.2f}": ap for iou, ap in self.ap_pooled.items()},
            "panoptic_quality": self.panoptic_quality,
            "dice": self.dice,
            "n_true": self.n_true,
            "n_predicted": self.n_predicted,
        }


def evaluate(predicted: ArrayLike, truth: ArrayLike) -> Scores:
    """Return how well predicted objects match the true ones.

    A predicted and a true object match when their IoU ≥ t, each used at most
    once, so that as many as possible match. AP(t) = TP / (TP + FP + FN), as in
    the 2018 Data Science Bowl [1]_; panoptic quality takes pairs with IoU > 0.5
    [2]_; Dice compares the foregrounds.

    Parameters
    ----------
    predicted, truth : array_like of int
        Label images of one shape, 0 is background. A stack counts as one image:
        an id is one object wherever it occurs, so a Z-stack is compared by
        volumes. If its ids are not linked from plane to plane, evaluate the planes
        one by one and ``pool`` them.

    Returns
    -------
    Scores
        With one image in it.

    Raises
    ------
    ValueError
        If the shapes differ, or an image does not hold whole numbers ≥ 0.

    References
    ----------
    .. [1] Caicedo et al. (2019), Nature Methods 16, 1247-1253.
    .. [2] Kirillov et al. (2019), Panoptic Segmentation, CVPR, 9404-9413.

    Examples
    --------
    >>> truth = np.array([[1, 1, 1, 1, 0, 2, 2]])
    >>> predicted = np.array([[5, 5, 5, 0, 0, 0, 0]])
    >>> scores = evaluate(predicted, truth)
    >>> scores.ap[0.5], scores.ap[0.75], scores.ap[0.8]
    (0.5, 0.5, 0.0)
    """
    first, second = check_label_pair(predicted, truth)
    iou = iou_matrix(first, second)
    n_predicted, n_true = iou.shape
    counts = Counts(
        n_true=n_true,
        n_predicted=n_predicted,
        tp=tuple(matches(iou, threshold) for threshold in THRESHOLDS),
        matched_iou=float(iou.data[iou.data > 0.5].sum()),
        overlap=int(np.count_nonzero((first > 0) & (second > 0))),
        foreground=int(np.count_nonzero(first) + np.count_nonzero(second)),
    )
    return Scores((counts,))


def pool(scores: Sequence[Scores]) -> Scores:
    """Return the scores of all images together, as of a folder.

    Raises
    ------
    ValueError
        If there is nothing to pool.
    """
    if not scores:
        raise ValueError(
            "pooling needs the scores of at least one image, got none; evaluate one"
        )
    return Scores(tuple(image for each in scores for image in each.images))
