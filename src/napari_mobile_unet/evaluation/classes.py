"""How well classes of pixels agree with the true ones: IoU and Dice of each class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.objects.labels import check_label_pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

MASK = 255
"""The value of a mask of one class."""


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Scores of the classes 1 to n in one image, or in several.

    Parameters
    ----------
    names : tuple of str
        Of the classes.
    both : ndarray of int
        (images, classes), pixels that are of a class in prediction and truth.
    either : ndarray of int
        (images, classes), pixels that are of a class in one of the two or in both.
    """

    names: tuple[str, ...]
    both: NDArray[np.int64]
    either: NDArray[np.int64]

    @cached_property
    def iou(self) -> dict[str, float]:
        """Name → shared pixels / pixels of either, of all images together.

        NaN of a class that is nowhere.
        """
        return self._share(self.both.sum(0), self.either.sum(0))

    @cached_property
    def dice(self) -> dict[str, float]:
        """Name → 2 |P ∩ T| / (|P| + |T|) of all images together; NaN as for ``iou``."""
        both, either = self.both.sum(0), self.either.sum(0)
        return self._share(2 * both, both + either)

    @property
    def mean_iou(self) -> float:
        """Mean IoU of the classes that are anywhere; 1 where none is."""
        there = [value for value in self.iou.values() if np.isfinite(value)]
        return float(np.mean(there)) if there else 1.0

    def _share(
        self, part: NDArray[np.int64], whole: NDArray[np.int64]
    ) -> dict[str, float]:
        shares = np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
        return dict(zip(self.names, shares.tolist(), strict=True))

    def summary(self) -> dict[str, Any]:
        """Return plain values for JSON; null of a class that is nowhere."""
        iou, dice = (
            {name: value if np.isfinite(value) else None for name, value in own.items()}
            for own in (self.iou, self.dice)
        )
        return {"iou": iou, "mean_iou": self.mean_iou, "dice": dice}


def evaluate_classes(
    predicted: ArrayLike, truth: ArrayLike, names: Sequence[str] = ()
) -> ClassScores:
    """Return how well classes of pixels agree with the true ones.

    Parameters
    ----------
    predicted, truth : array_like of int
        Images of one shape: in each pixel the number of its class, 0 is background.
        A mask, all of whose other values are 255, is of class 1.
    names : sequence of str, optional
        Of the classes 1 to n; "class 1" and so on by default.

    Returns
    -------
    ClassScores
        Of one image.

    Raises
    ------
    ValueError
        If the shapes differ, an image does not hold whole numbers from 0 to 254, or a
        class has no name of its own.

    Examples
    --------
    >>> scores = evaluate_classes([[1, 1, 1, 2, 0]], [[1, 1, 2, 2, 2]])
    >>> {name: round(iou, 2) for name, iou in scores.iou.items()}
    {'class 1': 0.67, 'class 2': 0.33}
    """
    first, second = map(
        _numbers, check_label_pair(*(_whole(each) for each in (predicted, truth)))
    )
    count = int(max(first.max(initial=0), second.max(initial=0)))
    named = tuple(names) or tuple(f"class {n}" for n in range(1, count + 1))
    if len({*named}) < len(named):
        raise ValueError(
            f"each class has a name of its own; received {', '.join(named)}; name them "
            "apart, or leave the names out"
        )
    if count > len(named):
        raise ValueError(
            f"classes have numbers from 1 to {len(named)} ({', '.join(named)}); "
            f"received {count}; name them all, or none"
        )
    table = np.bincount(
        first.ravel().astype(np.intp) * (len(named) + 1) + second.ravel(),
        minlength=(len(named) + 1) ** 2,
    ).reshape(len(named) + 1, -1)
    both = np.diagonal(table)[1:]
    either = table.sum(0)[1:] + table.sum(1)[1:] - both
    return ClassScores(named, both[None], either[None])


def pool_classes(scores: Sequence[ClassScores]) -> ClassScores:
    """Return the scores of all images together, as of a folder.

    Raises
    ------
    ValueError
        If there is nothing to pool, or the names of two differ.
    """
    if not scores:
        raise ValueError(
            "pooling needs the scores of at least one image, got none; evaluate one"
        )
    longest = max((each.names for each in scores), key=len)
    for each in scores:
        if each.names != longest[: len(each.names)]:
            raise ValueError(
                f"images of one folder have the same classes; received "
                f"{', '.join(each.names)} and {', '.join(longest)}; compare them apart"
            )

    def padded(values: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.pad(values, ((0, 0), (0, len(longest) - values.shape[1])))

    return ClassScores(
        longest,
        np.concatenate([padded(each.both) for each in scores]),
        np.concatenate([padded(each.either) for each in scores]),
    )


def _whole(values: ArrayLike) -> ArrayLike:
    array = np.asarray(values)
    return array.astype(np.uint8) if array.dtype == bool else values


def _numbers(labels: NDArray[Any]) -> NDArray[Any]:
    """Return classes as numbers below `MASK`; a mask becomes class 1."""
    highest = int(labels.max(initial=0))
    if highest == MASK and not np.any((labels > 0) & (labels < MASK)):
        return labels > 0
    if highest >= MASK:
        raise ValueError(
            f"classes have numbers below {MASK}; received {highest}; compare objects "
            "with `evaluate`, without --classes"
        )
    return labels
