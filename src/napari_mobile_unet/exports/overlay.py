"""Pictures of labels over their image, to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import AnyLabels, Plane

    Picture = NDArray[np.uint8]

LONGEST = 2048
"""Largest height or width in pixels of a plane in the picture."""
COLUMNS = 4
"""Planes side by side in the picture of a stack."""


def draw_overlay(plane: Plane, labels: AnyLabels, thickness: int = 1) -> Picture:
    """Return a picture of a plane with each object outlined in its own colour.

    Parameters
    ----------
    plane : ndarray
        (Y, X), or (Y, X, 3) for RGB, any real type; shown from its 0.5th to its
        99.8th percentile. Of another number of channels the mean is shown.
    labels : ndarray of int
        (Y, X), 0 is background.
    thickness : int
        Width of the outlines in pixels.

    Returns
    -------
    ndarray of uint8
        (Y, X, 3).
    """
    if plane.ndim == 3 and plane.shape[2] != 3:
        plane = plane.mean(-1)
    grey = _to_8_bit(plane)
    picture = grey if grey.ndim == 3 else np.dstack([grey, grey, grey])
    ids = labels.astype(np.float64)  # OpenCV compares no whole numbers of 32 bits
    # The outline lies within the object: its pixels that are near another id.
    near = np.ones((2 * thickness + 1, 2 * thickness + 1), np.uint8)
    outline = (cv2.erode(ids, near) != ids) | (cv2.dilate(ids, near) != ids)
    outline &= labels > 0
    if outline.any():
        drawn, which = np.unique(labels[outline], return_inverse=True)
        picture[outline] = _colours(drawn)[which]
    return picture


def draw_montage(stack: Stack, labels: Stack, most: int = 12) -> Picture:
    """Return one picture of evenly spaced planes of a stack with their objects.

    Parameters
    ----------
    stack : Stack
        The image, of one channel or RGB.
    labels : Stack
        Its labels, plane by plane.
    most : int
        Planes shown at most.

    Returns
    -------
    ndarray of uint8
        (rows, columns, 3). Of planes longer than ``LONGEST``, every second pixel or
        fewer are shown.
    """
    step = slice(None, None, -(-max(stack.plane_shape) // LONGEST))
    window = (step, step)
    count = min(most, stack.n_planes)
    numbers = np.linspace(0, stack.n_planes - 1, count).round().astype(int)
    pictures = [
        draw_overlay(stack.plane(n, window), labels.plane(n, window))
        for n in numbers.tolist()
    ]
    pictures = [np.pad(p, ((1, 1), (1, 1), (0, 0))) for p in pictures]
    columns = min(COLUMNS, count)
    pictures += [np.zeros_like(pictures[0])] * (-count % columns)
    rows = [
        np.hstack(pictures[start : start + columns])
        for start in range(0, len(pictures), columns)
    ]
    return np.vstack(rows)


def _to_8_bit(plane: Plane) -> Picture:
    """Return a plane stretched to 0 to 255; NaN becomes 0."""
    values = plane.astype(np.float32)
    finite = values[np.isfinite(values)]
    low, high = np.percentile(finite, (0.5, 99.8)) if finite.size else (0.0, 1.0)
    if plane.dtype == np.uint8 and plane.ndim == 3:
        low, high = 0.0, 255.0  # stretching would change the colours of a stain
    scaled = 255 * (values - low) / max(high - low, 1e-6)
    return np.nan_to_num(np.clip(scaled, 0, 255)).astype(np.uint8)


def _colours(ids: AnyLabels) -> Picture:
    """Return a bright colour for each of some ids, (n, 3); those of near ids differ."""
    # Steps of the golden ratio around the circle of hues stay apart for long.
    hue = (ids * 0.618034 % 1 * 180).astype(np.uint8)
    hsv = np.stack([hue, np.full_like(hue, 200), np.full_like(hue, 255)], axis=-1)
    rgb = cv2.cvtColor(hsv[None], cv2.COLOR_HSV2RGB)
    return np.asarray(rgb[0], np.uint8)
