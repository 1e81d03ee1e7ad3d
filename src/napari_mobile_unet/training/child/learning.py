"""How a network learns: batches, loss, optimiser, learning rate, epochs."""

from __future__ import annotations

import itertools
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from napari_mobile_unet.training.child import network

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from threading import Event

    from napari_mobile_unet.training.compose import Crop
    from napari_mobile_unet.training.job import TrainingJob
    from napari_mobile_unet.types import Floats

Batch = tuple["Floats", "Floats"]
"""Images (batch, y, x, channels), and what is learnt of them (batch, y, x, ...)."""


def loss(targets: Any, logits: Any) -> Any:
    """Return the mean loss of a batch.

    Parameters
    ----------
    targets : tensor
        (b, y, x, 4): foreground, distance, seam, weight, which is 0 where nobody knows
        what is right.
    logits : tensor
        (b, y, x, maps): the same maps, or the first of them.

    Returns
    -------
    scalar tensor
        Weighted cross entropy, and soft Dice (Milletari et al. 2016,
        https://doi.org/10.1109/3DV.2016.79), summed over the maps.
    """
    truth, weight = targets[..., : logits.shape[-1]], targets[..., -1:]
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(truth, logits) * weight
    maps = tf.sigmoid(logits)
    overlap = tf.reduce_sum(maps * truth * weight, (0, 1, 2))
    total = tf.reduce_sum((maps + truth) * weight, (0, 1, 2))
    dice = 1 - (2 * overlap + 1) / (total + 1)
    known = tf.reduce_mean(tf.cast(weight > 0, tf.float32))
    mean = tf.reduce_sum(tf.reduce_mean(entropy, (0, 1, 2))) / tf.maximum(known, 0.05)
    return mean + tf.reduce_sum(dice) / 2


def class_loss(targets: Any, logits: Any) -> Any:
    """Return the mean loss of a batch of classes of pixels.

    Parameters
    ----------
    targets : tensor
        (b, y, x, 2): the class of each pixel, 0 for background, and its weight, which
        is 0 where nobody knows what is right.
    logits : tensor
        (b, y, x, 1 + classes).

    Returns
    -------
    scalar tensor
        Weighted cross entropy of the softmax, and soft Dice of each class, as in
        ``loss``.
    """
    number, weight = tf.cast(targets[..., 0], tf.int32), targets[..., 1]
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(number, logits) * weight
    known = tf.cast(weight > 0, tf.float32)
    truth = tf.one_hot(number, logits.shape[-1]) * known[..., None]
    maps = tf.nn.softmax(logits) * known[..., None]
    overlap = tf.reduce_sum(maps * truth, (0, 1, 2))
    total = tf.reduce_sum(maps + truth, (0, 1, 2))
    dice = 1 - (2 * overlap + 1) / (total + 1)
    mean = tf.reduce_mean(entropy) / tf.maximum(tf.reduce_mean(known), 0.05)
    return mean + tf.reduce_mean(dice[1:])


class Sampler(Protocol):
    """Draws crops."""

    def draw(self, rng: np.random.Generator) -> Crop:
        """Return one crop."""
        ...


def iter_batches(
    sampler: Sampler, batch_size: int, seed: int
) -> Generator[Batch, None, None]:
    """Yield batches for ever; the n-th depends on the seed and n alone."""

    def batch(step: int) -> Batch:
        rng = np.random.default_rng((seed, step))
        images, targets = zip(
            *(sampler.draw(rng) for _ in range(batch_size)), strict=True
        )
        return np.stack(images), np.stack(targets)

    with ThreadPoolExecutor(2) as pool:
        ahead = deque(pool.submit(batch, step) for step in range(4))
        step = len(ahead)
        while True:
            ready = ahead.popleft()
            ahead.append(pool.submit(batch, step))
            step += 1
            yield ready.result()


class Trainer:
    """The network, its optimiser, and a moving average of its weights.

    The average (decay 0.998 per step) is what is validated and saved: it is
    better than the last weights, and steadier.

    Parameters
    ----------
    job : TrainingJob
        What is trained, and by how large steps.
    loss : callable
        Of targets (batch, y, x, ...) and logits, gives what becomes small.
    """

    def __init__(
        self, job: TrainingJob, loss: Callable[[Any, Any], Any] = loss
    ) -> None:
        self._loss = loss
        keras.utils.set_random_seed(job.seed)
        self.model = network.build(job.architecture)
        self.average = network.build(job.architecture)
        if job.start_weights is not None:
            network.load_weights(self.model, job.start_weights, job.start_architecture)
        self.average.set_weights(self.model.get_weights())
        self.optimiser = keras.optimizers.AdamW(
            job.learning_rate, weight_decay=1e-4, global_clipnorm=1.0
        )
        self.optimiser.build(self.model.trainable_variables)
        self.steps = 0
        self._step: Callable[[Any, Any, Any], Any] = tf.function(self._eager_step)

    def _eager_step(self, images: Any, targets: Any, decay: Any) -> Any:
        with tf.GradientTape() as tape:
            value = self._loss(targets, self.model(images, training=True))
        variables = self.model.trainable_variables
        self.optimiser.apply_gradients(
            zip(tape.gradient(value, variables), variables, strict=True)
        )
        for average, now in zip(
            self.average.variables, self.model.variables, strict=True
        ):
            average.assign(decay * average + (1 - decay) * now)
        return value

    def step(self, batch: Batch, rate: float) -> float:
        """Learn from one batch at a learning rate; return the loss."""
        self.optimiser.learning_rate = rate
        # A short memory at first, or the average would keep the random start.
        decay = min(0.998, (1 + self.steps) / (10 + self.steps))
        self.steps += 1
        images, targets = batch
        return float(self._step(images, targets, tf.constant(decay, tf.float32)))


def rate_at(share: float, highest: float) -> float:
    """Return the learning rate when a share (0 to 1) of the training is done.

    A linear warm-up over the first 2 %, then half a cosine down to 1 % of the
    highest (Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983).
    """
    if share < 0.02:
        return highest * max(share / 0.02, 0.05)
    return float(highest * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * min(share, 1)))))


@dataclass(frozen=True)
class Epoch:
    """An epoch that has ended.

    Parameters
    ----------
    number : int
        From 1.
    loss : float
        Mean over its batches.
    share : float
        Of the training that is done, 0 to 1.
    """

    number: int
    loss: float
    share: float


def iter_epochs(
    trainer: Trainer, sampler: Sampler, job: TrainingJob, stopped: Event
) -> Iterator[Epoch]:
    """Learn from the crops of a sampler, and yield each epoch as it ends.

    The job's minutes or epochs end the training, or ``stopped`` does, after the batch
    in hand.
    """
    batches = iter_batches(sampler, job.batch, job.seed)
    begin = time.monotonic()

    def share_done(epoch: float) -> float:
        if job.minutes is not None:
            return (time.monotonic() - begin) / 60 / job.minutes
        return epoch / job.epochs if job.epochs else 1.0

    for number in itertools.count(1):
        losses = []
        for step in range(job.steps):
            share = share_done(number - 1 + step / job.steps)
            if share >= 1 or stopped.is_set():
                break
            losses.append(
                trainer.step(next(batches), rate_at(share, job.learning_rate))
            )
        if not losses:
            return
        yield Epoch(number, float(np.mean(losses)), min(share_done(number), 1.0))
