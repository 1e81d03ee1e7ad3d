"""The maps that the network learns, made from labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_mobile_unet.later import ndimage

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_mobile_unet.types import Floats, Mask


FOREGROUND, DISTANCE, LARGEST, GAP, KNOWN = range(5)
"""Channels of what ``targets_of`` returns. The last one is there only where a part of
the plane was never annotated: 1 where it was."""
SURELY_KNOWN = 0.99
"""Of ``KNOWN`` on another grid, where pixels are mixed: from here on all were known."""
FURTHEST = 64.0
"""Largest distance in pixels that is measured; farther objects do not matter."""
RIM = 5.0
"""Pixels over which the distance map rises from an outline. If it rose up to the
centre, the network would have to know the size of objects that it sees in part."""
SEAM = 4.0
"""Additional weight of an error at a seam."""


def targets_of(labels: NDArray[np.integer], known: Mask | None = None) -> Floats:
    """Return the distances that the maps to learn are made from.

    Parameters
    ----------
    labels : ndarray of int
        (Y, X), 0 is background.
    known : ndarray of bool, optional
        (Y, X), where the labels are right; all of them unless given.

    Returns
    -------
    ndarray of float32
        (Y, X, 4): foreground (0 or 1); distance to the object's own outline in
        pixels; the largest distance in the object; gap, see ``gap_of``. If ``known``
        is given, it is a fifth channel.
    """
    labels = labels.astype(np.int32)
    padded = np.pad(labels, 1, mode="edge").astype(np.float32)
    kernel = np.ones((3, 3), np.uint8)
    # A pixel is inner where its whole neighbourhood has one id.
    inner = (cv2.dilate(padded, kernel) == cv2.erode(padded, kernel))[1:-1, 1:-1]
    inner &= labels > 0
    distance = np.where(labels > 0, distance_to(~inner) + 0.5, 0)
    largest = ndimage.maximum(distance, labels, np.arange(labels.max() + 1))
    parts = [labels > 0, distance, np.asarray(largest)[labels], gap_of(labels)]
    parts += [] if known is None else [known]
    return np.dstack([np.asarray(part, np.float32) for part in parts])


def gap_of(labels: NDArray[np.integer]) -> Floats:
    """Return the width of the gap between the two nearest objects, at every pixel.

    It is the distance in pixels to the nearest object plus that to the second nearest
    (Ronneberger et al. 2015 weight pixels by it): 1 where two objects touch,
    ``FURTHEST`` at most.

    Notes
    -----
    Two objects differ in at least one bit of their ids. So the smallest sum of the
    distances to objects with that bit set and without it, over all bits, is that of
    the two nearest: no object needs a distance transform of its own.
    """
    gap = np.full(labels.shape, FURTHEST, np.float32)
    for bit in range(int(labels.max(initial=0)).bit_length()):
        one = (labels >> bit & 1).astype(bool)
        gap = np.minimum(gap, distance_to(one) + distance_to((labels > 0) & ~one))
    return gap


def maps_of(targets: Floats) -> Floats:
    """Return the maps to learn.

    Parameters
    ----------
    targets : ndarray of float32
        (Y, X, 4 or 5) of ``targets_of``, moved to the grid of the crop, with distances
        in its pixels.

    Returns
    -------
    ndarray of float32
        (Y, X, 4): foreground; distance, which rises from 0 at an object's outline to
        1 within ``RIM`` pixels, or at the centre of smaller objects; seam, which falls
        from 1 between two objects to 0 within as many; weight, larger at seams and
        in small objects, since a missed object counts the same whatever its size, and
        0 where nobody knows what is right.
    """
    foreground, distance, largest, gap = np.moveaxis(targets[..., :KNOWN], -1, 0)
    reach = np.maximum(np.minimum(largest, RIM), 0.5)
    relative = np.clip(distance / reach, 0, 1) * foreground
    seam = np.clip(1 - gap / RIM, 0, 1)
    small = np.clip(np.sqrt(2 * RIM / np.maximum(largest, 0.5)), 0.7, 2)
    weight = (1 + SEAM * seam) * (1 + foreground * (small - 1))
    if targets.shape[-1] > KNOWN:
        weight *= targets[..., KNOWN] > SURELY_KNOWN
    return np.dstack([foreground, relative, seam, weight])


def moved_targets(
    targets: Floats, move: Callable[[Floats, int], Floats], factor: float
) -> Floats:
    """Return targets on another grid, whose pixels are smaller by a factor.

    ``move`` takes them there; its second argument is OpenCV's interpolation.
    """
    moved = move(targets, cv2.INTER_LINEAR)
    # Between two objects their largest distances must not be mixed.
    largest = np.ascontiguousarray(targets[..., LARGEST])
    moved[..., LARGEST] = move(largest, cv2.INTER_NEAREST)
    moved[..., DISTANCE:KNOWN] *= factor
    return moved


def distance_to(mask: Mask) -> Floats:
    """Return the distance in pixels to the nearest one in the mask, at each pixel.

    ``FURTHEST`` at most, also where the mask is empty.
    """
    distance = cv2.distanceTransform(
        (~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    return np.minimum(np.asarray(distance, np.float32), FURTHEST)
