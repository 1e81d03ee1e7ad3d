"""Teaching, in the child process.

Started as ``python -m napari_mobile_unet.training.child.teacher``.

The job comes as one line of JSON on standard input, and the network is made ready for
it; the message is "warm". A second line, by which time the lessons must lie in their
folder, begins the teaching; it holds what changed of the job. A third line, or the end
of standard input, stops it after the step in hand: the best model so far is still
measured and saved. Messages go out as lines of JSON on standard output.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.training.blocks import Blocks, Setting, precision
from napari_mobile_unet.training.child.comparing import add_integers, compare
from napari_mobile_unet.training.child.export import calibration_tiles, save_model
from napari_mobile_unet.training.child.learning import iter_batches, rate_at
from napari_mobile_unet.training.child.messages import serve
from napari_mobile_unet.training.child.pupil import Pupil
from napari_mobile_unet.training.examples import example_of
from napari_mobile_unet.training.gate import watched_of
from napari_mobile_unet.training.held_out import divide
from napari_mobile_unet.training.lesson_files import iter_lessons
from napari_mobile_unet.training.rehearsal import (
    read_views,
    rehearsal_of,
    sampler_of,
)
from napari_mobile_unet.training.teaching import TeachingJob
from napari_mobile_unet.training.validation import predict_maps
from napari_mobile_unet.unet.card import Decoding, TrainingRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_mobile_unet.training.child.learning import Sampler
    from napari_mobile_unet.training.child.messages import Parent
    from napari_mobile_unet.training.lessons import Lesson
    from napari_mobile_unet.types import Floats, Mask

TILES = 8
"""On which the ranges of a network of integers are found: more of them take longer
than the learning."""
APART = 800_000
"""Pixels that are measured on at most; more of them would take the time of learning."""


def teach(job: TeachingJob, pupil: Pupil, parent: Parent) -> None:
    """Learn from the lessons of a job, compare, export.

    Parameters
    ----------
    job : TeachingJob
        What is done.
    pupil : Pupil
        Made for it.
    parent : Parent
        Is told of every step. Once it wants no more, the learning ends after the step
        in hand.

    Raises
    ------
    ValueError, OSError
        If nothing can be learnt, or the model cannot be written.
    """
    lessons = list(iter_lessons(job.lessons))
    divided = divide(lessons)
    taught = [example_of(lesson, job.normalisation) for lesson in divided.taught]
    parts = _blocks(_limited(divided.apart), job)
    rehearsal = rehearsal_of(read_views(job.rehearsal) if job.rehearsal else [])
    watched = watched_of(parts)
    parent.say(
        "ready",
        planes=len(lessons),
        objects=sum(example.n_objects for example in taught),
        apart=sum(part.example.n_objects for part in parts),
    )
    begin = time.monotonic()
    old = pupil.weights
    if job.learnt is None:
        known = [example_of(view, job.normalisation) for view in rehearsal.learnt]
        sampler = sampler_of(job, taught, known)
        new = Learning(job, pupil, parts, watched).learn(sampler, parent)
    else:
        new = pupil.load(job.learnt)
    parent.say("measuring")
    seconds = time.monotonic() - begin
    judges = _blocks(rehearsal.judges, job)
    tuned, record = compare(job, pupil, old, new, parts, watched, judges)
    parent.say("saving")
    save_model(
        pupil.network,
        job,
        TrainingRecord(
            data=job.data,
            images=len(lessons),
            objects=sum(len(lesson.ids) for lesson in lessons),
            start=job.start,
            parent=job.start.rpartition(" ")[0],
            examples=tuple(lesson.name for lesson in lessons),
            seed=job.seed,
            epochs=0,
            minutes=round(seconds / 60, 2),
            seconds=round(seconds, 1),
            gate=record,
        ),
        tuned=tuned,
        rehearsal=job.rehearsal,
    )
    if job.quantise:
        tiles = calibration_tiles(taught, job, TILES)
        record = add_integers(job.output, pupil, tiles, parts, tuned)
    parent.say(
        "done",
        steps=pupil.steps,
        seconds=seconds,
        output=str(job.output),
        gate=record.model_dump(),
    )


def _blocks(lessons: Iterable[Lesson], job: TeachingJob) -> list[Blocks]:
    """Return lessons in blocks, to be counted."""
    return [
        Blocks.of(example_of(lesson, job.normalisation), lesson.known)
        for lesson in lessons
    ]


def _limited(lessons: list[Lesson]) -> list[Lesson]:
    """Return lessons of up to `APART` pixels, one at least, spread over all."""
    pixels = sum(lesson.labels.size for lesson in lessons)
    count = max(1, int(len(lessons) * min(1, APART / max(pixels, 1))))
    places = np.linspace(0, len(lessons) - 1, count).round().astype(int)
    return [lessons[place] for place in np.unique(places)] if lessons else []


class Learning:
    """The learning of a pupil: steps, measurements now and then, the best weights.

    Parameters
    ----------
    job : TeachingJob
        What is done.
    pupil : Pupil
        Made for it.
    parts : sequence of Blocks
        What it is measured on.
    watched : sequence of ndarray or None
        The blocks of each part that decide; None for all.
    """

    def __init__(
        self,
        job: TeachingJob,
        pupil: Pupil,
        parts: Sequence[Blocks],
        watched: Sequence[Mask] | None,
    ) -> None:
        self.job, self.pupil, self.parts = job, pupil, parts
        self.watched = watched or [np.ones(part.halves.shape, bool) for part in parts]
        self.best: tuple[float, list[Floats]] | None = None
        self.measuring = 0.0
        """Seconds that went into measuring."""

    def learn(self, sampler: Sampler, parent: Parent) -> list[Floats]:
        """Return the best weights of all that were measured, without the old ones."""
        job, pupil = self.job, self.pupil
        batches = iter_batches(sampler, job.batch, job.seed)
        old = pupil.weights
        begin = time.monotonic()
        losses = [pupil.step(next(batches), rate_at(0, job.learning_rate))]
        # What can be seen soon comes first: to measure takes longer than a step.
        _tell(parent, 1, losses, None, 0.0, time.monotonic() - begin)
        with pupil.holding(old):
            first = self._precision()
        _tell(parent, 0, [], first and first[0], 0.0, 0.0)
        self.measuring, begin = 0.0, time.monotonic()
        while True:
            passed = time.monotonic() - begin
            share = passed / (60 * (job.minutes or 1))
            if job.most_steps is not None:
                share = max(share, pupil.steps / job.most_steps)
            if share >= 1 or parent.stopped.is_set():
                break
            losses.append(pupil.step(next(batches), rate_at(share, job.learning_rate)))
            if pupil.steps % job.steps == 0:
                soon = self.measuring > job.validated * passed
                ap = None if soon else self.measure()
                _tell(parent, pupil.steps, losses, ap, min(share, 1.0), passed)
                losses.clear()
        batches.close()
        ap = self.measure()
        _tell(parent, pupil.steps, losses, ap, 1.0, time.monotonic() - begin)
        if self.best:
            return self.best[1]
        with pupil.averaged():
            return pupil.weights

    def measure(self) -> float | None:
        """Return AP at 0.5 of what was learnt so far, and keep it if it is the best."""
        start = time.monotonic()
        with self.pupil.averaged():
            both = self._precision()
            if both is not None and (self.best is None or sum(both) > self.best[0]):
                self.best = sum(both), self.pupil.weights
                self.pupil.keep(self.job.best_so_far)
        self.measuring += time.monotonic() - start
        return both and both[0]

    def _precision(self) -> tuple[float, float] | None:
        """Return AP at both IoU of the network as it is; None if there are no parts."""
        own = Setting(self.job.old_decoding or Decoding())
        known = self.job.augmentation.known_diameter
        counts = [
            part.count(
                predict_maps(self.pupil.predict, part.example, known, mirror=False),
                [own],
            )[0, watched].sum(0)
            for part, watched in zip(self.parts, self.watched, strict=True)
        ]
        if not counts:
            return None
        ap, tight = precision(np.sum(counts, axis=0))
        return float(ap), float(tight)


def _tell(
    parent: Parent,
    step: int,
    losses: Sequence[float],
    ap: float | None,
    share: float,
    seconds: float,
) -> None:
    """Send the message of a step."""
    parent.say(
        "step",
        step=step,
        loss=float(np.mean(losses)) if losses else None,
        ap=ap,
        share=share,
        seconds=seconds,
    )


def work(parent: Parent) -> None:
    """Get ready for the job that the parent names, and do it when told to."""
    line = parent.read()
    if not line:
        return
    job = TeachingJob.from_json(line)
    pupil = Pupil(job)
    pupil.warm_up()
    parent.say("warm")
    line = parent.read()
    if not line:  # nobody wants it any more
        return
    job = job.replace(**json.loads(line))
    parent.listen()
    teach(job, pupil, parent)


if __name__ == "__main__":
    sys.exit(serve(work))
