"""Annotated planes: read from pairs of images and labels, ready to be cropped."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import skimage

from napari_mobile_unet.evaluation.labels import read_labels
from napari_mobile_unet.images.pixels import luminance
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.later import ndimage
from napari_mobile_unet.training.augment import grey
from napari_mobile_unet.training.compose import is_bright
from napari_mobile_unet.training.lessons import numbered
from napari_mobile_unet.training.pairs import find_pairs
from napari_mobile_unet.training.targets import maps_of, moved_targets, targets_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_mobile_unet.training.job import TrainingJob
    from napari_mobile_unet.training.lessons import Lesson
    from napari_mobile_unet.types import Floats, Labels, Reals
    from napari_mobile_unet.unet.normalise import Normalisation


@dataclass(frozen=True, eq=False)
class Example:
    """One annotated plane, ready to be cropped.

    Parameters
    ----------
    image : ndarray
        (Y, X, channels), float32; each channel normalised.
    labels : ndarray
        (Y, X), int32, 0 is background.
    targets : ndarray
        (Y, X, 4), float32, of ``targets_of``.
    diameter : float
        Median diameter of its objects in pixels; NaN where it has none.
    group : str
        Kind of image; groups are drawn evenly (by the root of their size).
    """

    image: Floats
    labels: Labels
    targets: Floats
    diameter: float
    group: str

    @property
    def n_objects(self) -> int:
        """Number of objects."""
        return len(np.unique(self.labels[self.labels > 0]))

    @cached_property
    def bright(self) -> bool:
        """Whether the objects are brighter than their background."""
        return is_bright(self.grey, self.labels > 0)

    @cached_property
    def centres(self) -> Reals:
        """(n, 2) x and y of the centre of each object."""
        ids = np.unique(self.labels[self.labels > 0])
        places = ndimage.center_of_mass(self.labels > 0, self.labels, ids)
        return np.array(places).reshape(-1, 2)[:, ::-1]

    @property
    def grey(self) -> Floats:
        """The image as one channel (Y, X), as prediction would see it."""
        return grey(self.image)

    def moved(
        self, targets: Floats, move: Callable[[Floats, int], Floats], factor: float
    ) -> Floats:
        """Return targets on another grid, whose pixels are smaller by a factor.

        ``move`` takes them there; its second argument is OpenCV's interpolation.
        """
        return moved_targets(targets, move, factor)

    def maps_of(self, targets: Floats) -> Floats:
        """Return what is learnt of targets on the grid of a crop."""
        return maps_of(targets)

    def diameter_or(self, default: float) -> float:
        """Return the diameter; the default where there are no objects."""
        return self.diameter if np.isfinite(self.diameter) else default


def split_stems(stems: list[str], job: TrainingJob) -> tuple[list[str], list[str]]:
    """Return the stems to train on and those to validate on.

    Stems of the fold "test" are in neither of them.
    """
    if job.folds:
        validation = set(job.folds.get("validation", ()))
        out = validation | set(job.folds.get("test", ()))
        return [s for s in stems if s not in out], [s for s in stems if s in validation]
    shuffled = list(np.random.default_rng(job.seed).permutation(sorted(stems)))
    count = int(len(stems) * job.validation_share)
    return sorted(shuffled[count:]), sorted(shuffled[:count])


def read_examples(job: TrainingJob) -> tuple[list[Example], list[Example]]:
    """Return the training and the validation examples of a job.

    Raises
    ------
    ValueError, OSError
        If a file cannot be read, or an image and its labels differ in shape.
    """
    pairs = find_pairs(job.images, job.labels).files
    training, validation = split_stems(list(pairs), job)
    if not training:
        raise ValueError(
            f"training needs an image outside the folds 'validation' and 'test'; "
            f"all {len(pairs)} are in them; shorten the folds"
        )
    return (
        [example for stem in training for example in _read(*pairs[stem], job)],
        [example for stem in validation for example in _read(*pairs[stem], job)],
    )


def _read(image_path: Path, labels_path: Path, job: TrainingJob) -> list[Example]:
    """Return one example for each plane of a file."""
    image = read_stack(image_path)
    labels = read_labels(labels_path, beside=image)
    if (image.n_planes, image.plane_shape) != (labels.n_planes, labels.plane_shape):
        raise ValueError(
            f"an image and its labels must have one shape; {image_path} has "
            f"{image.n_planes} planes of {image.plane_shape}, {labels_path} has "
            f"{labels.n_planes} of {labels.plane_shape}; crop or resize one of them"
        )
    examples = []
    for number in range(image.n_planes):
        plane = image.plane(number)
        channels = plane if plane.ndim == 3 else plane[..., None]
        there, seen = image.sizes.get("C", 0), len(job.channel_names)
        if seen and there != seen:
            raise ValueError(
                f"the network sees {seen} channels side by side "
                f"({', '.join(job.channel_names)}); {image_path} has {there or 'one'}; "
                "leave it out"
            )
        ids = labels.plane(number)
        if not np.issubdtype(ids.dtype, np.integer) or ids.ndim != 2:
            raise ValueError(
                f"labels must be one channel of whole numbers, 0 for background; "
                f"received {ids.dtype} of shape {ids.shape} in {labels_path}"
            )
        # Ids may be any numbers; the targets are computed faster for small ones.
        ids = skimage.segmentation.relabel_sequential(np.array(ids))[0].astype(np.int32)
        examples.append(
            Example(
                image=_normalise(channels, job),
                labels=ids,
                targets=targets_of(ids),
                diameter=_median_diameter(ids),
                group=str(image_path.parent),
            )
        )
    return examples


def example_of(lesson: Lesson, normalisation: Normalisation) -> Example:
    """Return a lesson ready to be cropped; of its labels only the known ones count."""
    # A part of a plane lacks some ids, and what is counted has none missing.
    known_labels = numbered(np.where(lesson.known, lesson.labels, 0))
    return Example(
        image=image_of(lesson, normalisation),
        labels=known_labels,
        # The gap to a neighbour that nobody has looked at is a better guess than none.
        targets=targets_of(lesson.labels, lesson.known),
        diameter=_median_diameter(known_labels),
        group=lesson.group,
    )


def image_of(lesson: Lesson, normalisation: Normalisation) -> Floats:
    """Return the image of a lesson (Y, X, channels) as a network sees it."""
    if lesson.channels:
        return normalisation.apply_to_each(lesson.image, lesson.limits)
    return normalisation.apply(np.atleast_3d(lesson.image), lesson.limits)


def _normalise(image: NDArray[np.generic], job: TrainingJob) -> Floats:
    """Return (Y, X, channels) scaled by the limits of its grey values.

    Colours share the limits, since stains differ by their balance; channels that the
    job names do not.
    """
    if job.channel_names:
        limits = job.normalisation.limits_of_each(image)
        return job.normalisation.apply_to_each(image, limits)
    colours = image.shape[-1] == 3
    grey = luminance(image) if colours else image.mean(-1)
    return job.normalisation.apply(image, job.normalisation.limits(grey))


def _median_diameter(labels: NDArray[np.integer]) -> float:
    """Return the median diameter in pixels of the discs of the objects' areas."""
    areas = np.unique(labels[labels > 0], return_counts=True)[1]
    return float(np.median(2 * np.sqrt(areas / np.pi))) if len(areas) else float("nan")
