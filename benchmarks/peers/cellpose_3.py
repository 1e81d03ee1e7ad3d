"""Cellpose 3's network, with random weights.

What such a network answers means nothing. So the network runs, its answer is thrown
away, and the pixels flow together along the flows that a perfect network would give,
made from the truth.
"""

from __future__ import annotations

import numpy as np
import torch
from cellpose import core, dynamics, resnet_torch, transforms

torch.set_num_threads(2)
CPU = torch.device("cpu")


def load():
    """Return how an image is segmented."""
    network = resnet_torch.CPnet([2, 32, 64, 128, 256], 3, sz=3)
    network.eval()

    def prepare(image, truth):
        flows = dynamics.labels_to_flows([truth.astype(np.int32)], device=CPU)[0]

        def segment():
            scaled = transforms.normalize99(image.astype(np.float32))
            both = np.stack([scaled, np.zeros_like(scaled)], -1)[None]
            core.run_net(network, both)
            return dynamics.resize_and_compute_masks(
                flows[2:4] * 5, np.where(flows[1] > 0.5, 5.0, -5.0)
            )

        return segment

    return prepare
