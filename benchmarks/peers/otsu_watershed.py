"""Otsu's threshold, then a watershed of the distance, as in scikit-image's gallery."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import gaussian, threshold_otsu
from skimage.segmentation import watershed


def segment_plane(image):
    """Return the labels of a grey image with bright objects."""
    smooth = gaussian(image, 1, preserve_range=True)
    mask = smooth > threshold_otsu(smooth)
    return split(mask)


def split(mask):
    """Return the labels of a mask, touching objects divided."""
    distance = gaussian(ndimage.distance_transform_edt(mask), 1)
    pieces, _ = ndimage.label(mask)
    peaks = peak_local_max(distance, min_distance=5, labels=pieces)
    seeds = np.zeros(mask.shape, np.int32)
    seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    return watershed(-distance, seeds, mask=mask)


def load():
    """Return how an image is segmented."""
    return lambda image, truth: lambda: segment_plane(image)
