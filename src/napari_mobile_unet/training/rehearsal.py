"""A few views of what a model was trained on, which go with it.

A model that learns a new kind of image forgets the old ones, unless it sees some of
them again in the meantime (Robins 1995, https://doi.org/10.1080/09540099550039318).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple
from zipfile import BadZipFile

import numpy as np

from napari_mobile_unet.training.crops import CropSampler
from napari_mobile_unet.training.examples import split_stems
from napari_mobile_unet.training.lesson_files import lesson_from, read_pair, values_of
from napari_mobile_unet.training.pairs import find_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from napari_mobile_unet.training.compose import Crop
    from napari_mobile_unet.training.examples import Example
    from napari_mobile_unet.training.job import TrainingJob
    from napari_mobile_unet.training.lessons import Lesson
    from napari_mobile_unet.training.teaching import TeachingJob

VIEW = 256
"""Height and width of a view in pixels, at most."""
JUDGES = 3
"""Every so manieth view is never learnt: it shows what was forgotten all the same."""


class Rehearsal(NamedTuple):
    """Views of the old kinds: those that are learnt again, and those that judge."""

    learnt: list[Lesson]
    judges: list[Lesson]


def rehearsal_of(views: Sequence[Lesson]) -> Rehearsal:
    """Return the views of a model, divided the same way each time."""
    judges = list(views[JUDGES - 1 :: JUDGES])
    learnt = [view for n, view in enumerate(views) if n % JUDGES != JUDGES - 1]
    return Rehearsal(learnt, judges)


@dataclass(frozen=True, eq=False)
class Rehearsing:
    """Draws crops of what is taught, and now and then of what was known before.

    Parameters
    ----------
    taught, known : CropSampler
        Draw crops of the one and of the other.
    share : float
        Of the crops that are known.
    """

    taught: CropSampler
    known: CropSampler
    share: float

    def draw(self, rng: np.random.Generator) -> Crop:
        """Return one crop."""
        known = rng.random() < self.share
        return (self.known if known else self.taught).draw(rng)


def sampler_of(
    job: TeachingJob, taught: Sequence[Example], known: Sequence[Example]
) -> CropSampler | Rehearsing:
    """Return what draws the crops of a teaching, which rehearses what is known."""
    new, old = (
        CropSampler(each, job.crop, job.augmentation, job.architecture.channels)
        for each in (taught, known)
    )
    return Rehearsing(new, old, job.rehearsed) if known else new


def pick_views(job: TrainingJob, count: int) -> list[Lesson]:
    """Return views of a training's images, around an object each.

    Folders take turns, those with more images more often (by the root of their number),
    and no image comes twice.

    Parameters
    ----------
    job : TrainingJob
        Names the images and labels; those of validation and test are left out.
    count : int
        How many, if there are as many images.

    Raises
    ------
    ValueError, OSError
        If there are no pairs, a file cannot be read, or one does not fit its partner.
    """
    pairs = find_pairs(job.images, job.labels).files
    rng = np.random.default_rng(job.seed)
    folders: dict[Path, list[str]] = {}
    for stem in rng.permutation(sorted(split_stems(list(pairs), job)[0])):
        folders.setdefault(pairs[stem][0].parent, []).append(str(stem))
    # The k-th of n images has its turn at k / sqrt(n).
    turns = sorted(
        ((place + 0.5) / len(stems) ** 0.5, number, stem)
        for number, stems in enumerate(folders.values())
        for place, stem in enumerate(stems)
    )
    views: list[Lesson] = []
    for _, number, stem in turns:
        if len(views) == count:
            break
        lessons = [each for each in read_pair(stem, *pairs[stem]) if len(each.ids)]
        if lessons:
            middle = lessons[len(lessons) // 2]
            views.append(replace(_view(middle, rng), group=f"known {number + 1}"))
    return views


def _view(lesson: Lesson, rng: np.random.Generator) -> Lesson:
    """Return a square of a lesson with one of its objects near the middle."""
    y, x = np.nonzero(lesson.labels == rng.choice(lesson.ids))
    boxes = []
    for centre, length in zip((y.mean(), x.mean()), lesson.labels.shape, strict=True):
        start = max(0, min(round(centre) - VIEW // 2, length - VIEW))
        boxes.append(slice(start, start + VIEW))
    return replace(lesson.part(*boxes), plane=())


def write_views(path: Path, views: Iterable[Lesson]) -> None:
    """Write the views of a model into one new file."""
    arrays = {
        f"{number:03}/{name}": values
        for number, view in enumerate(views)
        for name, values in values_of(view).items()
    }
    with path.open("xb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def read_views(path: Path) -> list[Lesson]:
    """Return what `write_views` wrote.

    Raises
    ------
    ValueError
        If the file is damaged.
    OSError
        If it cannot be read.
    """
    try:
        # NumPy leaves a file open that is none of its own.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            numbers = sorted({name.partition("/")[0] for name in held.files})
            return [
                lesson_from(
                    {
                        name.partition("/")[2]: held[name]
                        for name in held.files
                        if name.startswith(f"{number}/")
                    }
                )
                for number in numbers
            ]
    except (BadZipFile, EOFError, KeyError) as error:
        raise ValueError(
            f"what a model rehearses must be a whole file of its views; {path} is not; "
            "copy the model again"
        ) from error
