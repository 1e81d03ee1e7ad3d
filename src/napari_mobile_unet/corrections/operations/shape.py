"""Change the shape of objects: grow, shrink, smooth, fill holes, convex hull."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_mobile_unet.corrections.operations.checks import check_objects
from napari_mobile_unet.corrections.operations.window import (
    Window,
    among,
    iter_windows,
    joined_to,
    pieces,
)
from napari_mobile_unet.later import ndimage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from napari_mobile_unet.corrections.change import Change, LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.index import ObjectIndex
    from napari_mobile_unet.types import Mask


def grow(
    labels: LabelArray,
    index: ObjectIndex,
    ids: Iterable[int],
    pixels: float,
    planes: Sequence[PlaneIndex],
) -> list[Change]:
    """Return the changes that grow objects onto the background around them.

    They never grow into others, nor past them to the other side. Where two of them
    meet, each pixel joins the nearer one.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    ids : iterable of int
        The objects, at least one.
    pixels : float
        How far, > 0.
    planes : sequence of tuple of int
        Where, each plane by itself.

    Raises
    ------
    ValueError
        If the distance is not positive or an object is not on any of the planes.
    """
    _check_positive("grow", pixels)
    chosen = check_objects(index, ids, planes)
    margin = int(np.ceil(pixels)) + 1
    changes = []
    for window in iter_windows(labels, index, chosen, planes, margin):
        theirs = among(window.labels, window.ids)
        far, nearest = ndimage.distance_transform_edt(~theirs, return_indices=True)
        owner = window.labels[tuple(nearest)]
        reached = (far <= pixels) & window.free
        after = window.labels.copy()
        for own in window.ids:
            mask = window.mask(own)
            after[joined_to(mask | (reached & (owner == own)), mask)] = own
        changes += window.changed(after)
    return changes


def shrink(
    labels: LabelArray,
    index: ObjectIndex,
    ids: Iterable[int],
    pixels: float,
    planes: Sequence[PlaneIndex],
) -> list[Change]:
    """Return the changes that take the rim of objects away.

    At the plane's border objects do not shrink: they go on beyond it.

    Parameters
    ----------
    labels, index, ids, planes
        As for ``grow``.
    pixels : float
        Width of the rim, > 0.

    Raises
    ------
    ValueError
        As for ``grow``, and if nothing would be left of an object in a plane.
    """
    _check_positive("shrink", pixels)

    def eroded(mask: Mask) -> Mask:
        # Replicated once: far enough for a distance across the plane's border.
        reach = int(np.ceil(pixels)) + 1
        wide = np.pad(mask, reach, mode="edge")
        far = cv2.distanceTransform(
            wide.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
        )
        return np.asarray(far[reach:-reach, reach:-reach] > pixels)

    return _reshaped(labels, index, ids, planes, eroded, "shrinking", margin=1)


def smooth(
    labels: LabelArray,
    index: ObjectIndex,
    ids: Iterable[int],
    radius: float,
    planes: Sequence[PlaneIndex],
) -> list[Change]:
    """Return the changes that smooth outlines: half of a Gaussian blur's height.

    Parameters
    ----------
    labels, index, ids, planes
        As for ``grow``; objects grow onto background alone.
    radius : float
        Sigma of the blur in pixels, > 0: details finer than this go.

    Raises
    ------
    ValueError
        As for ``grow``, and if nothing would be left of an object in a plane.
    """
    _check_positive("smooth", radius)

    def blurred(mask: Mask) -> Mask:
        soft = cv2.GaussianBlur(
            mask.astype(np.float32), (0, 0), radius, borderType=cv2.BORDER_REPLICATE
        )
        return np.asarray(soft >= 0.5)

    margin = int(np.ceil(3 * radius)) + 1
    return _reshaped(labels, index, ids, planes, blurred, "smoothing", margin)


def fill_holes(
    labels: LabelArray,
    index: ObjectIndex,
    ids: Iterable[int],
    planes: Sequence[PlaneIndex],
) -> list[Change]:
    """Return the changes that give objects the background that they enclose.

    Objects within a hole stay as they are; background cut by the plane's border is
    no hole.

    Parameters
    ----------
    labels, index, ids, planes
        As for ``grow``.

    Raises
    ------
    ValueError
        If an object is not on any of the planes.
    """

    def filled(mask: Mask) -> Mask:
        framed = np.pad(mask, 1)
        _, outside = pieces(~framed)
        return np.asarray(outside != outside[0, 0])[1:-1, 1:-1]

    return _reshaped(labels, index, ids, planes, filled, "filling")


def convex_hull(
    labels: LabelArray,
    index: ObjectIndex,
    ids: Iterable[int],
    planes: Sequence[PlaneIndex],
) -> list[Change]:
    """Return the changes that grow objects to their convex hull, on background alone.

    Parameters
    ----------
    labels, index, ids, planes
        As for ``grow``.

    Raises
    ------
    ValueError
        If an object is not on any of the planes.
    """

    def hull(mask: Mask) -> Mask:
        corners = cv2.convexHull(np.argwhere(mask)[:, ::-1].astype(np.int32))
        canvas = mask.astype(np.uint8)
        cv2.fillConvexPoly(canvas, corners, 1)
        return canvas > 0

    return _reshaped(labels, index, ids, planes, hull, "the hull")


def _reshaped(
    labels: LabelArray,
    index: ObjectIndex,
    ids: Iterable[int],
    planes: Sequence[PlaneIndex],
    reshape: Callable[[Mask], Mask],
    name: str,
    margin: int = 0,
) -> list[Change]:
    """Return the changes of objects to another shape, one after the other.

    What is added lies on background that no earlier one took, and is joined to the
    object.
    """
    chosen = check_objects(index, ids, planes)
    changes = []
    for window in iter_windows(labels, index, chosen, planes, margin):
        after = window.labels.copy()
        for own in window.ids:
            mask, part = _alone(window, index, own, margin)
            shape = reshape(mask)
            if not (shape & mask).any():
                raise ValueError(
                    f"{name} must leave something of an object; received {own} of "
                    f"{int(mask.sum())} pixels, which would be gone; use less, or "
                    "delete it"
                )
            here = after[part]
            free = (here == 0) & (window.labels[part] == 0)
            allowed = shape & (mask | free)
            final = joined_to(allowed, mask & shape)
            after[part] = np.where(final, own, np.where(mask, 0, here))
        changes += window.changed(after)
    return changes


def _alone(
    window: Window, index: ObjectIndex, own: int, margin: int
) -> tuple[Mask, tuple[slice, slice]]:
    """Return the mask of one object in its own box and margin, and where that is."""
    rows, columns = (
        slice(max(0, side.start - margin - first), side.stop + margin - first)
        for side, first in zip(index.box(own, window.plane), window.start, strict=True)
    )
    return window.mask(own)[rows, columns], (rows, columns)


def _check_positive(verb: str, value: float) -> None:
    if not value > 0 or not np.isfinite(value):
        raise ValueError(
            f"to {verb} takes a distance of more than 0 pixels; received {value}; "
            "choose 1 or more"
        )
