"""How good a network is on images kept out of its training."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.instances import Objects, decode
from napari_mobile_unet.metrics import evaluate
from napari_mobile_unet.unet.model import Decoding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.unet.augment import Example

    Maps = NDArray[np.float32]

LEVELS = (0.4, 0.5, 0.6)
"""Foreground probabilities that tuning tries."""
SEEDS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Core distances that tuning tries."""


def predict_maps(network: Any, example: Example) -> Maps:
    """Return the maps (Y, X, 2), 0 to 1, of an example at its own scale."""
    height, width = example.labels.shape
    channels = network.input_shape[-1]
    image = example.image
    if channels == 1:
        image = example.grey[..., None]
    image = np.broadcast_to(image, (height, width, channels))
    padding = ((0, -height % 32), (0, -width % 32), (0, 0))
    image = np.pad(image, padding, mode="symmetric")
    logits = np.asarray(network(image[None], training=False))[0]
    return np.asarray(1 / (1 + np.exp(-logits[:height, :width])), np.float32)


def score(maps: Maps, example: Example, decoding: Decoding) -> float:
    """Return AP at IoU 0.5 of the objects that the maps show."""
    labels = decode(
        maps[..., 0],
        maps[..., 1],
        Objects(),
        level=decoding.foreground,
        seed=decoding.seed,
    ).labels
    return evaluate(labels, example.labels).ap[0.5]


def validate(network: Any, examples: list[Example]) -> float:
    """Return AP at IoU 0.5, image mean, with the default decoding."""
    return float(
        np.mean([score(predict_maps(network, e), e, Decoding()) for e in examples])
    )


def tune(network: Any, examples: list[Example]) -> tuple[Decoding, float | None]:
    """Return the decoding with the best AP on the examples, and that AP.

    Groups of images count alike, however many images each has. Without
    examples the default decoding is returned, and no AP.
    """
    if not examples:
        return Decoding(), None
    maps = [predict_maps(network, example) for example in examples]
    groups = sorted({example.group for example in examples})

    def mean(decoding: Decoding) -> float:
        scores = [score(m, e, decoding) for m, e in zip(maps, examples, strict=True)]
        means = [
            np.mean(
                [s for s, e in zip(scores, examples, strict=True) if e.group == group]
            )
            for group in groups
        ]
        return float(np.mean(means))

    candidates = [Decoding(foreground=f, seed=s) for f, s in product(LEVELS, SEEDS)]
    aps = [mean(candidate) for candidate in candidates]
    best = int(np.argmax(aps))
    return candidates[best], aps[best]
