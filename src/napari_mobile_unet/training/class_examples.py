"""Planes whose labels are classes of pixels, ready to be cropped."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_mobile_unet.training.examples import Example, image_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_mobile_unet.training.lessons import Lesson
    from napari_mobile_unet.types import Floats, Reals
    from napari_mobile_unet.unet.normalise import Normalisation

UNKNOWN = -1
"""Target of a pixel that nobody looked at."""
CENTRES = 500
"""Pixels of each class that crops may lie around."""
HEAVIEST = 8.0
"""Weight of a rare class over that of the average pixel, at most."""


@dataclass(frozen=True, eq=False)
class ClassExample(Example):
    """One plane whose labels are classes of pixels.

    Its ``targets`` are the class of each pixel (Y, X), `UNKNOWN` where nobody looked;
    its ``diameter`` is NaN, since images are learnt in the size that they have.

    Parameters
    ----------
    weights : ndarray of float32
        (1 + classes,), of an error at a pixel of each.
    """

    weights: Floats

    @property
    def n_classes(self) -> int:
        """How many classes there are, whether this plane has all of them or not."""
        return len(self.weights) - 1

    @cached_property
    def centres(self) -> Reals:
        """(n, 2) x and y of pixels, as many of a rare class as of a frequent one."""
        rng = np.random.default_rng(0)
        places = []
        for number in np.unique(self.labels[self.labels > 0]):
            own = np.flatnonzero(self.labels == number)
            places.append(rng.choice(own, CENTRES))
        flat = np.concatenate(places) if places else np.zeros(0, np.intp)
        rows, columns = np.unravel_index(flat, self.labels.shape)
        return np.stack([columns, rows], axis=1).astype(np.float64)

    def moved(
        self, targets: Floats, move: Callable[[Floats, int], Floats], factor: float
    ) -> Floats:
        """Return targets on another grid; a class is never mixed with another."""
        return move(targets, cv2.INTER_NEAREST)

    def maps_of(self, targets: Floats) -> Floats:
        """Return what is learnt: (Y, X, 2), the class of each pixel, and its weight."""
        numbers = np.maximum(targets, 0).astype(np.intp)
        weight = self.weights[numbers] * (targets != UNKNOWN)
        return np.dstack([numbers, weight]).astype(np.float32)


def class_examples(
    lessons: Sequence[Lesson], normalisation: Normalisation, n_classes: int
) -> list[ClassExample]:
    """Return lessons of classes ready to be cropped.

    A class weighs by the root of how rare it is in all of them, so that it is learnt
    and yet not seen everywhere.
    """
    pixels = np.zeros(n_classes + 1)
    for lesson in lessons:
        labels = lesson.labels[lesson.known]
        pixels += np.bincount(labels, minlength=n_classes + 1)
    shares = pixels / max(pixels.sum(), 1)
    weights = np.where(shares > 0, shares, 1) ** -0.5
    weights = np.minimum(weights / max((weights * shares).sum(), 1e-9), HEAVIEST)
    return [
        ClassExample(
            image=image_of(lesson, normalisation),
            labels=lesson.labels.astype(np.int32),
            targets=np.where(lesson.known, lesson.labels, UNKNOWN).astype(np.float32),
            diameter=float("nan"),
            group=lesson.group,
            weights=weights.astype(np.float32),
        )
        for lesson in lessons
    ]
