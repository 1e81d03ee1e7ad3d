"""Crops made harder: objects that lie over each other, and dim ones among bright.

Annotated images have few of the clusters and of the dim objects that go wrong most.
Fluorescence adds up, and what absorbs light takes it away, so that two crops of one
image can be laid over each other as a microscope would show them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_mobile_unet.training.targets import (
    DISTANCE,
    FOREGROUND,
    FURTHEST,
    GAP,
    distance_to,
)

if TYPE_CHECKING:
    from napari_mobile_unet.types import Floats, Labels, Mask


def is_bright(image: Floats, foreground: Mask) -> bool:
    """Return whether the objects are brighter than what is around them."""
    if not foreground.any() or foreground.all():
        return True
    return bool(image[foreground].mean() > image[~foreground].mean())


def overlay(
    lower: tuple[Floats, Floats], upper: tuple[Floats, Floats], bright: bool
) -> tuple[Floats, Floats]:
    """Return one crop, with its targets, with another one laid over it.

    Parameters
    ----------
    lower, upper : tuple of ndarray
        (Y, X, channels) grey values, background 0 if the objects are bright, else 1;
        (Y, X, 4) targets, distances in pixels of the crop.
    bright : bool
        Whether the objects are bright.

    Returns
    -------
    tuple of ndarray
        Grey values and targets. The upper objects hide the lower ones.
    """
    (below, targets), (above, others) = lower, upper
    image = below + above if bright else np.minimum(below, above)
    hidden = others[..., FOREGROUND] > 0.5
    if not hidden.any():
        return image, targets
    # An object that is partly hidden ends where the one above it begins.
    to_upper = distance_to(hidden)
    to_lower = distance_to((targets[..., FOREGROUND] > 0.5) & ~hidden)
    joined = targets.copy()
    joined[..., DISTANCE] = np.minimum(joined[..., DISTANCE], to_upper)
    joined[hidden] = others[hidden]
    beside = np.where(hidden, FURTHEST, targets[..., GAP])
    nearest = np.minimum(beside, others[..., GAP])
    joined[..., GAP] = np.minimum(nearest, to_upper + to_lower)
    return image, joined


def vary_objects(
    image: Floats, labels: Labels, bright: bool, rng: np.random.Generator
) -> Floats:
    """Return the crop with each object's contrast changed by a factor of its own.

    Parameters
    ----------
    image : ndarray
        (Y, X, channels), background 0 if the objects are bright, else 1.
    labels : ndarray of int32
        (Y, X), 0 is background.
    """
    ids, inverse = np.unique(labels, return_inverse=True)
    factors = np.exp(rng.normal(0, 0.5, len(ids))).clip(0.25, 2).astype(np.float32)
    factors[ids == 0] = 1
    gain = cv2.GaussianBlur(factors[inverse].reshape(labels.shape), (0, 0), 1.0)
    gain = gain[..., None]
    changed = image * gain if bright else 1 - (1 - image) * gain
    return np.asarray(changed, np.float32)
