from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_mobile_unet.corrections.bring_over import (
    Kept,
    bring_over,
    iter_fitted,
    replace_by,
)
from napari_mobile_unet.corrections.change import Change
from napari_mobile_unet.corrections.fit import FreeIds, fit_around
from napari_mobile_unet.corrections.pixels import iter_pixels
from napari_mobile_unet.corrections.replay import fold, replay
from napari_mobile_unet.corrections.resume import resume
from napari_mobile_unet.corrections.session import Corrections


def blank() -> np.ndarray:
    return np.zeros((30, 30), np.uint16)


def fitted(new, locked, deleted=None) -> np.ndarray:
    """Return new labels fitted around locked pixels and objects that were deleted."""
    taken = set(np.unique(locked)) - {0}
    largest = max(int(new.max()), int(locked.max()))
    stones = [] if deleted is None else list(iter_pixels((), deleted, (0, 0)))
    return fit_around(new, locked, stones, FreeIds(taken, largest))


def test_locked_pixels_win_and_others_keep_their_ids():
    new, locked = blank(), blank()
    new[2:12, 2:12] = 1
    new[2:12, 20:26] = 7
    locked[8:20, 2:12] = 5
    expected = np.where(locked > 0, locked, new)
    assert np.array_equal(fitted(new, locked), expected)


def test_an_id_that_somebody_has_is_not_given_again():
    new, locked = blank(), blank()
    new[2:6, 2:6], new[2:6, 12:16] = 5, 6
    locked[20:25, 20:25] = 5
    labels = fitted(new, locked)
    assert (labels[2:6, 2:6] == 7).all()
    assert (labels[2:6, 12:16] == 6).all()
    assert (labels[20:25, 20:25] == 5).all()


def test_a_new_object_that_is_cut_apart_is_several():
    new, locked = blank(), blank()
    new[10:14, 2:28] = 1
    locked[0:30, 9:12] = 5
    new[20:24, 20:24] = 2
    labels = fitted(new, locked)
    assert (labels[10:14, 12:28] == 1).all()
    assert (labels[10:14, 2:9] == 6).all()
    assert set(np.unique(labels)) == {0, 1, 2, 5, 6}


def test_slivers_are_no_objects():
    new, locked = blank(), blank()
    new[10:14, 2:28] = 1
    locked[0:30, 3:8] = 5
    new[20:24, 20:24] = 2
    labels = fitted(new, locked)
    assert (labels[10:14, 2:3] == 0).all()
    assert (labels[10:14, 8:28] == 1).all()


def test_pieces_that_were_apart_before_stay_one_object():
    new, locked = blank(), blank()
    new[2:6, 2:6] = new[12:16, 2:6] = 1
    locked[5:10, 2:6] = 5
    labels = fitted(new, locked)
    assert (labels[2:5, 2:6] == 1).all()
    assert (labels[12:16, 2:6] == 1).all()


def test_the_rest_of_an_object_that_a_person_trimmed_does_not_come_back():
    new, locked = blank(), blank()
    new[5:20, 5:20] = 1
    locked[7:18, 7:18] = 5  # IoU 0.54
    assert np.array_equal(fitted(new, locked), locked)


def test_what_a_person_deleted_stays_deleted():
    new, deleted = blank(), blank()
    new[5:15, 5:15] = 1
    new[20:28, 5:15] = 2
    deleted[5:15, 6:16] = 9
    labels = fitted(new, blank(), deleted)
    assert not (labels == 1).any()
    assert (labels[20:28, 5:15] == 2).all()
    # Two small objects in the place of a wrong large one may come.
    parts = blank()
    parts[5:15, 5:9], parts[5:15, 11:15] = 1, 2
    assert np.array_equal(fitted(parts, blank(), deleted), parts)


def test_a_piece_that_a_person_took_away_stays_away():
    new, locked, deleted = blank(), blank(), blank()
    new[5:15, 2:28] = 1
    locked[5:15, 2:14] = 5  # less than half: another object by its IoU
    deleted[5:15, 14:28] = 5
    assert np.array_equal(fitted(new, locked, deleted), locked)


@given(st.integers(0, 2**32))
def test_whatever_comes_locked_pixels_stay_and_ids_do_not_clash(seed):
    random = np.random.default_rng(seed)
    new, locked, deleted = (
        (random.integers(0, 7, (8, 8)) * (random.random((8, 8)) < share))
        .repeat(5, 0)
        .repeat(5, 1)
        for share in (0.8, 0.4, 0.2)
    )
    labels = fitted(new, locked, np.where(locked > 0, 0, deleted))
    assert np.array_equal(labels[locked > 0], locked[locked > 0])
    mine = set(np.unique(labels[locked == 0])) - {0}
    assert not mine & set(np.unique(locked))
    # Each of them is a part of one new object, where there was one.
    assert (new[(labels > 0) & (locked == 0)] > 0).all()
    for own in mine:
        assert len(np.unique(new[(labels == own) & (locked == 0)])) == 1


def stack() -> np.ndarray:
    labels = np.zeros((3, 30, 30), np.uint16)
    labels[:, 2:10, 2:10] = 1
    labels[:, 15:25, 2:10] = 2
    labels[0, 15:25, 15:25] = 3
    return labels


