"""A network that learns from lessons: a few steps, from weights that are good already.

All of it learns; what was tried instead is in the documentation of teaching.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from napari_mobile_unet.io.atomic import atomic_path
from napari_mobile_unet.training.child import network
from napari_mobile_unet.training.child.learning import class_loss, loss
from napari_mobile_unet.training.validation import predict_maps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from napari_mobile_unet.training.child.learning import Batch
    from napari_mobile_unet.training.examples import Example
    from napari_mobile_unet.training.teaching import TeachingJob
    from napari_mobile_unet.types import Floats

QUICK = 0.9
"""Momentum of the statistics of a new network: the average of its weights, which has
them as well, makes them steady."""
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
            autograph=False,
        )

    def __call__(self, images: Any, *, training: bool) -> Any:
        """Return the logits of images (batch, y, x, channels)."""
        if training:
            raise ValueError("a compiled network is for prediction alone")
        return self._run(images)


class Pupil:
    """A network, its optimiser, and a moving average of its weights.

    All weights that learn are one vector to the optimiser and to the average: as some
    two hundred tensors, the graph of a step took three times as long to build.

    Parameters
    ----------
    job : TeachingJob
        What it begins with.

    Attributes
    ----------
    network : keras.Model
        What learns; within `holding` and `averaged` it has other weights.
    predict : Compiled
        The same network, for measuring.
    steps : int
        Batches that it learnt from.
    """

    def __init__(self, job: TeachingJob) -> None:
        keras.utils.set_random_seed(job.seed)
        self._job = job
        self.network = network.build(job.architecture)
        if job.start_weights is not None:
            network.load_weights(
                self.network,
                job.start_weights,
                job.start_architecture,
                head=job.has_old,
            )
        classes = job.architecture.classes
        self._loss, self._depth = (class_loss, 2) if classes else (loss, 4)
        if not job.has_old:
            _begin_alike(self.network.get_layer("head"))
            _follow_soon(self.network)
        self.predict = Compiled(self.network)
        self._variables = self.network.trainable_variables
        self._statistics = (
            [] if job.frozen_statistics else self.network.non_trainable_variables
        )
        self._sizes = [int(np.prod(v.shape)) for v in self._variables]
        self._weights = keras.Variable(_flat(self._variables), name="weights")
        self._average = keras.Variable(
            _flat([*self._variables, *self._statistics]), name="average"
        )
        self._optimiser = keras.optimizers.AdamW(
            job.learning_rate, weight_decay=1e-4, global_clipnorm=1.0
        )
        self._optimiser.build([self._weights])
        self.steps = 0
        self._step: Callable[..., Any] = tf.function(self._eager_step, autograph=False)

    def _eager_step(self, images: Any, targets: Any, decay: Any) -> Any:
        training = not self._job.frozen_statistics
        with tf.GradientTape() as tape:
            value = self._loss(targets, self.network(images, training=training))
        gradients = tape.gradient(value, self._variables)
        self._optimiser.apply([_joined(gradients)], [self._weights])
        parts = tf.split(self._weights.value, self._sizes)
        for variable, part in zip(self._variables, parts, strict=True):
            variable.assign(tf.reshape(part, variable.shape))
        now = tf.concat([self._weights.value, _joined(self._statistics)], 0)
        self._average.assign(decay * self._average + (1 - decay) * now)
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
        kept = self.network.get_weights()
        flat = np.array(self._weights), np.array(self._average)
        self.step((images, np.zeros((*shape, self._depth), np.float32)), 0.0)
        self.network.set_weights(kept)
        self._weights.assign(flat[0])
        self._average.assign(flat[1])
        for moment in self._optimiser.variables:
            moment.assign(tf.zeros_like(moment))
        self.steps = 0

    def maps_of(self, example: Example) -> Floats:
        """Return the maps (Y, X, maps) of an example by the network as it is."""
        known = self._job.augmentation.known_diameter
        softmax = bool(self._job.architecture.classes)
        return predict_maps(self.predict, example, known, mirror=False, softmax=softmax)

    @contextmanager
    def holding(self, weights: Sequence[Floats]) -> Iterator[None]:
        """Give the network other weights for a while, to measure it."""
        kept = self.network.get_weights()
        self.network.set_weights(weights)
        try:
            yield
        finally:
            self.network.set_weights(kept)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Give the network its averaged weights for a while."""
        with self.holding(self.network.get_weights()):
            followed = [*self._variables, *self._statistics]
            ends = np.cumsum([int(np.prod(v.shape)) for v in followed])[:-1]
            parts = np.split(np.array(self._average), ends)
            for variable, part in zip(followed, parts, strict=True):
                variable.assign(part.reshape(variable.shape))
            yield

    def keep(self, path: Path) -> None:
        """Write the weights to a file, whole or not at all."""
        with atomic_path(path) as beside:
            self.network.save_weights(beside)

    def load(self, path: Path) -> list[Floats]:
        """Return weights that were kept."""
        self.network.load_weights(path)
        return self.weights

    @property
    def weights(self) -> list[Floats]:
        """A copy of the weights."""
        return [np.array(weight) for weight in self.network.get_weights()]


def _begin_alike(head: keras.layers.Layer) -> None:
    """Give the four pixels of each output of a new head the same weights at first.

    Else a chessboard is what a network has to unlearn (Aitken et al. 2017,
    https://arxiv.org/abs/1707.02937).
    """
    for weight in head.weights:
        values = np.array(weight)
        four = values.reshape(*values.shape[:-1], 4, -1)
        weight.assign(
            np.broadcast_to(four[..., :1, :], four.shape).reshape(values.shape)
        )


def _follow_soon(model: keras.Model) -> None:
    """Have means and variances of norms follow a network that learns for a minute."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = QUICK


def _flat(variables: Sequence[Any]) -> Floats:
    """Return all values of some variables as one vector."""
    return np.concatenate([np.array(v, np.float32).ravel() for v in variables])


def _joined(tensors: Sequence[Any]) -> Any:
    """Return all values of some tensors as one, in a graph."""
    return tf.concat([tf.reshape(t, [-1]) for t in tensors] or [tf.zeros(0)], 0)


def between(old: Sequence[Floats], new: Sequence[Floats], share: float) -> list[Floats]:
    """Return weights on the way from the old to the new ones.

    Source: Wortsman et al. 2022, https://arxiv.org/abs/2109.01903
    """
    return [a + np.float32(share) * (b - a) for a, b in zip(old, new, strict=True)]
