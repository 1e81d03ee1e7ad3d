"""What a model is taught with: planes, their labels, and where these are right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import skimage

from napari_mobile_unet.images.pixels import luminance
from napari_mobile_unet.images.sampling import sampled, spaced
from napari_mobile_unet.objects.seeds import components
from napari_mobile_unet.unet.normalise import Normalisation

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.corrections.change import LabelArray, PlaneIndex
    from napari_mobile_unet.images.channels import ChannelInfo
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import Labels, Mask


@dataclass(frozen=True, eq=False)
class Lesson:
    """A plane with labels that are right, at least in a part of it.

    Parameters
    ----------
    image : ndarray
        (Y, X), (Y, X, 3) for RGB, or (Y, X, channels).
    labels : ndarray of int32
        (Y, X), 0 is background.
    known : ndarray of bool
        (Y, X), where the labels are right. Elsewhere nobody has looked, and what they
        say there is not taught: it is no background either.
    limits : tuple
        Grey values that become 0 and 1, of all of the image that the plane is from; of
        each channel, where there are several.
    group : str
        Name of that image.
    plane : tuple of int
        Index of the plane in it.
    """

    image: NDArray[np.generic]
    labels: Labels
    known: Mask
    limits: Any
    group: str
    plane: PlaneIndex = ()
    channels: tuple[str, ...] = ()
    """Names of the channels that lie side by side; empty for grey and RGB."""

    def replace_labels(self, labels: NDArray[Any]) -> Lesson:
        """Return the same plane with other labels."""
        return replace(self, labels=labels.astype(np.int32))

    @property
    def name(self) -> str:
        """What a person calls it: the image, and the plane counted from 1."""
        places = ", ".join(str(number + 1) for number in self.plane)
        return f"{self.group} [{places}]" if self.plane else self.group

    @property
    def ids(self) -> NDArray[np.int32]:
        """Of the objects that are known, in part at least."""
        return np.unique(self.labels[self.known & (self.labels > 0)])

    def part(self, rows: slice, columns: slice) -> Lesson:
        """Return a part of the plane, which shares no pixel with the rest."""
        return replace(
            self,
            image=np.ascontiguousarray(self.image[rows, columns]),
            labels=np.ascontiguousarray(self.labels[rows, columns]),
            known=np.ascontiguousarray(self.known[rows, columns]),
        )


def lessons_of(
    image: Stack,
    labels: LabelArray,
    name: str,
    *,
    finished: Collection[PlaneIndex] | None = None,
    locked: Collection[int] = (),
    regions: Mapping[PlaneIndex, Mask] | None = None,
    classes: bool = False,
) -> list[Lesson]:
    """Return what can be taught with an image and its labels.

    Parameters
    ----------
    image : Stack
        One channel, RGB, or several channels that a network is to see side by side.
    labels : array of int
        (..., Y, X), on the image's axes without channel and colour.
    name : str
        What a person calls the image.
    finished : collection of tuple, optional
        Planes on which everything is right; all of them unless given.
    locked : collection of int
        Objects that are right wherever they are. On a plane that is not finished they
        alone are known.
    regions : mapping, optional
        (Y, X) bool of some planes: where everything is right.
    classes : bool
        Whether the values of the labels are classes of pixels; see `read_classes`.

    Raises
    ------
    ValueError
        If the shapes differ, or the labels are no whole numbers.
    """
    names = names_of(image.sizes.get("C", 0), image.channels)
    shape = (*image.batch_shape, *image.plane_shape)
    if tuple(labels.shape) != shape:
        raise ValueError(
            f"an image and its labels must have one shape; {name} has {shape}, its "
            f"labels {tuple(labels.shape)}; crop or resize one of them"
        )
    lessons, limits = [], None
    for number in range(image.n_planes):
        index = image.index(number)
        whole = finished is None or index in finished
        region = regions.get(index) if regions else None
        if not (whole or len(locked) or region is not None):
            continue
        ids = np.asarray(labels[(*index, slice(None), slice(None))])
        if ids.dtype.kind not in "biu":
            raise ValueError(
                f"labels must be whole numbers, 0 for background; those of {name} are "
                f"{ids.dtype}; convert them"
            )
        known = np.full(ids.shape, whole)
        if region is not None:
            known |= region
        if len(locked):
            known |= np.isin(ids, list(locked)) & (ids > 0)
        if not known.any():
            continue
        plane = image.plane(number)
        limits = limits or limits_of(image)
        own = _values(ids) if classes else numbered(ids)
        labelled = plane, own, known, limits, name, index
        lessons.append(Lesson(*labelled, channels=names))
    return lessons


def names_of(count: int, channels: Sequence[ChannelInfo]) -> tuple[str, ...]:
    """Return a name for each of some channels, of which some may have one.

    Examples
    --------
    >>> names_of(2, [])
    ('channel 0', 'channel 1')
    """
    own = [channel.name for channel in channels] if len(channels) == count else []
    own = own or [""] * count
    return tuple(name or f"channel {number}" for number, name in enumerate(own))


def limits_of(image: Stack) -> Any:
    """Return the grey values of a stack that become 0 and 1, as a segmentation does."""
    planes = [sampled(image, number) for number in spaced(image)]
    if "C" in image.axes:
        return Normalisation().limits_of_each(*planes)
    return Normalisation().limits(*map(luminance, planes))


def _values(ids: NDArray[Any]) -> Labels:
    """Return labels as they are; beyond 32 bits they are no classes in any case."""
    most = np.iinfo(np.int32).max
    return np.clip(ids.astype(np.float64), -1, most).astype(np.int32)


def numbered(ids: NDArray[Any]) -> Labels:
    """Return ids as small numbers, of which the targets are computed faster."""
    small, *_ = skimage.segmentation.relabel_sequential(np.array(ids, np.int64))
    return np.asarray(small, np.int32)


def read_masks(lessons: Sequence[Lesson]) -> tuple[list[Lesson], str]:
    """Return lessons in which each piece of a binary mask is an object.

    Labels are read as masks if all of them have one and the same value, and it is in
    more than one piece somewhere.

    Returns
    -------
    lessons : list of Lesson
        The same ones if they hold no masks.
    said : str
        How they were read, for the person; empty if they are labels.
    """
    if any(lesson.labels.max(initial=0) > 1 for lesson in lessons):
        return list(lessons), ""
    pieces = [
        replace(lesson, labels=components(lesson.labels > 0)) for lesson in lessons
    ]
    count = sum(len(lesson.ids) for lesson in pieces)
    if all(lesson.labels.max(initial=0) <= 1 for lesson in pieces):
        return list(lessons), ""
    return pieces, (
        "The labels have one value for all objects: read as masks, whose "
        f"{count} pieces are one object each"
    )


def check_lessons(lessons: Sequence[Lesson]) -> None:
    """Refuse what nothing can be learnt from.

    Raises
    ------
    ValueError
        If there is no object, an image has one value or none alone, one plane has two
        different labels, or images have other channels than others.
    """
    channels = {lesson.channels: lesson.name for lesson in lessons}
    if len({len(names) for names in channels}) > 1:
        (one, first), (other, second) = list(channels.items())[:2]
        raise ValueError(
            "a network sees the same channels in all images; "
            f"{first} has {len(one) or 'one or RGB'}, {second} has "
            f"{len(other) or 'one or RGB'}; choose the same for all"
        )
    if not any(len(lesson.ids) for lesson in lessons):
        raise ValueError(
            "teaching needs at least one object that is known to be right; received "
            f"{len(lessons)} planes without any; mark a plane as finished, or lock "
            "objects"
        )
    seen: dict[bytes, Lesson] = {}
    for lesson in lessons:
        values = np.asarray(lesson.image)
        if values.dtype.kind == "f":
            values = values[np.isfinite(values)]
        if not values.size or values.min() == values.max():
            raise ValueError(
                f"an image to learn from has more than one grey value; {lesson.name} "
                "has not; leave it out"
            )
        earlier = seen.setdefault(lesson.image.tobytes(), lesson)
        both = earlier.known & lesson.known if earlier is not lesson else None
        if both is None:
            continue
        if ((earlier.labels > 0) != (lesson.labels > 0))[both].any():
            raise ValueError(
                f"one image has one truth; {earlier.name} and {lesson.name} are the "
                "same image with different labels; leave one of them out"
            )
