"""The old weights, the new ones and those between are compared; the best are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.training.blocks import Blocks, Setting
from napari_mobile_unet.training.child.export import predict_example, to_litert
from napari_mobile_unet.training.child.pupil import between
from napari_mobile_unet.training.gate import calibration_of, gate_of
from napari_mobile_unet.training.subject import OBJECTS, subject_of
from napari_mobile_unet.training.validation import Tuned
from napari_mobile_unet.unet.card import Decoding, GateRecord, read_card, write_card
from napari_mobile_unet.unet.model import QUANTISED, Model, sha256

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_mobile_unet.training.child.pupil import Pupil
    from napari_mobile_unet.training.examples import Example
    from napari_mobile_unet.training.subject import Subject
    from napari_mobile_unet.training.teaching import TeachingJob
    from napari_mobile_unet.types import Floats, Mask, Reals
    from napari_mobile_unet.unet.model import Precision

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of the way from the old weights to the new ones, that are tried."""
AS_GOOD = 0.01
"""AP that a network of 8-bit integers may lose."""
PRECISIONS: tuple[Precision, ...] = ("fp32", "int8")
"""Of floats and of integers."""
TRIED = 6
"""Parts that it is tried on at most: each takes the time of a whole tile."""


def compare(
    job: TeachingJob,
    pupil: Pupil,
    old: list[Floats],
    new: list[Floats],
    parts: Sequence[Blocks],
    watched: Sequence[Mask] | None,
    known_kinds: Sequence[Blocks] = (),
) -> tuple[Tuned, GateRecord]:
    """Give the pupil the weights that are best; return its tuning and the record.

    Parameters
    ----------
    job : TeachingJob
        What was done.
    pupil : Pupil
        Of the job.
    old, new : list of ndarray
        Its weights before and after.
    parts : sequence of Blocks
        What was kept apart.
    watched : sequence of ndarray or None
        The blocks of each part by which the new weights were chosen; they do not count
        here. None if all were.
    known_kinds : sequence of Blocks
        What the old model was trained on, of which it is counted what is forgotten.
    """
    own = Setting(job.old_decoding or Decoding(), job.old_calibration)
    subject, has_old = subject_of(job.architecture), job.has_old
    if not parts:
        pupil.network.set_weights(new)
        record = GateRecord(verdict="too few", measure=subject.measure)
        return Tuned(own.decoding, own.calibration), record

    def maps_at(share: float, examples: Sequence[Example]) -> list[Floats]:
        pupil.network.set_weights(between(old, new, share))
        return [pupil.maps_of(each) for each in examples]

    examples = [part.example for part in parts]
    gate = gate_of(
        parts,
        ((share, maps_at(share, examples)) for share in (SHARES if has_old else (1,))),
        subject.settings(job.old_calibration),
        own if has_old else None,
        watched,
        subject,
    )
    chosen = gate.choose(job.seed)
    record = chosen.record
    if known_kinds:
        kinds = [part.example for part in known_kinds]
        both = [
            float(_scores(subject, known_kinds, maps_at(share, kinds), setting)[0])
            for share, setting in ((0, own), (chosen.share, chosen.setting))
        ]
        record = record.replace(old_kinds_before=both[0], old_kinds_after=both[1])
    maps = maps_at(chosen.share, examples)  # and these are the weights that are saved
    decoding, calibration = chosen.setting.decoding, chosen.setting.calibration
    if calibration is None and subject is OBJECTS:
        calibration = calibration_of(parts, maps, decoding)
    ap = record.new_ap if subject is OBJECTS else None
    return Tuned(decoding, calibration, ap), record


def add_integers(
    folder: Path,
    pupil: Pupil,
    samples: Sequence[Floats],
    parts: Sequence[Blocks],
    tuned: Tuned,
) -> GateRecord:
    """Give a model a network of 8-bit integers, if that finds as much.

    It takes half the time of the one of floats.

    Parameters
    ----------
    folder : Path
        Of the model, which nobody reads yet.
    pupil : Pupil
        Its network.
    samples : sequence of ndarray
        As for `to_litert`.
    parts : sequence of Blocks
        What was kept apart; without any, nothing is known of it, and it gets none.
    tuned : Tuned
        The tuning of the model.

    Returns
    -------
    GateRecord
        That of the model, which says what became of it.
    """
    card = read_card(folder)
    record = card.training.gate or GateRecord(verdict="too few")
    as_good = bool(parts) and _are_integers_as_good(
        folder, pupil, samples, parts, tuned
    )
    if as_good:
        card = read_card(folder)
    else:
        (folder / QUANTISED).unlink(missing_ok=True)
    record = record.replace(integers_as_good=as_good)
    training = card.training.replace(gate=record)
    write_card(folder, card.replace(training=training))
    return record


def _are_integers_as_good(
    folder: Path,
    pupil: Pupil,
    samples: Sequence[Floats],
    parts: Sequence[Blocks],
    tuned: Tuned,
) -> bool:
    """Add the network of integers, and return whether it finds as much."""
    card, path = read_card(folder), folder / QUANTISED
    try:
        path.write_bytes(to_litert(pupil.network, card.architecture, samples=samples))
    except ValueError:  # it differs too much from that of floats
        return False
    write_card(folder, card.replace(files={**card.files, path.name: sha256(path)}))
    model, setting = Model(folder), Setting(tuned.decoding, tuned.calibration)
    most = sorted(parts, key=lambda part: -part.example.n_objects)[:TRIED]
    floats, integers = (
        _scores(
            subject_of(card.architecture),
            most,
            [predict_example(p.example, model, kind) for p in most],
            setting,
        )
        for kind in PRECISIONS
    )
    return bool((integers >= floats - AS_GOOD).all())


def _scores(
    subject: Subject,
    parts: Sequence[Blocks],
    maps: Sequence[Floats],
    setting: Setting,
) -> Reals:
    """Return the scores of all parts together."""
    counts = [
        part.count(own, [setting])[0].sum(0)
        for part, own in zip(parts, maps, strict=True)
    ]
    return subject.score(np.sum(counts, axis=0))
