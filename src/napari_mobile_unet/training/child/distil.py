"""A network learns from another one, besides the labels.

A small network learns more from the maps of a large one than from labels alone: they
say how sure one can be of each pixel (Hinton et al. 2015,
https://arxiv.org/abs/1503.02531).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from napari_mobile_unet.training.child import network
from napari_mobile_unet.training.child.export import to_litert
from napari_mobile_unet.training.child.learning import loss
from napari_mobile_unet.training.compose import Crop

if TYPE_CHECKING:
    from napari_mobile_unet.training.child.learning import Sampler
    from napari_mobile_unet.types import Floats
    from napari_mobile_unet.unet.model import Model

TARGETS = 4
"""Channels of a crop's targets, before the teacher's maps."""


class Teacher:
    """Gives the maps of crops by a trained model.

    On LiteRT, which takes less than half the time of Keras.

    Parameters
    ----------
    model : Model
        The model.
    crop : int
        Height and width of the crops in pixels.
    """

    def __init__(self, model: Model, crop: int) -> None:
        architecture = model.card.architecture
        trained = network.build(architecture)
        network.load_weights(trained, model.weights)
        self._content = to_litert(trained, architecture, tile=crop)
        self._own = threading.local()  # two threads must not run one interpreter

    def maps_of(self, image: Floats) -> Floats:
        """Return maps (crop, crop, maps) from 0 to 1 of (crop, crop, channels)."""
        if not hasattr(self._own, "interpreter"):
            # As many threads draw crops as there are cores for it.
            made = tf.lite.Interpreter(model_content=self._content, num_threads=1)
            made.allocate_tensors()
            self._own.interpreter = made
        interpreter = self._own.interpreter
        (entry,), (result,) = (
            interpreter.get_input_details(),
            interpreter.get_output_details(),
        )
        interpreter.set_tensor(entry["index"], image[None])
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(result["index"])[0], np.float32)


class DistillingSampler:
    """Draws crops whose targets end with the maps of a teacher.

    Parameters
    ----------
    sampler : Sampler
        Draws the crops.
    teacher : Teacher
        For crops of this size.
    """

    def __init__(self, sampler: Sampler, teacher: Teacher) -> None:
        self._sampler, self._teacher = sampler, teacher

    def draw(self, rng: np.random.Generator) -> Crop:
        """Return one crop: image, and targets (size, size, 4 + maps)."""
        crop = self._sampler.draw(rng)
        maps = self._teacher.maps_of(crop.image)
        return Crop(crop.image, np.concatenate([crop.targets, maps], -1))


def distilling_loss(targets: Any, logits: Any) -> Any:
    """Return the mean loss of a batch by its labels and by the teacher's maps.

    Parameters
    ----------
    targets : tensor
        (b, y, x, 4 + maps): those of ``loss``, then the teacher's maps.
    logits : tensor
        (b, y, x, maps).

    Returns
    -------
    scalar tensor
        Half of ``loss``, and the cross entropy with the teacher's maps, which has the
        same weights in small objects and seams.
    """
    truth, maps = targets[..., :TARGETS], targets[..., TARGETS:]
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(maps, logits) * truth[..., -1:]
    taught = tf.reduce_sum(tf.reduce_mean(entropy, (0, 1, 2)))
    return loss(truth, logits) / 2 + taught