def by_hand(journal=None) -> Corrections:
    """Return a session: an object was drawn, one deleted, a plane finished."""
    corrections = Corrections(stack(), journal=journal)
    corrections.do(
        "draw", [Change((1,), (2, 15), np.full((6, 6), 4, np.uint16))], on=[4]
    )
    corrections.do(
        "delete", [Change((0,), (15, 15), np.zeros((10, 10), np.uint16))], on=[3]
    )
    corrections.lock([2])
    corrections.finish((2,))
    return corrections


def another_run() -> np.ndarray:
    new = np.zeros((3, 30, 30), np.uint16)
    new[:, 3:9, 3:9] = 2  # the first object, smaller, with an id that is taken
    new[:, 15:26, 2:11] = 1  # the second one, larger
    new[0, 15:25, 16:25] = 5  # what was deleted
    new[1, 20:29, 20:29] = 6  # a new one
    return new


def check(labels: np.ndarray, other: int) -> None:
    """See that another run's labels have the corrections of `by_hand`."""
    mine = by_hand().labels
    assert np.array_equal(labels[2], mine[2])
    for plane in range(2):
        assert np.array_equal(labels[plane] == 2, mine[plane] == 2)
        assert (labels[plane, 3:9, 3:9] == other).all()
        assert not (labels[plane] == 1).any()
    assert (labels[1, 2:8, 15:21] == 4).all()
    assert not labels[0, 15:25, 15:25].any()
    assert (labels[1, 20:29, 20:29] == 6).all()


def test_a_new_run_keeps_what_is_locked_deleted_and_finished():
    corrections = by_hand()
    before, state = corrections.labels.copy(), corrections.locks.state
    done = replace_by(corrections, another_run())
    assert done.text == "new automatic labels"
    check(corrections.labels, 7)
    assert corrections.locks.state == state
    corrections.undo()
    assert np.array_equal(corrections.labels, before)
    corrections.redo()
    check(corrections.labels, 7)


def test_a_run_into_another_layer_gets_the_corrections():
    corrections = Corrections(another_run())
    before = corrections.labels.copy()
    bring_over(Kept.of(by_hand()), corrections)
    check(corrections.labels, 7)
    assert corrections.locks.state == by_hand().locks.state
    corrections.undo()
    assert np.array_equal(corrections.labels, before)
    assert corrections.locks.ids == set()


def test_a_journal_is_enough_to_bring_corrections_over(tmp_path):
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    by_hand(first).close()
    corrections = Corrections(another_run(), journal=second)
    bring_over(Kept.of_journal(fold(first)), corrections)
    check(corrections.labels, 7)
    corrections.close()
    # The journal of that session is enough, too, and replays exactly.
    assert np.array_equal(replay(another_run(), second), corrections.labels)
    resumed = resume(another_run(), second).corrections
    assert resumed.locks.state == corrections.locks.state
    third = Corrections(another_run())
    bring_over(Kept.of_journal(fold(second)), third)
    check(third.labels, 8)  # 7 was given there


def test_results_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"fit labels of their shape, \(3, 30, 30\)"):
        list(iter_fitted(np.zeros((2, 30, 30), int), Kept.of(by_hand())))


def test_without_corrections_another_run_is_what_it_was():
    kept = Kept.of(Corrections(stack()))
    planes = [labels for _, labels in iter_fitted(another_run(), kept)]
    assert np.array_equal(planes, another_run())


def test_ids_of_sixty_bits_are_told_apart(tmp_path):
    """As programs for connectomes give them: as floats these two are one."""
    one, other = 2**60 + 1, 2**60 + 2
    base = np.zeros((30, 30), np.uint64)
    base[2:10, 2:10], base[2:10, 12:20] = one, other
    path = tmp_path / "a.jsonl"
    corrections = Corrections(base.copy(), journal=path)
    corrections.lock([one])
    labels = corrections.labels
    assert np.array_equal(
        Kept.of(corrections).locked(()), np.where(base == one, one, 0)
    )
    old = Change((), (2, 2), labels[2:10, 2:20].copy())
    labels[2:10, 2:20] = 5
    corrections.stroke([old], on=[5])
    wanted = base.copy()
    wanted[2:10, 10:20] = 5
    assert np.array_equal(labels, wanted)
    corrections.close()
    assert np.array_equal(replay(base, path), wanted)
    folded = fold(path)
    whole = (slice(0, 30), slice(0, 30))
    assert np.array_equal(folded.locked((), whole), wanted)
    again = Corrections(base.copy())
    bring_over(Kept.of_journal(folded), again)
    assert np.array_equal(again.labels, wanted)
    corrections = resume(base.copy(), path).corrections
    assert replace_by(corrections, np.where(base == one, other, np.uint64(0))) is None
    corrections.close()


def test_numbers_of_classes_stay_what_they_are(tmp_path):
    """Class 1 of a finished plane is class 1 of all others."""
    path = tmp_path / "classes.jsonl"
    first = np.zeros((2, 30, 30), np.uint16)
    first[:, 5:15, 5:25], first[:, 18:25, 5:25] = 1, 2
    corrections = Corrections(first.copy(), journal=path)
    corrections.finish((0,))
    corrections.close()
    other = np.roll(first, 3, axis=1)
    kept = Kept.of_journal(fold(path), classes=True)
    found = [labels for _, labels in iter_fitted(other, kept)]
    assert np.array_equal(found, [first[0], other[1]])
    as_objects = Kept.of_journal(fold(path))
    assert [labels.max() for _, labels in iter_fitted(other, as_objects)] == [2, 4]
