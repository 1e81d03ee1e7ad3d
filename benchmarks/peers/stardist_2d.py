"""StarDist's network of 2D_versatile_fluo, with random weights.

What such a network answers means nothing. So the network runs, its answer is thrown
away, and the polygons are chosen and drawn from the maps that a perfect network would
give, made from the truth: as many candidates as in earnest.
"""

from __future__ import annotations

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
from csbdeep.utils import normalize
from stardist import edt_prob, star_dist
from stardist.models import Config2D, StarDist2D

RAYS, GRID = 32, (2, 2)


def load():
    """Return how an image is segmented."""
    model = StarDist2D(Config2D(n_rays=RAYS, grid=GRID, n_channel_in=1), basedir=None)

    def prepare(image, truth):
        step = tuple(slice(None, None, each) for each in GRID)
        chance = edt_prob(truth)[step].astype(np.float32)
        distance = np.maximum(star_dist(truth, RAYS, grid=GRID), 1e-3)

        def segment():
            model.predict(normalize(image, 1, 99.8))
            labels, _ = model._instances_from_prediction(
                image.shape, chance, distance, prob_thresh=0.48, nms_thresh=0.3
            )
            return labels

        return segment

    return prepare
