"""StarDist 2D, trained on the same images as the model ``nuclei``.

The default network on one grey channel, in batches of four crops of 256 × 256 pixels,
with the augmentation of StarDist's example notebook. The learning rate falls along a
cosine over the minutes that it is given, since the default one waits for plateaus.
"""

from __future__ import annotations

import time

import numpy as np
from csbdeep.utils import normalize
from method import Method, grey
from stardist.models import Config2D, StarDist2D
from tensorflow import keras  # noqa: TID253  # runs in a process of its own

CROP = 256
"""Height and width of a crop in pixels; smaller images are left out."""
RATE = 3e-4
"""StarDist's learning rate at its start."""


class Clock(keras.callbacks.Callback):
    """Lowers the learning rate as the time goes, and ends the training with it."""

    def __init__(self, minutes: float):
        super().__init__()
        self.minutes, self.begun = minutes, time.monotonic()

    def on_train_batch_begin(self, batch, logs=None):
        """Set the rate of a batch."""
        share = min((time.monotonic() - self.begun) / 60 / self.minutes, 1)
        self.model.optimizer.learning_rate = RATE * (1.01 + np.cos(np.pi * share)) / 2

    def on_train_batch_end(self, batch, logs=None):
        """End the training when the time is over."""
        self.model.stop_training = time.monotonic() - self.begun > 60 * self.minutes


class TrainedStarDist(Method):
    """StarDist that learns for some minutes.

    Parameters
    ----------
    minutes : float
        How long.
    apart : int
        How many of the last images that it is given are not learnt: its thresholds are
        tuned on them.
    """

    packages = ("stardist", "tensorflow", "tensorflow-cpu")
    weights = "trained"

    def __init__(self, minutes: float, apart: int):
        config = Config2D(
            n_rays=32,
            grid=(2, 2),
            n_channel_in=1,
            train_patch_size=(CROP, CROP),
            train_batch_size=4,
            train_learning_rate=RATE,
            train_tensorboard=False,
        )
        self.model = StarDist2D(config, basedir=None)
        self.minutes, self.apart = minutes, apart

    def train(self, images, truths):
        """Learn from annotated images, and tune the thresholds on the last ones."""
        pairs = [
            (_normal(image), truth.astype(np.int32))
            for image, truth in zip(images, truths, strict=True)
        ]
        learnt, apart = pairs[: -self.apart], pairs[-self.apart :]
        large = [pair for pair in learnt if min(pair[1].shape) >= CROP]
        tuned = [pair for pair in apart if min(pair[1].shape) >= CROP]
        self.model.prepare_for_training()
        self.model.callbacks = [Clock(self.minutes)]
        self.model.train(
            *zip(*large, strict=True),
            validation_data=tuple(zip(*tuned[::8], strict=True)),
            augmenter=augmented,
            seed=0,
            epochs=100_000,  # the clock ends it
        )
        self.model.optimize_thresholds(*map(list, zip(*apart, strict=True)))

    def segment(self, images):
        """Return the labels."""
        return [self.model.predict_instances(_normal(image))[0] for image in images]


def augmented(image, truth):
    """Return a crop turned, mirrored, brighter or darker, and with noise."""
    turns = np.random.randint(4)
    image, truth = np.rot90(image, turns), np.rot90(truth, turns)
    if np.random.rand() < 0.5:
        image, truth = image[:, ::-1], truth[:, ::-1]
    image = image * np.random.uniform(0.6, 2) + np.random.uniform(-0.2, 0.2)
    noise = np.random.normal(0, 0.02 * np.random.rand(), image.shape)
    return image + noise, truth


def _normal(image):
    return normalize(grey(image), 1, 99.8)


def load(minutes: str, apart: str) -> Method:
    """Return the method, untrained."""
    return TrainedStarDist(float(minutes), int(apart))
