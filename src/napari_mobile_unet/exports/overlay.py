"""Pictures of labels over their image, to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack

LONGEST = 2048
"""Height or width in pixels that a plane in the picture has at most."""
COLUMNS = 4
"""Planes side by side in the picture of a stack."""


def draw_overlay(
    plane: NDArray[Any], labels: NDArray[np.integer], thickness: int = 1
) -> NDArray[np.uint8]:
    """Return a picture of a plane with each object outlined in a colour of its own.

    Parameters
    ----------
    plane : ndarray
        (Y, X), or (Y, X, 3) for RGB, any real type; shown from its 0.5th to its
        99.8th percentile.
    labels : ndarray of int
        (Y, X), 0 is background.
    thickness : int
        Width of the outlines in pixels.

    Returns
    -------
    ndarray of uint8
        (Y, X, 3).
    """
    grey = _to_8_bit(plane)
    picture = grey if grey.ndim == 3 else np.dstack([grey, grey, grey])
    ids = labels.astype(np.float32)
    size = 2 * thickness + 1
    # The outline lies within the object: pixels that see another id.
    around = np.ones((size, size), np.uint8)
    rim = (cv2.erode(ids, around) != ids) | (cv2.dilate(ids, around) != ids)
    rim &= labels > 0
    picture[rim] = _colours(int(labels.max(initial=0)))[labels[rim]]
    return picture


def draw_montage(stack: Stack, labels: Stack, most: int = 12) -> NDArray[np.uint8]:
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
        (rows, columns, 3). Of planes longer than ``LONGEST`` every other pixel, or
        fewer, is shown.
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


def _to_8_bit(plane: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a plane stretched to 0 to 255; NaN becomes 0."""
    values = plane.astype(np.float32)
    finite = values[np.isfinite(values)]
    low, high = np.percentile(finite, (0.5, 99.8)) if finite.size else (0.0, 1.0)
    if plane.dtype == np.uint8 and plane.ndim == 3:
        low, high = 0.0, 255.0  # stretching would change the colours of a stain
    scaled = 255 * (values - low) / max(high - low, 1e-6)
    return np.nan_to_num(np.clip(scaled, 0, 255)).astype(np.uint8)


def _colours(largest: int) -> NDArray[np.uint8]:
    """Return bright colours for the ids 0 to ``largest``, neighbours apart."""
    # Steps of the golden ratio around the colour circle never come close soon.
    hue = (np.arange(largest + 1) * 0.618034 % 1 * 180).astype(np.uint8)
    full = np.full_like(hue, 255)
    hsv = np.stack([hue, np.full_like(hue, 200), full], axis=-1)[None]
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0], np.uint8)
