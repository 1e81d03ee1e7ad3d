"""An object on more planes: interpolated between two, or copied to others."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_mobile_unet.corrections.change import box_around
from napari_mobile_unet.corrections.operations.checks import (
    check_object,
    check_objects,
)
from napari_mobile_unet.corrections.operations.parts import depth
from napari_mobile_unet.corrections.operations.window import Window, among

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.corrections.change import (
        Change,
        LabelArray,
        PlaneIndex,
    )
    from napari_mobile_unet.corrections.index import ObjectIndex
    from napari_mobile_unet.types import Mask, Reals


def interpolate(
    labels: LabelArray,
    index: ObjectIndex,
    own: int,
    planes: Sequence[PlaneIndex],
) -> list[Change]:
    """Return the changes that fill the planes between those that an object is on.

    Shape-based: the signed distances to both outlines, laid over each other by their
    centroids, are mixed by how near the two planes are [1]_. Only background is
    written; planes where the object is, and those before its first and after its last,
    stay.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    own : int
        The object.
    planes : sequence of tuple of int
        In order along an axis; the object is on two of them or more.

    Raises
    ------
    ValueError
        If it is on fewer, or no plane between is without it.

    References
    ----------
    .. [1] S. P. Raya and J. K. Udupa, "Shape-based interpolation of multidimensional
       objects", IEEE Transactions on Medical Imaging 9, 32-42 (1990),
       doi:10.1109/42.52980
    """
    check_object(index, own, planes)
    known = [place for place, plane in enumerate(planes) if index.count(own, plane)]
    gaps = [(a, b) for a, b in pairwise(known) if b - a > 1]
    if not gaps:
        rule = "to interpolate takes planes without the object between two with it"
        raise ValueError(
            f"{rule}; received {own}, on {len(known)} of {len(planes)} planes, with "
            "none between; draw it on a plane further on, or choose a wider scope"
        )
    changes = []
    for low, high in gaps:
        first, last = planes[low], planes[high]
        box = box_around(index.box(own, first), index.box(own, last))
        masks = [Window.of(labels, plane, box).mask(own) for plane in (first, last)]
        shape = _Between(*masks)
        for place in range(low + 1, high):
            window = Window.of(labels, planes[place], box)
            mask = shape.at((place - low) / (high - low))
            changes += window.changed(np.where(mask & window.free, own, window.labels))
    return changes


def copy_to(
    labels: LabelArray,
    index: ObjectIndex,
    ids: Iterable[int],
    plane: PlaneIndex,
    planes: Sequence[PlaneIndex],
) -> list[Change]:
    """Return the changes that copy objects from one plane to others, on background.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    ids : iterable of int
        The objects, at least one.
    plane : tuple of int
        Where they are copied from.
    planes : sequence of tuple of int
        Where they are copied to; those where an object is already are left out.

    Raises
    ------
    ValueError
        If an object is not on the plane, or no pixel can be copied.
    """
    chosen = check_objects(index, ids, [plane])
    boxes = [index.box(own, plane) for own in chosen]
    box = boxes[0]
    for other in boxes[1:]:
        box = box_around(box, other)
    source = Window.of(labels, plane, box)
    changes = []
    for target in planes:
        absent = [own for own in chosen if not index.count(own, target)]
        if target == plane or not absent:
            continue
        window = Window.of(labels, target, box)
        copied = among(source.labels, absent) & window.free
        changes += window.changed(np.where(copied, source.labels, window.labels))
    if not changes:
        raise ValueError(
            f"objects are copied to background of planes without them; received "
            f"{chosen}, which are there already or find no background; delete what is "
            "in the way"
        )
    return changes


class _Between:
    """The shapes between two masks.

    Parameters
    ----------
    first, last : ndarray of bool
        (rows, columns), neither empty.
    """

    def __init__(self, first: Mask, last: Mask) -> None:
        self._centres = [np.argwhere(mask).mean(0) for mask in (first, last)]
        # Far enough that no part is moved out of the box.
        self._margin = 2 + int(np.ceil(np.abs(np.subtract(*self._centres)).max()))
        self._distances = [_signed(np.pad(m, self._margin)) for m in (first, last)]

    def at(self, share: float) -> Mask:
        """Return (rows, columns), True on the shape that far from first to last."""
        first, last = self._centres
        middle = (1 - share) * first + share * last
        weights = (1 - share, share)
        mixed = sum(
            weight * _moved(distance, middle - centre)
            for weight, distance, centre in zip(
                weights, self._distances, self._centres, strict=True
            )
        )
        margin = self._margin
        return np.asarray(mixed > 0)[margin:-margin, margin:-margin]


def _signed(mask: Mask) -> NDArray[np.float32]:
    """Return the distance to the outline, positive inside; half a pixel off it."""
    inside, outside = depth(mask), depth(~mask)
    return np.where(mask, inside - 0.5, 0.5 - outside)


def _moved(values: NDArray[np.float32], by: Reals) -> NDArray[np.float32]:
    """Return values (rows, columns) moved by rows and columns."""
    matrix = np.array([[1, 0, by[1]], [0, 1, by[0]]])
    size = values.shape[::-1]
    return np.asarray(
        cv2.warpAffine(values, matrix, size, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )
