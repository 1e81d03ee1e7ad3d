"""Harder crops: overlapping objects, and dim objects among bright ones.

Annotated images hold few of the clusters and dim objects that are missed most often.
Fluorescence adds up and absorption multiplies, so two crops of one image can be laid
over each other as a microscope would show them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from napari_mobile_unet.training.targets import (
    DISTANCE,
    FOREGROUND,
    FURTHEST,
    GAP,
    KNOWN,
    distance_to,
)

if TYPE_CHECKING:
    from napari_mobile_unet.types import Floats, Labels, Mask


class Crop(NamedTuple):
    """A part of an annotated plane."""

    image: Floats
    """(Y, X, channels) grey values."""
    targets: Floats
    """(Y, X, 4) of ``targets_of``, or the maps to learn, of ``maps_of``."""


def is_bright(image: Floats, foreground: Mask) -> bool:
    """Return whether the objects are brighter than their background."""
    if not foreground.any() or foreground.all():
        return True
    return bool(image[foreground].mean() > image[~foreground].mean())


def overlay_crops(lower: Crop, upper: Crop, bright: bool) -> Crop:
    """Return one crop with another one laid over it, which hides its objects.

    Parameters
    ----------
    lower, upper : Crop
        Their background is 0 if the objects are bright, else 1; the targets are those
        of ``targets_of``, with distances in pixels of the crop.
    bright : bool
        Whether the objects are bright.
    """
    if bright:
        image = lower.image + upper.image
    else:
        image = np.minimum(lower.image, upper.image)
    hidden = upper.targets[..., FOREGROUND] > 0.5
    if not hidden.any():
        return Crop(image, lower.targets)
    # An object that is partly hidden ends where the one above it begins.
    to_upper = distance_to(hidden)
    to_lower = distance_to((lower.targets[..., FOREGROUND] > 0.5) & ~hidden)
    joined = lower.targets.copy()
    joined[..., DISTANCE] = np.minimum(joined[..., DISTANCE], to_upper)
    joined[hidden] = upper.targets[hidden]
    visible_gap = np.where(hidden, FURTHEST, lower.targets[..., GAP])
    nearest = np.minimum(visible_gap, upper.targets[..., GAP])
    joined[..., GAP] = np.minimum(nearest, to_upper + to_lower)
    # What lies under an unknown part of the upper crop is no longer known.
    known = lower.targets[..., KNOWN:], upper.targets[..., KNOWN:]
    joined[..., KNOWN:] = np.minimum(*known)
    return Crop(image, joined)


def vary_contrast(
    image: Floats, labels: Labels, bright: bool, rng: np.random.Generator
) -> Floats:
    """Return the crop with each object's contrast changed by a factor of its own.

    Parameters
    ----------
    image : ndarray
        (Y, X, channels), background 0 if the objects are bright, else 1.
    labels : ndarray of int32
        (Y, X), 0 is background.
    bright : bool
        Whether the objects are bright.
    rng : numpy.random.Generator
        Source of all randomness.
    """
    ids, inverse = np.unique(labels, return_inverse=True)
    factors = np.exp(rng.normal(0, 0.5, len(ids))).clip(0.25, 2).astype(np.float32)
    factors[ids == 0] = 1
    gain = cv2.GaussianBlur(factors[inverse].reshape(labels.shape), (0, 0), 1.0)
    gain = gain[..., None]
    changed = image * gain if bright else 1 - (1 - image) * gain
    return np.asarray(changed, np.float32)
