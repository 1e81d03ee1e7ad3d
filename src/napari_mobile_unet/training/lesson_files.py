"""Lessons on disk: read from folders, and handed to the process that learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.evaluation.labels import read_labels
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.training.lessons import Lesson, lessons_of
from napari_mobile_unet.training.pairs import find_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_mobile_unet.types import Channel


def read_lessons_of(
    images: str, labels: str, channel: Channel | None = None, *, classes: bool = False
) -> list[Lesson]:
    """Return what can be taught with folders of images and labels, which are all right.

    Parameters
    ----------
    images, labels : str
        As for `find_pairs`.
    channel : int, "mean", "max" or "all", optional
        Of images that have several.
    classes : bool
        As for `lessons_of`.

    Raises
    ------
    ValueError, OSError
        If there are no pairs, a file cannot be read, or one does not fit its partner.
    """
    pairs = find_pairs(images, labels).files
    return [
        lesson
        for stem, (image, own) in pairs.items()
        for lesson in read_pair(stem, image, own, channel, classes=classes)
    ]


def read_pair(
    stem: str,
    image_path: Path,
    labels_path: Path,
    channel: Channel | None = None,
    *,
    classes: bool = False,
) -> list[Lesson]:
    """Return what can be taught with one file of images and that of its labels.

    Raises
    ------
    ValueError, OSError
        If a file cannot be read, or they do not fit each other.
    """
    image = read_stack(image_path).squeeze()
    image = image if channel is None else image.channel(channel)
    if "C" in image.axes and channel != "all":
        raise ValueError(
            f"what is learnt from is one channel, or all of them side by side; "
            f"{image_path} has {image.sizes['C']}; name one, mean, max or all with "
            "--channel (in Python channel=)"
        )
    own = read_labels(labels_path, beside=image)
    shape, own_shape = ((*each.batch_shape, *each.plane_shape) for each in (image, own))
    if shape != own_shape:
        raise ValueError(
            f"an image and its labels must have one shape; {image_path} has "
            f"{shape}, {labels_path} has {own_shape}; crop or resize one of them"
        )
    ids = np.stack([own.plane(number) for number in range(own.n_planes)])
    return lessons_of(image, ids.reshape(shape), stem, classes=classes)


def write_lessons(folder: Path, lessons: Iterable[Lesson]) -> None:
    """Write lessons into an empty folder, for the process that learns from them."""
    for number, lesson in enumerate(lessons):
        np.savez(folder / f"{number:05}.npz", allow_pickle=False, **values_of(lesson))


def iter_lessons(folder: Path) -> Iterator[Lesson]:
    """Yield what `write_lessons` wrote."""
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as held:
            yield lesson_from(held)


def values_of(lesson: Lesson) -> dict[str, NDArray[Any]]:
    """Return a lesson as arrays, to be written."""
    return {
        "image": lesson.image,
        "labels": lesson.labels,
        "known": lesson.known,
        "limits": np.array(lesson.limits),
        "group": np.array(lesson.group),
        "plane": np.array(lesson.plane, np.int64),
        "channels": np.array(lesson.channels, np.str_),
    }


def lesson_from(values: Mapping[str, NDArray[Any]]) -> Lesson:
    """Return the lesson of `values_of`.

    Raises
    ------
    KeyError
        If one of them is missing.
    """
    limits = values["limits"]
    return Lesson(
        image=values["image"],
        labels=values["labels"],
        known=values["known"],
        limits=tuple(map(tuple, limits) if limits.ndim == 2 else limits.tolist()),
        group=str(values["group"]),
        plane=tuple(values["plane"].tolist()),
        # Views of earlier models do not tell.
        channels=tuple(values["channels"].tolist() if "channels" in values else ()),
    )
