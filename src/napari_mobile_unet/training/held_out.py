"""What of the lessons is kept apart, to tell whether the model is better for them."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_mobile_unet.later import ndimage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from napari_mobile_unet.training.lessons import Lesson
    from napari_mobile_unet.types import Reals

SHARE = 0.3
"""Of the objects, about."""
SHARES = (0.2, 0.25, 0.3, 0.35, 0.4)
"""Of a plane's height or width that are tried."""
MANY_IMAGES = 4
"""Images from which whole ones are kept apart: that tells more of other images."""
FEWEST = 2
"""Objects on either side of a cut."""
NARROWEST = 48
"""Pixels of a part that is kept apart, and of what is left."""

Box = tuple[slice, slice]


class Divided(NamedTuple):
    """Lessons to learn from, and those that are kept apart; they share no pixel."""

    taught: list[Lesson]
    apart: list[Lesson]


def divide(lessons: Sequence[Lesson]) -> Divided:
    """Return the lessons to learn from, and those to measure on.

    Of many images whole ones are kept apart. Of a few, each is cut in two at the same
    place in all of its planes: objects of neighbouring planes lie over each other.
    Nothing is kept apart where there are too few objects.

    Parameters
    ----------
    lessons : sequence of Lesson
        From all images.
    """
    groups = by_group(lessons)
    taught: list[Lesson] = []
    apart: list[Lesson] = []
    if len(groups) >= MANY_IMAGES:
        able = [g for g, own in groups.items() if any(len(each.ids) for each in own)]
        chosen = spread(able, len(groups))
        for group, own in groups.items():
            (apart if group in chosen else taught).extend(own)
        return Divided(taught, apart)
    for own in groups.values():
        cut = _best_cut(own)
        if cut is None:
            taught += own
            continue
        rest, out = cut
        taught += [each.part(*rest) for each in own]
        apart += [each.part(*out) for each in own]
    return Divided(
        [each for each in taught if each.known.any()],
        [each for each in apart if each.known.any()],
    )


def by_group(lessons: Iterable[Lesson]) -> dict[str, list[Lesson]]:
    """Return the lessons of each image."""
    groups: dict[str, list[Lesson]] = {}
    for lesson in lessons:
        groups.setdefault(lesson.group, []).append(lesson)
    return groups


def spread(able: Sequence[str], number: int) -> set[str]:
    """Return which of some images, spread over them, are kept apart of a number."""
    count = max(1, round(SHARE * number - 0.5))
    places = np.linspace(0, len(able) - 1, count + 2).round().astype(int)[1:-1]
    return {able[place] for place in places}


def _best_cut(lessons: Sequence[Lesson]) -> tuple[Box, Box] | None:
    """Return the parts of an image's planes to learn from, and to keep apart.

    None if no cut leaves enough objects on both sides.
    """
    places = np.concatenate([_centres(lesson) for lesson in lessons])
    best: tuple[float, tuple[Box, Box]] | None = None
    for rest, out in iter_cuts(lessons[0].labels.shape):
        inside = np.ones(len(places), bool)
        for axis, side in enumerate(out):
            inside &= places[:, axis] >= (side.start or 0)
            inside &= places[:, axis] < (side.stop or np.inf)
        count = int(inside.sum())
        if min(count, len(places) - count) < FEWEST:
            continue
        error = abs(count / len(places) - SHARE)
        if best is None or error < best[0]:
            best = error, (rest, out)
    return best[1] if best else None


def iter_cuts(shape: tuple[int, ...]) -> Iterator[tuple[Box, Box]]:
    """Yield what is left of a plane, and what is kept apart, for each cut."""
    everything = slice(0, None)
    for axis, share, first in product((0, 1), SHARES, (False, True)):
        length = shape[axis]
        width = round(share * length)
        if min(width, length - width) < min(NARROWEST, length // 3):
            continue
        end = length - width
        out, rest = slice(end, length), slice(0, end)
        if first:
            out, rest = slice(0, width), slice(width, length)
        if axis == 0:
            yield (rest, everything), (out, everything)
        else:
            yield (everything, rest), (everything, out)


def _centres(lesson: Lesson) -> Reals:
    """Return (n, 2) row and column of the centre of each object that is known."""
    ids = lesson.ids
    places = ndimage.center_of_mass(lesson.labels > 0, lesson.labels, ids)
    return np.array(places).reshape(-1, 2)
