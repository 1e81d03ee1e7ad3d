"""How a network sees an image: in a size in which it knows the objects, and turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_mobile_unet.unet.model import TILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_mobile_unet.types import Floats


NEAR = 1.25
"""Objects larger or smaller than the network knows by this factor are resized."""
KEPT_SMALL, KEPT_LARGE = 1 / 3, 1 / 2
"""How much of the difference is kept, on a logarithmic scale. A network knows more than
one size, and images that are shrunk lose fine outlines; enlarged ones lose nothing."""
RANGE = 2
"""A network knows no objects larger or smaller by more than this factor."""


def factor_for(diameter: float, known: float) -> float:
    """Return the factor that an image is resized by for a network.

    Parameters
    ----------
    diameter : float
        Of the typical object in pixels.
    known : float
        Of the objects that the network knows best, in pixels.
    """
    if known / NEAR < diameter < known * NEAR:
        return 1.0
    kept = KEPT_LARGE if diameter > known else KEPT_SMALL
    seen = known * np.clip((diameter / known) ** kept, 1 / RANGE, RANGE)
    return float(seen / diameter)


def resize(image: NDArray[np.floating], height: int, width: int) -> Floats:
    """Return (Y, X) or (Y, X, channels) in another size, averaged where it shrinks."""
    # Anything else than an average would alias.
    shrinks = height * width < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(image, (width, height), interpolation=method)
    return np.asarray(resized, np.float32).reshape(height, width, *image.shape[2:])


def resize_by(image: NDArray[np.floating], factor: float) -> Floats:
    """Return (Y, X) or (Y, X, channels) resized by a factor, to 1 pixel at least."""
    height, width = (max(1, round(length * factor)) for length in image.shape[:2])
    return resize(image, height, width)


def fits_in_tile(image: Floats) -> bool:
    """Return whether one tile of a network holds an image (Y, X, ...)."""
    height, width = image.shape[:2]
    return bool(max(height, width) <= TILE)


def average_half_turn(
    maps: Floats, image: Floats, predict: Callable[[Floats], Floats]
) -> Floats:
    """Return the mean of an image's maps and of those of the image turned by 180°.

    Parameters
    ----------
    maps : ndarray of float32
        (Y, X, maps) of the image as it is.
    image : ndarray of float32
        (Y, X, ...).
    predict : function
        From an image to its maps.
    """
    turned = predict(np.ascontiguousarray(np.flip(image, (0, 1))))
    return np.asarray((maps + np.flip(turned, (0, 1))) / 2, np.float32)
