"""Which part of lessons of classes is kept apart: some of every class, if possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.training.held_out import (
    MANY_IMAGES,
    SHARE,
    Divided,
    by_group,
    iter_cuts,
    spread,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.training.held_out import Box
    from napari_mobile_unet.training.lessons import Lesson

MOST = 0.6
"""Share of the pixels of a class that may be kept apart: the rest is learnt."""


def divide_classes(lessons: Sequence[Lesson], n_classes: int) -> Divided:
    """Return the lessons to learn from, and those that are kept apart.

    Of many images whole ones, else a strip at one side of all planes of each image, as
    for objects. A class that would be lost to the learning is not kept apart.

    Parameters
    ----------
    lessons : sequence of Lesson
        From all images.
    n_classes : int
        How many classes there are.
    """
    groups = by_group(lessons)
    taught: list[Lesson] = []
    apart: list[Lesson] = []
    if len(groups) >= MANY_IMAGES:
        pixels = {name: _pixels(own, n_classes) for name, own in groups.items()}
        chosen = spread(list(groups), len(groups))
        left = sum(own for name, own in pixels.items() if name not in chosen)
        lost = np.asarray(left) == 0
        chosen = {name for name in chosen if not pixels[name][lost].any()}
        for name, own in groups.items():
            (apart if name in chosen else taught).extend(own)
        return Divided(taught, apart)
    for own in groups.values():
        cut = _best_cut(own, n_classes)
        taught += own if cut is None else [each.part(*cut[0]) for each in own]
        apart += [] if cut is None else [each.part(*cut[1]) for each in own]
    return Divided(
        [each for each in taught if each.known.any()],
        [each for each in apart if (each.known & (each.labels > 0)).any()],
    )


def _best_cut(lessons: Sequence[Lesson], n_classes: int) -> tuple[Box, Box] | None:
    """Return the parts of an image's planes to learn from, and to keep apart.

    None if every cut takes most of a class away.
    """
    whole = _pixels(lessons, n_classes)
    best: tuple[float, tuple[Box, Box]] | None = None
    for rest, out in iter_cuts(lessons[0].labels.shape):
        own = _pixels([each.part(*out) for each in lessons], n_classes)
        shares = own[whole > 0] / whole[whole > 0]
        if not shares.size or shares.max() > MOST:
            continue
        error = float(np.abs(shares - SHARE).max())
        if best is None or error < best[0]:
            best = error, (rest, out)
    return best[1] if best else None


def _pixels(lessons: Iterable[Lesson], n_classes: int) -> NDArray[np.int64]:
    """Return how many known pixels each class has, background first."""
    total = np.zeros(n_classes + 1, np.int64)
    for lesson in lessons:
        total += np.bincount(lesson.labels[lesson.known], minlength=n_classes + 1)
    return total
