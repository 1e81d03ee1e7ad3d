"""A random forest on features of each pixel, by scikit-image and scikit-learn.

It tells objects from background; touching ones are divided as after Otsu's threshold.
This way, and as many pixels of each training image as here, did best on the validation
fold: better than a class of its own for the rims of objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from method import Method
from otsu_watershed import divide
from skimage.feature import multiscale_basic_features
from sklearn.ensemble import RandomForestClassifier

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIXELS = 600
"""Pixels of each training image that the forest learns from."""


class RandomForest(Method):
    """scikit-image's trainable segmentation, on grey values or on colours."""

    packages = ("scikit-image", "scikit-learn")

    def __init__(self):
        self.forest = RandomForestClassifier(
            50, max_depth=15, min_samples_leaf=5, n_jobs=-1, random_state=0
        )
        self.colour = False

    def train(self, images, truths):
        """Learn from a sample of the pixels of each image."""
        self.colour = any(image.ndim == 3 for image in images)
        rng = np.random.default_rng(0)
        features, inside = [], []
        for image, truth in zip(images, truths, strict=True):
            chosen = rng.choice(truth.size, PIXELS, replace=False)
            features.append(self._features(image)[chosen])
            inside.append(truth.ravel()[chosen] > 0)
        self.forest.fit(np.concatenate(features), np.concatenate(inside))

    def segment(self, images):
        """Return the labels."""
        return [
            divide(self.forest.predict(self._features(image)).reshape(image.shape[:2]))
            for image in images
        ]

    def _features(self, image: NDArray) -> NDArray:
        """Return (pixels, features): grey value, edge and texture at five scales."""
        low, high = np.percentile(image, (1, 99.8))
        normal = ((image - low) / max(high - low, 1)).astype(np.float32)
        if self.colour and image.ndim == 2:
            normal = np.repeat(normal[..., None], 3, axis=-1)
        axis = -1 if self.colour else None
        found = multiscale_basic_features(normal, channel_axis=axis, sigma_max=8)
        return found.reshape(-1, found.shape[-1])


def load() -> Method:
    """Return the method, untrained."""
    return RandomForest()
