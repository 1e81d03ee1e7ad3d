from __future__ import annotations

import json

import numpy as np
import pytest

from napari_mobile_unet.corrections.beside import locked_in
from napari_mobile_unet.corrections.change import Change
from napari_mobile_unet.corrections.compact import compact
from napari_mobile_unet.corrections.replay import replay
from napari_mobile_unet.corrections.resume import resume
from napari_mobile_unet.corrections.saved import reopen, state_of
from napari_mobile_unet.corrections.session import Corrections


def by_hand(labels: np.ndarray, journal=None) -> Corrections:
    corrections = Corrections(labels, journal=journal)
    corrections.do("delete", [Change((), (4, 4), np.zeros((11, 11), int))], on=[3])
    corrections.lock([9])
    corrections.finish(())
    return corrections


def test_the_state_is_json_and_comes_back_without_its_journal(squares):
    corrections = by_hand(squares)
    corrections.do("draw", [Change((), (20, 20), np.full((2, 2), 50))], on=[50])
    corrections.undo()
    state = json.loads(json.dumps(state_of(corrections)))
    again = reopen(squares.copy(), state)
    assert again.notes == []
    assert again.corrections.locks.state == corrections.locks.state
    assert again.corrections.index.next_id == 51
    assert again.corrections.undo() is None


def test_with_its_journal_all_can_be_undone(tmp_path, squares):
    base = squares.copy()
    corrections = by_hand(squares, tmp_path / "a.jsonl")
    corrections.close()
    state = state_of(corrections)
    # Labels and journal were moved together.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "a.jsonl").rename(elsewhere / "a.jsonl")
    again = reopen(squares.copy(), state, folder=elsewhere)
    assert again.notes == []
    while again.corrections.undo():
        pass
    assert np.array_equal(again.corrections.labels, base)
    again.corrections.close()


def test_without_its_journal_the_locks_are_there_and_that_is_said(tmp_path, squares):
    corrections = by_hand(squares, tmp_path / "a.jsonl")
    corrections.close()
    state = state_of(corrections)
    edited = squares.copy()
    edited[0, 0] = 1
    again = reopen(edited, state)
    assert "belongs to the labels that it begins with" in again.notes[0]
    assert again.corrections.locks.ids == {9}
    (tmp_path / "a.jsonl").unlink()
    again = reopen(edited, state)
    assert "is not there" in again.notes[0]
    edited[edited == 9] = 0
    again = reopen(edited, state)
    assert again.notes[1] == "Locked objects are no longer there: 9"
    assert again.corrections.locks.ids == set()


@pytest.mark.parametrize(
    "change", [{"version": 2}, {"more": 1}, {"largest": -1}, {"journal": {1}}]
)
def test_a_state_that_is_none_is_refused(squares, change):
    state = {**state_of(by_hand(squares)), **change}
    with pytest.raises(ValueError, match="open the labels without them"):
        reopen(squares, state)


def test_a_state_of_larger_labels_is_refused(squares):
    state = state_of(by_hand(squares))
    with pytest.raises(ValueError, match="is not within labels"):
        reopen(squares[:10, :10].copy(), state)


def test_a_journal_begins_anew_with_saved_labels(tmp_path, squares):
    base, path = squares.copy(), tmp_path / "a.jsonl"
    corrections = by_hand(squares, path)
    for value in range(20, 40):
        change = Change((), (20, 20), np.full((3, 3), value))
        corrections.do("draw", [change], on=[value - 1])
    size, state = path.stat().st_size, corrections.locks.state
    saved = squares.copy()
    assert np.array_equal(resume(saved.copy(), path).corrections.labels, saved)
    compact(corrections)
    assert path.stat().st_size < size / 5
    assert corrections.undo() is None
    assert corrections.locks.state == state
    corrections.do("draw", [Change((), (30, 20), np.full((3, 3), 41))], on=[41])
    corrections.close()
    assert np.array_equal(replay(saved, path), squares)
    again = resume(saved.copy(), path).corrections
    assert np.array_equal(again.labels, squares)
    assert 41 in again.locks.ids
    again.undo()
    assert again.locks.state == state
    again.close()
    with pytest.raises(ValueError, match="belongs to the labels"):
        replay(base, path)


def test_without_a_journal_only_the_history_begins_anew(squares):
    corrections = by_hand(squares)
    compact(corrections)
    assert corrections.undo() is None
    assert corrections.locks.ids == {9}


def test_what_is_locked_is_known_whatever_axes_of_one_were_saved(tmp_path, squares):
    journal = tmp_path / "a.jsonl"
    corrections = by_hand(squares, journal)
    corrections.close()
    assert locked_in(squares, journal) == {9}
    assert locked_in(squares[None], journal) == {9}
    for other in (squares + 1, np.stack([squares] * 2), squares[:-1]):
        with pytest.raises(ValueError, match="ends with others; export"):
            locked_in(other, journal)


def test_a_step_says_no_more_than_a_line_holds(squares):
    corrections = Corrections(squares)
    change = Change((), (0, 0), np.full((1, 1), 77))
    done = corrections.do("draw", [change], text="x" * 600, on=[77])
    assert done is not None
    assert corrections.history.next_undo.step.text == "x" * 500
