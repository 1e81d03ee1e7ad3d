"""Whatever is done in whatever order: undone, redone and replayed to the bit."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from napari_mobile_unet.corrections.bring_over import replace_by
from napari_mobile_unet.corrections.change import Change, iter_planes
from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.locks import LockedObjects
from napari_mobile_unet.corrections.replay import fold, replay
from napari_mobile_unet.corrections.resume import resume
from napari_mobile_unet.corrections.session import Corrections
from napari_mobile_unet.corrections.strokes import before_points

SHAPES = [(48, 40), (3, 24, 24), (2, 2, 16, 16)]
STEPS = 1000


def base(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Return labels of blocks, some through several planes, with gaps in their ids."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 9, [*shape[:-2], *(n // 8 for n in shape[-2:])])
    labels = (coarse * (random.random(coarse.shape) < 0.6)).astype(np.uint16)
    return 3 * labels.repeat(8, -1).repeat(8, -2)


class AnyOrder(RuleBasedStateMachine):
    """Random operations, strokes, undoings, locks and restarts of one session."""

    @initialize(shape=st.sampled_from(SHAPES), seed=st.integers(0, 2**16))
    def begin(self, shape, seed):
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "cells_corrections.jsonl"
        self.base = base(shape, seed)
        self.random = np.random.default_rng(seed)
        self.labels = self.base.copy()
        self.corrections = Corrections(self.labels, journal=self.path)
        self.given = set(self.corrections.index.ids)

    def some_box(self) -> tuple[tuple[int, ...], tuple[int, int], tuple[int, int]]:
        shape = self.labels.shape
        plane = tuple(int(self.random.integers(n)) for n in shape[:-2])
        start = tuple(int(self.random.integers(n - 1)) for n in shape[-2:])
        size = tuple(
            int(self.random.integers(1, min(14, n - first) + 1))
            for n, first in zip(shape[-2:], start, strict=True)
        )
        return plane, start, size

    def some_id(self) -> int:
        ids = self.corrections.index.ids
        return int(self.random.choice(ids)) if ids else 0

    @rule(new=st.booleans())
    def operate(self, new):
        """An operation gives a box another content; it may meet locked objects."""
        plane, start, size = self.some_box()
        own = self.corrections.index.next_id if new else self.some_id()
        if new:
            assert own not in self.given
        box = tuple(slice(a, a + n) for a, n in zip(start, size, strict=True))
        now = self.labels[(*plane, *box)].copy()
        after = np.where(self.random.random(size) < 0.7, own, now)
        before = self.labels.copy()
        locked = set(np.unique(now[now != after])) & self.corrections.locks.ids - {own}
        try:
            self.corrections.do("draw", [Change(plane, start, after)], on=[own])
            assert not locked
        except LockedObjects as error:
            assert error.ids == locked
            assert np.array_equal(self.labels, before)
        self.given.update(self.corrections.index.ids)

    @rule()
    def delete(self):
        own = self.some_id()
        changes = []
        for plane in self.corrections.index.planes_of(own):
            box = self.corrections.index.box(own, plane)
            part = self.labels[(*plane, *box)]
            start = (box[0].start, box[1].start)
            changes.append(Change(plane, start, np.where(part == own, 0, part)))
        if changes:
            self.corrections.do("delete", changes, on=[own])
            assert own not in self.corrections.index
            assert own not in self.corrections.locks.ids

    @rule(dabs=st.integers(1, 4), erase=st.booleans())
    def paint(self, dabs, erase):
        """A brush has written already, dab after dab, over whatever was there."""
        value = 0 if erase else self.some_id()
        locked = [own for own in self.corrections.locks.ids if own != value]
        before = self.labels.copy()
        points = []
        plane, start, size = self.some_box()
        for _ in range(dabs):
            rows, columns = np.nonzero(self.random.random(size) < 0.6)
            shift = self.random.integers(-2, 3, 2)
            height, width = self.labels.shape[-2:]
            at = (
                *(np.full(len(rows), n) for n in plane),
                (rows + start[0] + shift[0]).clip(0, height - 1),
                (columns + start[1] + shift[1]).clip(0, width - 1),
            )
            points.append((at, self.labels[at].copy()))
            self.labels[at] = value
        wanted = self.labels.copy()
        self.corrections.stroke(before_points(self.labels, points), on={value})
        kept = np.isin(before, locked)
        assert np.array_equal(self.labels, np.where(kept, before, wanted))

    @rule(lock=st.booleans())
    def lock(self, lock):
        own = self.some_id()
        if own and lock:
            self.corrections.lock([own])
        elif own:
            self.corrections.unlock([own])

    @rule(finish=st.booleans())
    def mark(self, finish):
        plane, _, _ = self.some_box()
        if finish:
            self.corrections.finish(plane)
        else:
            self.corrections.reopen(plane)

    @rule(seed=st.integers(0, 99))
    def run_again(self, seed):
        """A new automatic result comes; what is locked or finished stays."""
        before, locks = self.labels.copy(), self.corrections.locks
        state = locks.state
        replace_by(self.corrections, base(self.labels.shape, seed))
        kept = np.isin(before, list(locks.ids))
        for plane in locks.finished:
            kept[plane] = True
        assert np.array_equal(self.labels[kept], before[kept])
        assert not np.isin(self.labels[~kept], before[kept & (before > 0)]).any()
        assert locks.state == state
        self.given.update(self.corrections.index.ids)

    @precondition(lambda self: len(self.corrections.history))
    @rule(times=st.integers(1, 6))
    def undo(self, times):
        for _ in range(times):
            self.corrections.undo()

    @precondition(lambda self: self.corrections.history.next_redo)
    @rule(times=st.integers(1, 6))
    def redo(self, times):
        for _ in range(times):
            self.corrections.redo()

    @rule(saved=st.booleans())
    def restart(self, saved):
        """The program ends; labels are read again as they were, or as they are."""
        state = self.corrections.locks.state
        self.corrections.close()
        labels = (self.labels if saved else self.base).copy()
        resumed = resume(labels, self.path) if self.path.exists() else None
        assert np.array_equal(labels, self.labels) or resumed is None
        if resumed:
            self.labels, self.corrections = labels, resumed.corrections
            assert self.corrections.locks.state == state

    @invariant()
    def the_index_is_right(self):
        if hasattr(self, "labels"):
            found = ObjectIndex.of(self.labels)
            index = self.corrections.index
            assert index.ids == found.ids
            for plane in iter_planes(self.labels.shape):
                assert index.ids_in(plane) == found.ids_in(plane)
                for own in index.ids_in(plane):
                    assert index.box(own, plane) == found.box(own, plane)
                    assert index.count(own, plane) == found.count(own, plane)
            assert self.corrections.locks.ids <= set(index.ids)

    def teardown(self):
        if not hasattr(self, "labels"):
            return
        end = self.labels.copy()
        self.corrections.close()
        if self.path.exists():
            assert np.array_equal(replay(self.base, self.path), end)
            self.check_locked_pixels()
        depth = len(self.corrections.history)
        deque(iter(self.corrections.undo, None), maxlen=0)
        assert np.array_equal(self.labels, self.base)
        for _ in range(depth):
            self.corrections.redo()
        assert np.array_equal(self.labels, end)
        self.corrections.close()
        self.folder.cleanup()

    def check_locked_pixels(self):
        """Without any labels the journal tells all pixels that are locked."""
        folded = fold(self.path)
        height, width = self.labels.shape[-2:]
        for plane in iter_planes(self.labels.shape):
            locked = folded.locked(plane, (slice(0, height), slice(0, width)))
            kept = np.isin(self.labels[plane], list(self.corrections.locks.ids))
            kept |= plane in self.corrections.locks.finished
            assert np.array_equal(locked, np.where(kept, self.labels[plane], 0))


def test_short_sessions_of_any_kind():
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_thousand_operations_and_strokes():
    """Of one session in two and in three dimensions, the last one to the first."""
    for seed, shape in enumerate(SHAPES[:2]):
        machine = AnyOrder()
        machine.begin(shape, seed)
        random = np.random.default_rng(seed)
        for number in range(STEPS):
            flag, times = bool(random.integers(2)), int(random.integers(1, 5))
            moves = [
                lambda m=machine, f=flag: m.operate(f),
                lambda m=machine, f=flag, t=times: m.paint(t, f),
                machine.delete,
                lambda m=machine, f=flag: m.lock(f),
                lambda m=machine, f=flag: m.mark(f),
                lambda m=machine, t=times: m.run_again(t),
                lambda m=machine, t=times: m.undo(t),
                lambda m=machine, t=times: m.redo(t),
            ]
            shares = [0.35, 0.35, 0.05, 0.1, 0.03, 0.02, 0.06, 0.04]
            moves[random.choice(len(moves), p=shares)]()
            if number % 100 == 99:
                machine.the_index_is_right()
                machine.restart(flag)
        machine.teardown()
