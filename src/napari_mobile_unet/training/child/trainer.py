"""Training, in the child process.

Started as ``python -m napari_mobile_unet.training.child.trainer``.

The job comes as one line of JSON on standard input, messages go out as lines of
JSON on standard output. A second line on standard input, or its end, stops the
training after the current batch; the model is still tuned and saved.
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
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, TextIO

from napari_mobile_unet.training.child.export import keep_unfinished, save_model
from napari_mobile_unet.training.child.learning import (
    Trainer,
    iter_batches,
    iter_epochs,
)
from napari_mobile_unet.training.crops import CropSampler
from napari_mobile_unet.training.examples import read_examples
from napari_mobile_unet.training.job import TrainingJob
from napari_mobile_unet.training.validation import validate
from napari_mobile_unet.unet.card import TrainingRecord
from napari_mobile_unet.unet.model import TILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_mobile_unet.training.examples import Example
    from napari_mobile_unet.types import Floats

CALIBRATION_TILES = 100
"""Tiles on which the ranges of a network of integers are found."""

logger = logging.getLogger(__name__)


def _calibration_tiles(examples: list[Example], job: TrainingJob) -> list[Floats]:
    """Return tiles on which the ranges of a network of integers are found.

    They are cut out as in a segmentation: ranges for what never occurs in one would
    be coarse.
    """
    augmentation = job.augmentation.replace(plain=1)
    sampler = CropSampler(examples, TILE, augmentation, job.architecture.channels)
    batches = iter_batches(sampler, 4, job.seed)
    return [image for _ in range(CALIBRATION_TILES // 4) for image in next(batches)[0]]


def train(job: TrainingJob, say: Callable[..., None], stopped: Event) -> None:
    """Run a job: read, learn, validate, tune, export; tell each epoch.

    Parameters
    ----------
    job : TrainingJob
        What is done.
    say : function
        Takes the kind of a message and its content.
    stopped : threading.Event
        Once it is set, the training ends after the batch in hand.

    Raises
    ------
    ValueError, OSError
        If the images cannot be used, the model cannot be written, or the training
        was stopped before it learnt anything.
    """
    training, validation = read_examples(job)
    record = TrainingRecord(
        data=job.data,
        images=len(training),
        objects=sum(example.n_objects for example in training),
        start=job.start,
        seed=job.seed,
    )
    say(
        "ready",
        images=record.images,
        objects=record.objects,
        validation=len(validation),
    )
    trainer = Trainer(job)
    begin = kept = time.monotonic()
    for epoch in iter_epochs(trainer, training, job, stopped):
        record = record.replace(epochs=epoch.number)
        ap = None
        if validation and epoch.number % job.validate_every == 0:
            ap = validate(trainer.average, validation, job.augmentation.known_diameter)
        if time.monotonic() - kept > 60 * job.keep_every:
            kept = time.monotonic()
            try:
                keep_unfinished(trainer.average, job, record)
            except OSError as error:  # the training is worth more than its copy
                logger.warning("the unfinished model was not saved: %s", error)
        say(
            "epoch",
            epoch=epoch.number,
            loss=epoch.loss,
            ap=ap,
            minutes=_minutes_since(begin),
            share=epoch.share,
        )
    if stopped.is_set() and not record.epochs and job.epochs != 0:
        raise ValueError(
            "a model can be saved after its first batch; the training was stopped "
            "before that; let it run longer"
        )
    minutes = _minutes_since(begin)
    tuned = save_model(
        trainer.average,
        job,
        record.replace(minutes=round(minutes, 1)),
        examples=validation,
        samples=_calibration_tiles(training, job) if job.quantise else (),
    )
    shutil.rmtree(job.unfinished, ignore_errors=True)
    say(
        "done",
        epochs=record.epochs,
        ap=tuned.ap,
        minutes=minutes,
        output=str(job.output),
    )


def _minutes_since(begin: float) -> float:
    return (time.monotonic() - begin) / 60


def main() -> int:
    """Run the job on standard input; return the exit status."""
    # TensorFlow's own lines must not come between the messages.
    messages: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    writing = threading.Lock()

    def say(kind: str, **content: object) -> None:
        # The model is saved even if the parent has died.
        with writing, suppress(BrokenPipeError):
            messages.write(json.dumps({"kind": kind, **content}) + "\n")
            messages.flush()

    # Where a console is shared (Windows), only the parent decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stopped = Event()

    def listen() -> None:
        sys.stdin.readline()
        stopped.set()
        say("stopping")

    job = TrainingJob.from_json(sys.stdin.readline())
    threading.Thread(target=listen, daemon=True).start()
    try:
        train(job, say, stopped)
    except (ValueError, OSError) as error:
        say("error", message=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
