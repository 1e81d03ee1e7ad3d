"""Training, in the child process.

Started as ``python -m napari_mobile_unet.training.child.trainer``.

The job comes as one line of JSON on standard input, messages go out as lines of
JSON on standard output. A second line on standard input ("stop"), or its end,
stops the training after the step in hand; what was learnt until then is saved.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import sys
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

import keras
import numpy as np
import tensorflow as tf

from napari_mobile_unet.training.augment import draw
from napari_mobile_unet.training.child import network
from napari_mobile_unet.training.child.export import keep_unfinished, save_model
from napari_mobile_unet.training.examples import read_examples
from napari_mobile_unet.training.job import TrainingJob
from napari_mobile_unet.training.validation import validate
from napari_mobile_unet.unet.model import TILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from napari_mobile_unet.training.augment import Example

SAMPLES = 100
"""Tiles on which the ranges of a network of integers are found."""

logger = logging.getLogger(__name__)

Batch = tuple["NDArray[np.float32]", "NDArray[np.float32]"]


def loss(targets: Any, logits: Any) -> Any:
    """Return the mean loss of a batch.

    Parameters
    ----------
    targets : tensor
        (b, y, x, 4): foreground, distance, seam, weight.
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
    return tf.reduce_sum(tf.reduce_mean(entropy, (0, 1, 2))) + tf.reduce_sum(dice) / 2


def iter_batches(examples: list[Example], job: TrainingJob) -> Iterator[Batch]:
    """Yield batches for ever; the n-th depends on the seed and n alone."""
    groups = [example.group for example in examples]
    sizes = {group: groups.count(group) for group in set(groups)}
    chances = np.array([sizes[group] ** -0.5 for group in groups])
    chances /= chances.sum()

    channels = job.architecture.channels

    def batch(step: int) -> Batch:
        rng = np.random.default_rng((job.seed, step))
        crops = [
            draw(examples, chances, job.crop, job.augmentation, rng, channels)
            for _ in range(job.batch)
        ]
        images, targets = zip(*crops, strict=True)
        return np.stack(images), np.stack(targets)

    with ThreadPoolExecutor(2) as pool:
        ahead = deque(pool.submit(batch, step) for step in range(4))
        step = len(ahead)
        while True:
            ready = ahead.popleft()
            ahead.append(pool.submit(batch, step))
            step += 1
            yield ready.result()


def _samples(examples: list[Example], job: TrainingJob) -> list[Any]:
    """Return tiles on which the ranges of a network of integers are found.

    As a segmentation sees them: ranges for what is never seen would be coarse.
    """
    plain = job.augmentation.replace(plain=1)
    each = job.replace(crop=TILE, batch=4, augmentation=plain)
    batches = iter_batches(examples, each)
    return [image for _ in range(SAMPLES // each.batch) for image in next(batches)[0]]


class Trainer:
    """The network, its optimiser, and a moving average of its weights.

    The average (decay 0.998 per step) is what is validated and saved: it is
    better than the last weights, and steadier.
    """

    def __init__(self, job: TrainingJob) -> None:
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
            value = loss(targets, self.model(images, training=True))
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


def train(job: TrainingJob, say: Callable[..., None], stopped: threading.Event) -> None:
    """Run a job: read, learn, validate, tune, export; tell each epoch."""
    training, validation = read_examples(job)
    seen = {
        "images": len(training),
        "objects": sum(example.objects for example in training),
    }
    say("ready", validation=len(validation), **seen)
    trainer, known = Trainer(job), job.augmentation.known
    batches = iter_batches(training, job)
    begin = kept = time.monotonic()
    epoch, share = 0, 0.0
    while share < 1 and job.epochs != 0 and not stopped.is_set():
        losses = []
        for step in range(job.steps):
            elapsed = (time.monotonic() - begin) / 60
            share = (
                elapsed / job.minutes
                if job.minutes is not None
                else (epoch + step / job.steps) / (job.epochs or 1)
            )
            if share >= 1 or stopped.is_set():
                break
            losses.append(
                trainer.step(next(batches), rate_at(share, job.learning_rate))
            )
        if not losses:
            break
        epoch += 1
        if job.minutes is None:
            share = epoch / (job.epochs or 1)
        ap = None
        if validation and epoch % job.validate_every == 0:
            ap = validate(trainer.average, validation, known)
        if time.monotonic() - kept > 60 * job.keep_every:
            kept = time.monotonic()
            try:
                keep_unfinished(trainer.average, job, epochs=epoch, **seen)
            except OSError as error:  # a copy is not worth the training itself
                logger.warning("the model so far could not be kept: %s", error)
        say(
            "epoch",
            epoch=epoch,
            loss=float(np.mean(losses)),
            ap=ap,
            minutes=(time.monotonic() - begin) / 60,
            share=min(share, 1.0),
        )
    if stopped.is_set() and epoch == 0 and job.epochs != 0:
        raise ValueError(
            "a model is saved once it has learnt from a batch; the training was "
            "stopped before; let it run longer"
        )
    minutes = (time.monotonic() - begin) / 60
    tuned = save_model(
        trainer.average,
        job,
        validation,
        samples=_samples(training, job) if job.quantise else (),
        epochs=epoch,
        **seen,
        minutes=round(minutes, 1),
    )
    shutil.rmtree(job.unfinished, ignore_errors=True)
    say("done", epochs=epoch, ap=tuned.ap, minutes=minutes, output=str(job.output))


def main() -> int:
    """Take a job from standard input, run it, and say how it ended."""
    # TensorFlow's own lines must not come between the messages.
    messages: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    one_at_a_time = threading.Lock()

    def say(kind: str, **content: object) -> None:
        # A parent that is gone is no reason to lose what was learnt.
        with one_at_a_time, suppress(BrokenPipeError):
            messages.write(json.dumps({"kind": kind, **content}) + "\n")
            messages.flush()

    # Where a console is shared (Windows), the parent says when to stop all the same.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stopped = threading.Event()

    def listen() -> None:
        sys.stdin.readline()
        stopped.set()
        say("stopping")

    job = TrainingJob.model_validate_json(sys.stdin.readline())
    threading.Thread(target=listen, daemon=True).start()
    try:
        train(job, say, stopped)
    except (ValueError, OSError) as error:
        say("error", message=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
