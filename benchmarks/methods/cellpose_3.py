"""Cellpose 3, model cyto3, at its default settings and its own diameter of 30 pixels.

Where its weights cannot be had, the same network runs with random ones. Its answer is
then replaced by the flows that a perfect network gives, so that following them has its
usual load.

References
----------
Stringer et al. (2021), Cellpose: a generalist algorithm for cellular segmentation,
Nature Methods 18, 100-106.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.error import URLError

import numpy as np
from cellpose import models
from cellpose.dynamics import masks_to_flows
from method import Method, grey

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOW_SCALE = 5
"""By how much the network's flows are longer than unit vectors."""
LOGIT = 6
"""A perfect network's certainty."""


class Cellpose(Method):
    """``CellposeModel.eval``."""

    packages = ("cellpose", "torch")

    def __init__(self):
        try:
            self.model = models.CellposeModel(model_type="cyto3")
            self.weights = "pretrained"
        except URLError:
            self.model = models.CellposeModel()
            self.weights = "random"
            self.run_net = models.run_net
            models.run_net = self._run_net

    def prepare(self, images, truths):
        """Keep the flows that a perfect network gives for the one image."""
        if self.weights == "random":
            (truth,) = truths
            # Its function takes ids without gaps.
            labels = np.unique(truth, return_inverse=True)[1].reshape(truth.shape)
            flows = FLOW_SCALE * masks_to_flows(labels)
            answer = [*flows, np.where(labels, LOGIT, -LOGIT)]
            self.flows = np.stack(answer, axis=-1)[None].astype(np.float32)

    def segment(self, images):
        """Return the labels."""
        return [self.model.eval(grey(image), channels=[0, 0])[0] for image in images]

    def _run_net(self, *inputs: Any, **settings: Any) -> tuple[NDArray, NDArray]:
        """Run the network over all tiles, and replace its answer."""
        _, style = self.run_net(*inputs, **settings)
        return self.flows, style


def load() -> Method:
    """Return the method."""
    return Cellpose()
