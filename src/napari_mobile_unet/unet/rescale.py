"""Images resized and turned for a network."""

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
"""Objects larger or smaller than the model's own by up to this factor are left."""
KEPT_SMALL, KEPT_LARGE = 1 / 3, 1 / 2
"""Share of the difference from the model's diameter that is kept, on a logarithmic
scale. A network knows more than one size, and images that are shrunk lose fine
outlines; enlarged ones lose nothing."""
MAX_RATIO = 2
"""Objects are never shown to the network larger or smaller by more than this factor."""


def resize_factor(diameter: float, model_diameter: float) -> float:
    """Return the factor that an image is resized by for a network.

    Parameters
    ----------
    diameter : float
        Of the typical object in pixels.
    model_diameter : float
        Of the objects that the network knows best, in pixels.
    """
    if model_diameter / NEAR < diameter < model_diameter * NEAR:
        return 1.0
    kept = KEPT_LARGE if diameter > model_diameter else KEPT_SMALL
    ratio = np.clip((diameter / model_diameter) ** kept, 1 / MAX_RATIO, MAX_RATIO)
    shown = model_diameter * ratio
    return float(shown / diameter)


def resize(image: NDArray[np.floating], height: int, width: int) -> Floats:
    """Return (Y, X) or (Y, X, channels) in another size, averaged where it shrinks."""
    # A shrunken image would alias if it were not averaged.
    shrinks = height * width < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(image, (width, height), interpolation=method)
    return np.asarray(resized, np.float32).reshape(height, width, *image.shape[2:])


def resize_by(image: NDArray[np.floating], factor: float) -> Floats:
    """Return (Y, X) or (Y, X, channels) resized by a factor, to 1 pixel at least."""
    height, width = (max(1, round(length * factor)) for length in image.shape[:2])
    return resize(image, height, width)


def back_to(shape: tuple[int, ...], maps: Floats) -> Floats:
    """Return maps (y, x, maps) of a resized image on its own grid (Y, X, ...)."""
    resized = cv2.resize(maps, shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, np.float32)


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
