"""StarDist 2D, model 2D_versatile_fluo, as its own example runs it.

Where its weights cannot be had, the same network runs with random ones. Its answer is
then replaced by the maps that a perfect network gives, so that the selection and the
drawing of the polygons have their usual load.

References
----------
Schmidt et al. (2018), Cell Detection with Star-convex Polygons, MICCAI, 265-273.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from csbdeep.utils import normalize
from method import Method, grey
from stardist import edt_prob, star_dist
from stardist.models import Config2D, StarDist2D

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = "2D_versatile_fluo"
THRESHOLDS = {"prob": 0.479071, "nms": 0.3}
"""Those that come with the model."""


class StarDist(Method):
    """``predict_instances`` of a normalised image."""

    packages = ("stardist", "tensorflow", "tensorflow-cpu")

    def __init__(self):
        try:
            self.model = StarDist2D.from_pretrained(NAME)
            self.weights = "pretrained"
        except Exception:  # noqa: BLE001  # Keras raises a bare one without a network
            config = Config2D(n_rays=32, grid=(2, 2), n_channel_in=1)
            self.model = StarDist2D(config, basedir=None)
            self.model.thresholds = THRESHOLDS
            self.model.keras_model = _Replaced(self.model.keras_model)
            self.weights = "random"

    def prepare(self, images, truths):
        """Keep the maps that a perfect network gives for the one image."""
        if self.weights == "random":
            (truth,) = truths
            config = self.model.config
            step = tuple(slice(None, None, length) for length in config.grid)
            distances = star_dist(truth, config.n_rays, grid=config.grid)
            self.model.keras_model.maps = (
                edt_prob(truth)[step][None, ..., None].astype(np.float32),
                distances[None].astype(np.float32),
            )

    def segment(self, images):
        """Return the labels."""
        return [
            self.model.predict_instances(normalize(grey(image), 1, 99.8))[0]
            for image in images
        ]


class _Replaced:
    """A network that does its work, and whose answer is then replaced."""

    maps: tuple[NDArray, ...] = ()

    def __init__(self, network: Any):
        self.network = network

    def predict(self, batch: NDArray, **settings: Any) -> tuple[NDArray, ...]:
        self.network.predict(batch, **settings)
        return self.maps


def load() -> Method:
    """Return the method."""
    return StarDist()
