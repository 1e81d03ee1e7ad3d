"""The centres of the objects of a mask: where it is widest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from napari_mobile_unet.types import Floats, Labels, Mask


LARGEST_DISC = 48
"""Radius of discs in pixels above which blocks of pixels are compared instead."""


def peaks_of(mask: Mask, spacing: float) -> tuple[Mask, Floats]:
    """Return where a mask is widest, and how far each pixel is from the background.

    Parameters
    ----------
    mask : ndarray of bool
        (Y, X).
    spacing : float
        Smallest distance between two peaks in pixels; 0: the radius of a typical piece.

    Returns
    -------
    peaks : ndarray of bool
        (Y, X), True at the peaks.
    distance : ndarray of float32
        (Y, X) pixels, smoothed; 0 in the background.
    """
    # Beyond the plane's edge is no background: objects cut by it keep their centre.
    distance = cv2.distanceTransform(
        mask.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    # Without any background OpenCV returns the largest float.
    distance = cv2.GaussianBlur(np.minimum(distance, max(mask.shape)), (0, 0), 1.0)
    distance[~mask] = 0
    spacing = spacing or _typical_radius(mask, distance)
    spacing = min(spacing, max(mask.shape))
    highest = _highest(distance, max(1, round(spacing / 2)))
    peak = (distance >= highest - 1e-3) & mask
    return peak, distance


def _highest(distance: Floats, radius: int) -> Floats:
    """Return the largest value in a disc around each pixel.

    The time grows with the area of the disc: large discs compare the largest values of
    blocks, and reach at most one block further.
    """
    step = -(-radius // LARGEST_DISC)
    height, width = distance.shape
    padded = np.pad(distance, ((0, -height % step), (0, -width % step)))
    blocks = padded.reshape(padded.shape[0] // step, step, -1, step).max((1, 3))
    size = 2 * -(-radius // step) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    found = cv2.dilate(np.ascontiguousarray(blocks), disc)
    whole = np.asarray(found).repeat(step, 0).repeat(step, 1)
    return np.asarray(whole[:height, :width], np.float32)


def _typical_radius(mask: Mask, distance: Floats) -> float:
    """Return the largest distance in the piece of mask of the median pixel.

    The median of pixels, not of pieces: many tiny pieces do not decide how the others
    are split. 1 for an empty mask.
    """
    if not mask.any():
        return 1.0
    piece = components(mask)[mask]
    largest = np.zeros(piece.max() + 1, np.float32)
    np.maximum.at(largest, piece, distance[mask])
    order = np.argsort(largest)
    pixels = np.cumsum(np.bincount(piece)[order])
    middle = ((pixels[-1] - 1) // 2, pixels[-1] // 2)
    return float(largest[order[np.searchsorted(pixels, middle, "right")]].mean())


def components(mask: Mask) -> Labels:
    """Return the pieces of a mask, (Y, X), 1 to n; pixels that share a side are one."""
    return np.asarray(
        cv2.connectedComponents(mask.view(np.uint8), connectivity=4)[1], np.int32
    )
