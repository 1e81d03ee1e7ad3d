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
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.training.blocks import (
    RIGHT,
    Blocks,
    Setting,
    precision,
    settings_of,
)
from napari_mobile_unet.training.child.export import save_model
from napari_mobile_unet.training.child.learning import iter_batches, rate_at
from napari_mobile_unet.training.child.messages import serve
from napari_mobile_unet.training.child.pupil import Pupil, between
from napari_mobile_unet.training.crops import CropSampler
from napari_mobile_unet.training.examples import example_of
from napari_mobile_unet.training.gate import calibration_of, gate_of
from napari_mobile_unet.training.held_out import divide
from napari_mobile_unet.training.lessons import iter_lessons
from napari_mobile_unet.training.teaching import TeachingJob
from napari_mobile_unet.training.validation import Tuned, predict_maps
from napari_mobile_unet.unet.card import Decoding, GateRecord, TrainingRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_mobile_unet.training.child.messages import Parent
    from napari_mobile_unet.training.examples import Example
    from napari_mobile_unet.training.lessons import Lesson
    from napari_mobile_unet.types import Floats

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of the way from the old weights to the new ones, that are tried."""
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
    parts = [
        Blocks.of(example_of(lesson, job.normalisation), lesson.known)
        for lesson in _limited(divided.apart)
    ]
    old_kinds = _old_kinds(job)
    parent.say(
        "ready",
        planes=len(lessons),
        objects=sum(example.n_objects for example in taught),
        apart=sum(part.example.n_objects for part in parts),
    )
    begin = time.monotonic()
    old = pupil.weights
    if job.learnt is None:
        new = _learn(job, pupil, Learning(taught, parts), parent)
    else:
        new = pupil.load(job.learnt)
    parent.say("measuring")
    seconds = time.monotonic() - begin
    tuned, record = _compare(job, pupil, old, new, parts, old_kinds)
    save_model(
        pupil.average,
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
    )
    parent.say(
        "done",
        steps=pupil.steps,
        seconds=seconds,
        output=str(job.output),
        gate=record.model_dump() if record else None,
    )


def _limited(lessons: list[Lesson]) -> list[Lesson]:
    """Return lessons of up to `APART` pixels, one at least, spread over all."""
    pixels = sum(lesson.labels.size for lesson in lessons)
    count = max(1, int(len(lessons) * min(1, APART / max(pixels, 1))))
    places = np.linspace(0, len(lessons) - 1, count).round().astype(int)
    return [lessons[place] for place in np.unique(places)] if lessons else []


def _old_kinds(job: TeachingJob) -> list[Example]:
    """Return examples of the kinds that the model knew before."""
    if job.old_kinds is None:
        return []
    return [
        example_of(lesson, job.normalisation) for lesson in iter_lessons(job.old_kinds)
    ]


@dataclass(frozen=True, eq=False)
class Learning:
    """What a pupil learns from, and what it is measured on."""

    taught: Sequence[Example]
    parts: Sequence[Blocks]


def _learn(
    job: TeachingJob,
    pupil: Pupil,
    learning: Learning,
    parent: Parent,
) -> list[Floats]:
    """Return the best weights of all that were measured, without the old ones."""
    channels = job.architecture.channels
    sampler = CropSampler(learning.taught, job.crop, job.augmentation, channels)
    batches = iter_batches(sampler, job.batch, job.seed)
    own = Setting(job.old_decoding or Decoding())
    best: tuple[float, list[Floats]] | None = None
    begin = time.monotonic()
    measured = 0.0

    def measure() -> float | None:
        nonlocal best, measured
        if not learning.parts:
            return None
        start = time.monotonic()
        known = job.augmentation.known_diameter
        counts = sum(
            part.count(
                predict_maps(pupil.predict, part.example, known, mirror=False), [own]
            )[0].sum(0)
            for part in learning.parts
        )
        ap, tight = precision(np.asarray(counts))
        if pupil.steps and (best is None or ap + tight > best[0]):
            best = float(ap + tight), pupil.weights
            pupil.keep(job.best_so_far)
        measured += time.monotonic() - start
        return float(ap)

    parent.say("step", step=0, loss=None, ap=measure(), share=0.0, seconds=0.0)
    measured, losses = 0.0, []
    begin = time.monotonic()
    while True:
        passed = time.monotonic() - begin
        share = passed / (60 * (job.minutes or 1))
        if job.most_steps is not None:
            share = max(share, pupil.steps / job.most_steps)
        if share >= 1 or (parent.stopped.is_set() and pupil.steps):
            break
        losses.append(pupil.step(next(batches), rate_at(share, job.learning_rate)))
        if pupil.steps % job.steps == 0:
            ap = measure() if measured <= job.validated * passed else None
            parent.say(
                "step",
                step=pupil.steps,
                loss=float(np.mean(losses)),
                ap=ap,
                share=min(share, 1.0),
                seconds=passed,
            )
            losses.clear()
    batches.close()
    ap = measure()
    parent.say(
        "step",
        step=pupil.steps,
        loss=float(np.mean(losses)) if losses else None,
        ap=ap,
        share=1.0,
        seconds=time.monotonic() - begin,
    )
    return best[1] if best else pupil.weights


def _compare(
    job: TeachingJob,
    pupil: Pupil,
    old: list[Floats],
    new: list[Floats],
    parts: Sequence[Blocks],
    old_kinds: Sequence[Example],
) -> tuple[Tuned, GateRecord | None]:
    """Give the pupil the weights that are best; return its tuning and the record."""
    own = Setting(job.old_decoding or Decoding(), job.old_calibration)
    has_old = job.start_weights is not None
    if not parts:
        pupil.average.set_weights(new)
        record = GateRecord(verdict="too few")
        return Tuned(own.decoding, own.calibration), record
    known = job.augmentation.known_diameter

    def maps_at(share: float, examples: Sequence[Example]) -> list[Floats]:
        pupil.average.set_weights(between(old, new, share))
        return [
            predict_maps(pupil.predict, each, known, mirror=False) for each in examples
        ]

    examples = [part.example for part in parts]
    gate = gate_of(
        parts,
        ((share, maps_at(share, examples)) for share in (SHARES if has_old else (1,))),
        settings_of(job.old_calibration),
        own if has_old else None,
    )
    chosen = gate.choose(job.seed)
    record = chosen.record
    if old_kinds and has_old:
        both = [
            _old_kinds_ap(old_kinds, maps_at(share, old_kinds), setting)
            for share, setting in ((0, own), (chosen.share, chosen.setting))
        ]
        record = record.replace(old_kinds_before=both[0], old_kinds_after=both[1])
    maps = maps_at(chosen.share, examples)  # and these are the weights that are saved
    decoding, calibration = chosen.setting.decoding, chosen.setting.calibration
    if calibration is None:
        calibration = calibration_of(parts, maps, decoding)
    return Tuned(decoding, calibration, record.new_ap), record


def _old_kinds_ap(
    examples: Sequence[Example], maps: Sequence[Floats], setting: Setting
) -> float:
    """Return AP at ``RIGHT`` of examples of the kinds that the model knew before."""
    counts = np.zeros(3, np.int64)
    for example, own in zip(examples, maps, strict=True):
        part = Blocks.of(example, np.ones(example.labels.shape, bool))
        counts += part.count(own, [setting])[0].sum(0)
    return float(precision(counts)[(RIGHT, 0.75).index(RIGHT)])


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
