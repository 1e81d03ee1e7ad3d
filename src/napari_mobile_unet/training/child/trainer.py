"""Training, in the child process.

Started as ``python -m napari_mobile_unet.training.child.trainer``.

The job comes as one line of JSON on standard input, messages go out as lines of
JSON on standard output. A second line on standard input, or its end, stops the
training after the current batch; the model is still tuned and saved.
"""

from __future__ import annotations

import logging
import shutil
import sys
import time
from typing import TYPE_CHECKING

from napari_mobile_unet.training.child.distil import (
    DistillingSampler,
    Teacher,
    distilling_loss,
)
from napari_mobile_unet.training.child.export import (
    calibration_tiles,
    keep_unfinished,
    save_model,
)
from napari_mobile_unet.training.child.learning import (
    Trainer,
    iter_epochs,
)
from napari_mobile_unet.training.child.messages import serve
from napari_mobile_unet.training.crops import CropSampler
from napari_mobile_unet.training.examples import read_examples
from napari_mobile_unet.training.job import TrainingJob
from napari_mobile_unet.training.validation import validate
from napari_mobile_unet.unet.card import TrainingRecord
from napari_mobile_unet.unet.model import Model

if TYPE_CHECKING:
    from napari_mobile_unet.training.child.learning import Sampler
    from napari_mobile_unet.training.child.messages import Parent

CALIBRATION_TILES = 100
"""Tiles on which the ranges of a network of integers are found."""

logger = logging.getLogger(__name__)


def train(job: TrainingJob, parent: Parent) -> None:
    """Run a job: read, learn, validate, tune, export; tell each epoch.

    Parameters
    ----------
    job : TrainingJob
        What is done.
    parent : Parent
        Is told of every epoch. Once it wants no more, the training ends after the
        batch in hand.

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
    parent.say(
        "ready",
        images=record.images,
        objects=record.objects,
        validation=len(validation),
    )
    channels = job.architecture.channels
    sampler: Sampler = CropSampler(training, job.crop, job.augmentation, channels)
    trainer = Trainer(job)
    if job.teacher is not None:
        teacher = Model(job.teacher)
        record = record.replace(teacher=f"{teacher.card.name} {teacher.checksum}")
        sampler = DistillingSampler(sampler, Teacher(teacher, job.crop))
        trainer = Trainer(job, distilling_loss)
    begin = kept = time.monotonic()
    for epoch in iter_epochs(trainer, sampler, job, parent.stopped):
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
        parent.say(
            "epoch",
            epoch=epoch.number,
            loss=epoch.loss,
            ap=ap,
            minutes=_minutes_since(begin),
            share=epoch.share,
        )
    if parent.stopped.is_set() and not record.epochs and job.epochs != 0:
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
        samples=calibration_tiles(training, job, CALIBRATION_TILES)
        if job.quantise
        else (),
    )
    shutil.rmtree(job.unfinished, ignore_errors=True)
    parent.say(
        "done",
        epochs=record.epochs,
        ap=tuned.ap,
        minutes=minutes,
        output=str(job.output),
    )


def _minutes_since(begin: float) -> float:
    return (time.monotonic() - begin) / 60


def work(parent: Parent) -> None:
    """Do the job that the parent names."""
    job = TrainingJob.from_json(parent.read())
    parent.listen(lambda: parent.say("stopping"))
    train(job, parent)


if __name__ == "__main__":
    sys.exit(serve(work))
