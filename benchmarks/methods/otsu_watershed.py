"""Otsu's threshold, then a watershed of the distance transform, by scikit-image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from method import Method, grey
from scipy.ndimage import binary_fill_holes, distance_transform_edt
from skimage.feature import peak_local_max
from skimage.filters import gaussian, threshold_otsu
from skimage.measure import label
from skimage.morphology import remove_small_objects
from skimage.segmentation import watershed

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALLEST = 30
"""Pixels of the smallest object kept."""


class OtsuWatershed(Method):
    """The objects are the side of the threshold that has fewer pixels."""

    packages = ("scikit-image",)

    def segment(self, images):
        """Return the labels."""
        return [divide(foreground(grey(image))) for image in images]


def foreground(image: NDArray) -> NDArray:
    """Return the mask of the objects."""
    smooth = gaussian(image, 1, preserve_range=True)
    bright = smooth > threshold_otsu(smooth)
    return bright if 2 * bright.mean() < 1 else ~bright


def divide(mask: NDArray) -> NDArray:
    """Return the labels of a mask, touching objects divided at their necks."""
    mask = remove_small_objects(binary_fill_holes(mask), max_size=SMALLEST - 1)
    # Smoothed, or an uneven outline would give a nucleus several peaks.
    distance = gaussian(distance_transform_edt(mask), 1.5)
    peaks = peak_local_max(distance, min_distance=5, labels=label(mask))
    seeds = np.zeros(mask.shape, np.int32)
    seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    return watershed(-distance, seeds, mask=mask)


def load() -> Method:
    """Return the method."""
    return OtsuWatershed()
