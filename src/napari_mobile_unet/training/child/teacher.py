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

from napari_mobile_unet.training.blocks import Setting
from napari_mobile_unet.training.child.comparing import add_integers, compare
from napari_mobile_unet.training.child.export import calibration_tiles, save_model
from napari_mobile_unet.training.child.learning import iter_batches, rate_at
from napari_mobile_unet.training.child.messages import serve
from napari_mobile_unet.training.child.pupil import Pupil
from napari_mobile_unet.training.gate import watched_of
from napari_mobile_unet.training.lesson_files import iter_lessons
from napari_mobile_unet.training.rehearsal import (
    read_views,
    rehearsal_of,
    sampler_of,
)
from napari_mobile_unet.training.subject import subject_of
from napari_mobile_unet.training.teaching import TeachingJob
from napari_mobile_unet.unet.card import Decoding, TrainingRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_mobile_unet.training.blocks import Blocks
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
    subject = subject_of(job.architecture)
    divided = subject.divide(lessons)
    taught = subject.examples(divided.taught, job.normalisation)
    parts = subject.blocks(_limited(divided.apart), job.normalisation)
    rehearsal = rehearsal_of(read_views(job.rehearsal) if job.rehearsal else [])
    watched = watched_of(parts)
    parent.say(
        "ready",
        planes=len(lessons),
        objects=subject.count(taught),
        apart=sum(int(part.true_objects().sum()) for part in parts),
        classes=job.architecture.classes,
    )
    begin = time.monotonic()
    old = pupil.weights
    if job.learnt is None:
        known = subject.examples(rehearsal.learnt, job.normalisation)
        sampler = sampler_of(job, taught, known)
        new = Learning(job, pupil, parts, watched).learn(sampler, parent)
    else:
        new = pupil.load(job.learnt)
    parent.say("measuring")
    seconds = time.monotonic() - begin
    judges = subject.blocks(rehearsal.judges, job.normalisation)
    tuned, record = compare(job, pupil, old, new, parts, watched, judges)
    parent.say("saving")
    save_model(
        pupil.network,
        job,
        TrainingRecord(
            data=job.data,
            images=len(lessons),
            objects=0
            if job.architecture.classes
            else sum(len(lesson.ids) for lesson in lessons),
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
        self.subject = subject_of(job.architecture)
        self.watched = watched or [np.ones(part.halves.shape, bool) for part in parts]
        self.best: tuple[float, list[Floats]] | None = None
        self.measuring = 0.0
        """Seconds that went into measuring."""

    def learn(self, sampler: Sampler, parent: Parent) -> list[Floats]:
        """Return the best weights of all that were measured, without the old ones."""
        job, pupil, measure = self.job, self.pupil, self.subject.measure
        batches = iter_batches(sampler, job.batch, job.seed)
        old = pupil.weights
        begin = time.monotonic()
        losses = [pupil.step(next(batches), rate_at(0, job.learning_rate))]
        # What can be seen soon comes first: to measure takes longer than a step.
        _tell(parent, 1, losses, None, 0.0, time.monotonic() - begin, measure)
        with pupil.holding(old):
            first = self._scores()
        _tell(parent, 0, [], first[0] if first else None, 0.0, 0.0, measure)
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
                _tell(parent, pupil.steps, losses, ap, min(share, 1.0), passed, measure)
                losses.clear()
        batches.close()
        ap = self.measure()
        _tell(parent, pupil.steps, losses, ap, 1.0, time.monotonic() - begin, measure)
        if self.best:
            return self.best[1]
        with pupil.averaged():
            return pupil.weights

    def measure(self) -> float | None:
        """Return how good what was learnt so far is, and keep it if it is the best.

        AP at 0.5 of objects, mean IoU of classes; None without parts to measure on.
        """
        start = time.monotonic()
        with self.pupil.averaged():
            scores = self._scores()
            if scores and (self.best is None or sum(scores) > self.best[0]):
                self.best = sum(scores), self.pupil.weights
                self.pupil.keep(self.job.best_so_far)
        self.measuring += time.monotonic() - start
        return scores[0] if scores else None

    def _scores(self) -> list[float]:
        """Return the scores of the network as it is; none if there are no parts."""
        own = Setting(self.job.old_decoding or Decoding())
        counts = [
            part.count(self.pupil.maps_of(part.example), [own])[0, watched].sum(0)
            for part, watched in zip(self.parts, self.watched, strict=True)
        ]
        if not counts:
            return []
        scores: list[float] = self.subject.score(np.sum(counts, axis=0)).tolist()
        return scores


def _tell(
    parent: Parent,
    step: int,
    losses: Sequence[float],
    ap: float | None,
    share: float,
    seconds: float,
    measure: str,
) -> None:
    """Send the message of a step."""
    parent.say(
        "step",
        step=step,
        loss=float(np.mean(losses)) if losses else None,
        ap=ap,
        share=share,
        seconds=seconds,
        measure=measure,
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
    warmed, job = job, job.replace(**json.loads(line))
    parent.listen()
    if job.architecture != warmed.architecture:  # how many classes is known only now
        pupil = Pupil(job)
    teach(job, pupil, parent)


if __name__ == "__main__":
    sys.exit(serve(work))
