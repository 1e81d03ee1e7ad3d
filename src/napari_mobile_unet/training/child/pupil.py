"""A network that learns from lessons: a few steps, from weights that are good already.

All of it learns; what was tried instead is in the documentation of teaching.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from napari_mobile_unet.io.atomic import atomic_path
from napari_mobile_unet.training.child import network
from napari_mobile_unet.training.child.learning import loss

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from napari_mobile_unet.training.child.learning import Batch
    from napari_mobile_unet.training.teaching import TeachingJob
    from napari_mobile_unet.types import Floats

MEMORY = 0.98
"""Decay of the moving average of the weights for each step."""


class Compiled:
    """A network as one graph for images of any size, built at its first call.

    Called layer by layer, a small image takes longer to be handed on than to be
    computed.
    """

    def __init__(self, model: keras.Model) -> None:
        self.input_shape = model.input_shape
        shape = (None, None, None, model.input_shape[-1])
        self._run = tf.function(
            lambda images: model(images, training=False),
            input_signature=[tf.TensorSpec(shape, tf.float32)],
        )

    def __call__(self, images: Any, *, training: bool) -> Any:
        """Return the logits of images (batch, y, x, channels)."""
        if training:
            raise ValueError("a compiled network is for prediction alone")
        return self._run(images)


class Pupil:
    """A network, its optimiser, and a moving average of its weights.

    Parameters
    ----------
    job : TeachingJob
        What it begins with.

    Attributes
    ----------
    average : keras.Model
        The network with the averaged weights, which is measured and kept.
    predict : Compiled
        The same network, for measuring.
    """

    def __init__(self, job: TeachingJob) -> None:
        keras.utils.set_random_seed(job.seed)
        self._job = job
        self._model = network.build(job.architecture)
        self.average = network.build(job.architecture)
        if job.start_weights is not None:
            network.load_weights(self._model, job.start_weights, job.start_architecture)
        self.average.set_weights(self._model.get_weights())
        self.predict = Compiled(self.average)
        self._variables = self._model.trainable_variables
        followed = self._variables if job.frozen_statistics else self._model.variables
        of_path = {weight.path: weight for weight in self.average.variables}
        self._followed = [(of_path[weight.path], weight) for weight in followed]
        self._optimiser = keras.optimizers.AdamW(
            job.learning_rate, weight_decay=1e-4, global_clipnorm=1.0
        )
        self._optimiser.build(self._variables)
        self.steps = 0
        self._step: Callable[..., Any] = tf.function(self._eager_step)

    def _eager_step(self, images: Any, targets: Any, decay: Any) -> Any:
        training = not self._job.frozen_statistics
        with tf.GradientTape() as tape:
            value = loss(targets, self._model(images, training=training))
        gradients = tape.gradient(value, self._variables)
        self._optimiser.apply_gradients(zip(gradients, self._variables, strict=True))
        for average, now in self._followed:
            average.assign(decay * average + (1 - decay) * now)
        return value

    def step(self, batch: Batch, rate: float) -> float:
        """Learn from one batch at a learning rate; return the loss."""
        self._optimiser.learning_rate = rate
        decay = min(MEMORY, (1 + self.steps) / (10 + self.steps))
        self.steps += 1
        return float(self._step(*batch, tf.constant(decay, tf.float32)))

    def warm_up(self) -> None:
        """Build the graphs, which takes seconds, without learning anything."""
        job = self._job
        shape = (job.batch, job.crop, job.crop)
        images = np.zeros((*shape, job.architecture.channels), np.float32)
        self.predict(images[:1], training=False)
        kept = self._model.get_weights()
        self.step((images, np.zeros((*shape, 4), np.float32)), 0.0)
        self._model.set_weights(kept)
        self.average.set_weights(kept)
        for moment in self._optimiser.variables:
            moment.assign(tf.zeros_like(moment))
        self.steps = 0

    def keep(self, path: Path) -> None:
        """Write the averaged weights to a file, whole or not at all."""
        with atomic_path(path) as beside:
            self.average.save_weights(beside)

    def load(self, path: Path) -> list[Floats]:
        """Return weights that were kept."""
        self.average.load_weights(path)
        return self.weights

    @property
    def weights(self) -> list[Floats]:
        """A copy of the averaged weights."""
        return [np.array(weight) for weight in self.average.get_weights()]


def between(old: Sequence[Floats], new: Sequence[Floats], share: float) -> list[Floats]:
    """Return weights on the way from the old to the new ones.

    Source: Wortsman et al. 2022, https://arxiv.org/abs/2109.01903
    """
    return [a + np.float32(share) * (b - a) for a, b in zip(old, new, strict=True)]
