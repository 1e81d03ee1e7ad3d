"""Fit the objects of a drawn box, segmented anew, in between those that stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.operations.checks import new_ids
from napari_mobile_unet.corrections.operations.parts import MIN_PART
from napari_mobile_unet.corrections.operations.window import (
    Window,
    among,
    box_of_points,
    pieces,
)
from napari_mobile_unet.objects.overlap import overlaps_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from napari_mobile_unet.corrections.change import (
        Box,
        Change,
        LabelArray,
        PlaneIndex,
    )
    from napari_mobile_unet.corrections.index import ObjectIndex
    from napari_mobile_unet.corrections.operations.window import Points
    from napari_mobile_unet.types import AnyLabels, Mask

SAME = 0.5
"""IoU above which an object found anew is the one that was there, and keeps its id;
share of it on objects that stay above which it is one of them, and is left out."""


def resegment(
    labels: LabelArray,
    index: ObjectIndex,
    corners: Points,
    plane: PlaneIndex,
    found: AnyLabels | Callable[[Box], AnyLabels],
    *,
    cut_others: bool = False,
    keep: Collection[int] = (),
) -> list[Change]:
    """Return the change to the objects that were found anew in a box of a plane.

    Objects that lie in the box as a whole are replaced. New ones are cut to the room
    that the others leave; the largest piece of each is taken, and none that lies
    mostly on others. One that is much like an object that was there keeps its id, the
    others get the next free ones.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    corners : array_like
        (2 or more, 2) rows and columns: two opposite corners of the box.
    plane : tuple of int
        Where it was drawn.
    found : ndarray of int or function
        (rows, columns), the labels of the box; or what returns them for rows and
        columns of the plane.
    cut_others : bool
        Whether objects that stick out of the box give up their pixels within it.
    keep : collection of int
        Objects that stay as they are, such as locked ones.

    Raises
    ------
    ValueError
        If the box lies beyond the plane, the labels found have another size, or the
        labels' type has no ids left.
    """
    box = box_of_points(corners, labels.shape)
    window = Window.of(labels, plane, box)
    if not window.labels.size:
        raise ValueError(
            "a box holds pixels of the plane; received one beyond it; draw it on the "
            "image"
        )
    fresh = np.asarray(found(box) if callable(found) else found)
    if fresh.shape != window.labels.shape:
        raise ValueError(
            f"labels of a box of {window.labels.shape} pixels have that shape; "
            f"received {fresh.shape}; give those of the rows and columns of the box"
        )
    present = [int(own) for own in np.unique(window.labels[window.labels > 0])]
    replaced = [
        own
        for own in present
        if own not in keep and (cut_others or _inside(index.box(own, plane), box))
    ]
    before = np.where(among(window.labels, replaced), window.labels, 0)
    staying = np.where(before > 0, 0, window.labels)
    fitted = fitted_in(fresh, staying > 0)
    whole = [own for own in replaced if _inside(index.box(own, plane), box)]
    names = _names(fitted, np.where(among(before, whole), before, 0))
    unnamed = [number for number in range(1, len(names)) if not names[number]]
    names[unnamed] = new_ids(labels, index, len(unnamed))
    return window.changed(np.where(fitted > 0, names[fitted], staying))


def fitted_in(found: AnyLabels, taken: Mask) -> AnyLabels:
    """Return objects cut to free pixels, numbered from 1 without gaps.

    Of each the largest piece is taken, if it is no crumb, and if most of the object's
    pixels were free.

    Parameters
    ----------
    found : ndarray of int
        (rows, columns), the objects; 0 is background.
    taken : ndarray of bool
        (rows, columns), True where others stay.
    """
    fitted = np.zeros(found.shape, np.int32)
    count = 0
    for own in np.unique(found[found > 0]):
        mask = found == own
        free = mask & ~taken
        if free.sum() < SAME * mask.sum():
            continue
        _, parts = pieces(free)
        size = np.bincount(parts[free], minlength=2)
        largest = int(size.argmax())
        if free.sum() < mask.sum() and size[largest] < MIN_PART:
            continue
        count += 1
        fitted[parts == largest] = count
    return fitted


def _inside(inner: Box, outer: Box) -> bool:
    return all(
        b.start <= a.start and a.stop <= b.stop
        for a, b in zip(inner, outer, strict=True)
    )


def _names(fitted: AnyLabels, before: AnyLabels) -> AnyLabels:
    """Return the id of each of 1 to n that is like an object before, 0 for others."""
    names = np.zeros(int(fitted.max(initial=0)) + 1, before.dtype)
    new_area = np.bincount(fitted.ravel())
    for new, old, shared in zip(*overlaps_of(fitted, before), strict=True):
        union = new_area[new] + np.count_nonzero(before == old) - shared
        if shared > SAME * union:
            names[new] = old
    return names
