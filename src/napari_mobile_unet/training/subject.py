"""What labels stand for, objects or classes of pixels: how these are taught and told.

Both are learnt, stopped, compared and saved in one way; what differs is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from napari_mobile_unet.training.blocks import (
    FOREGROUNDS,
    SEEDS,
    Blocks,
    precision,
    settings_of,
)
from napari_mobile_unet.training.class_blocks import (
    FOREGROUNDS as OF_BACKGROUND,
)
from napari_mobile_unet.training.class_blocks import (
    ClassBlocks,
    class_settings,
    ious_of,
    mean_iou,
)
from napari_mobile_unet.training.class_division import divide_classes
from napari_mobile_unet.training.class_examples import class_examples
from napari_mobile_unet.training.examples import example_of
from napari_mobile_unet.training.held_out import divide

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from napari_mobile_unet.training.blocks import Setting
    from napari_mobile_unet.training.examples import Example
    from napari_mobile_unet.training.held_out import Divided
    from napari_mobile_unet.training.lessons import Lesson
    from napari_mobile_unet.types import Reals
    from napari_mobile_unet.unet.card import Architecture, Measure
    from napari_mobile_unet.unet.confidence import Calibration
    from napari_mobile_unet.unet.normalise import Normalisation


@dataclass(frozen=True)
class OfObjects:
    """Objects, each with an id of its own."""

    measure: ClassVar[Measure] = "AP at IoU 0.5"
    """By which it is told how good a model is."""
    grid: ClassVar[tuple[int, int]] = len(FOREGROUNDS), len(SEEDS)
    """Of the thresholds that are tried, as neighbours."""

    def divide(self, lessons: Sequence[Lesson]) -> Divided:
        """Return them with about as many objects apart as are good."""
        return divide(lessons)

    def examples(
        self, lessons: Iterable[Lesson], normalisation: Normalisation
    ) -> list[Example]:
        """Return lessons of objects."""
        return [example_of(lesson, normalisation) for lesson in lessons]

    def blocks(
        self, lessons: Iterable[Lesson], normalisation: Normalisation
    ) -> list[Blocks]:
        """Return lessons of objects in blocks."""
        return [
            Blocks.of(example_of(lesson, normalisation), lesson.known)
            for lesson in lessons
        ]

    def count(self, examples: Sequence[Example]) -> int:
        """Return how many objects there are."""
        return sum(example.n_objects for example in examples)

    def settings(self, calibration: Calibration | None) -> list[Setting]:
        """Return pairs of thresholds, with the calibration and without."""
        return settings_of(calibration)

    def score(self, counts: NDArray[np.int64]) -> Reals:
        """Return AP (..., 2) at both IoU."""
        return precision(counts)

    def ious(self, counts: NDArray[np.int64]) -> tuple[float | None, ...]:
        """Return nothing: objects have no classes."""
        return ()


@dataclass(frozen=True)
class OfClasses:
    """Classes of pixels, each with the same number everywhere."""

    n_classes: int
    measure: ClassVar[Measure] = "mean IoU"
    grid: ClassVar[tuple[int, int]] = 1, len(OF_BACKGROUND)

    def divide(self, lessons: Sequence[Lesson]) -> Divided:
        """Return them with some pixels of each class apart."""
        return divide_classes(lessons, self.n_classes)

    def examples(
        self, lessons: Iterable[Lesson], normalisation: Normalisation
    ) -> Sequence[Example]:
        """Return lessons of classes."""
        return class_examples(list(lessons), normalisation, self.n_classes)

    def blocks(
        self, lessons: Iterable[Lesson], normalisation: Normalisation
    ) -> list[ClassBlocks]:
        """Return lessons of classes in blocks."""
        kept = list(lessons)
        examples = class_examples(kept, normalisation, self.n_classes)
        return [
            ClassBlocks.of(example, lesson.known)
            for example, lesson in zip(examples, kept, strict=True)
        ]

    def count(self, examples: Sequence[Example]) -> int:
        """Return 0: there are no objects."""
        return 0

    def settings(self, calibration: Calibration | None) -> list[Setting]:
        """Return thresholds of the background."""
        return class_settings()

    def score(self, counts: NDArray[np.int64]) -> Reals:
        """Return the mean IoU (..., 1)."""
        return mean_iou(counts)

    def ious(self, counts: NDArray[np.int64]) -> tuple[float | None, ...]:
        """Return the IoU of each class, None of one that is nowhere."""
        ious = ious_of(counts).tolist()
        return tuple(iou if iou == iou else None for iou in ious)


Subject = OfObjects | OfClasses
OBJECTS = OfObjects()


def subject_of(architecture: Architecture) -> Subject:
    """Return what a network finds."""
    count = len(architecture.classes)
    return OfClasses(count) if count else OBJECTS
