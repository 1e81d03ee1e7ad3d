"""A random forest on the features of each pixel, then the same watershed."""

from __future__ import annotations

import numpy as np
from otsu_watershed import split
from skimage.feature import multiscale_basic_features
from sklearn.ensemble import RandomForestClassifier

PIXELS = 20_000
"""Pixels of the first image that the forest learns from."""


def features(image):
    """Return (pixels, features)."""
    found = multiscale_basic_features(image.astype(np.float32), sigma_max=8)
    return found.reshape(-1, found.shape[-1])


def load():
    """Return how an image is segmented; the first one trains the forest, untimed."""
    forest = RandomForestClassifier(50, max_depth=12, n_jobs=2, random_state=0)

    def prepare(image, truth):
        if not hasattr(forest, "classes_"):
            rng = np.random.default_rng(0)
            some = rng.choice(image.size, PIXELS, replace=False)
            forest.fit(features(image)[some], truth.ravel()[some] > 0)

        def segment():
            chance = forest.predict_proba(features(image))[:, 1]
            return split(chance.reshape(image.shape) > 0.5)

        return segment

    return prepare
