from __future__ import annotations

import dask.array
import numpy as np
import pytest
import zarr

from napari_mobile_unet.corrections.change import Change
from napari_mobile_unet.corrections.delta import ChangedOutside
from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.locks import LockedObjects
from napari_mobile_unet.corrections.resume import resume
from napari_mobile_unet.corrections.session import Corrections
from napari_mobile_unet.corrections.strokes import before_points


def box_of(corrections: Corrections, own: int, value: int, plane=()) -> Change:
    """Return the change that gives another id to an object."""
    box = corrections.index.box(own, plane)
    part = corrections.labels[(*plane, *box)]
    start = (box[0].start, box[1].start)
    return Change(plane, start, np.where(part == own, value, part))


@pytest.fixture
def corrections(squares) -> Corrections:
    return Corrections(squares)


def delete(corrections: Corrections, own: int) -> None:
    corrections.do("delete", [box_of(corrections, own, 0)], on=[own])


def test_a_step_is_made_undone_and_redone(corrections):
    before = corrections.labels.copy()
    done = corrections.do("merge", [box_of(corrections, 9, 3)], on=[3, 9])
    assert done.text == "merge 3 and 9"
    assert done.boxes == [((), (slice(4, 15), slice(15, 26)))]
    assert done.ids == {3, 9}
    after = corrections.labels.copy()
    assert corrections.index.count(3) == 2 * 121
    assert corrections.undo().text == "undo of merge 3 and 9"
    assert np.array_equal(corrections.labels, before)
    assert corrections.undo() is None
    assert corrections.redo().text == "merge 3 and 9"
    assert corrections.redo() is None
    assert np.array_equal(corrections.labels, after)


def test_a_new_step_after_an_undo_loses_no_state(corrections):
    states = [corrections.labels.copy()]
    for own in (3, 9):
        delete(corrections, own)
        states.append(corrections.labels.copy())
    corrections.undo()
    corrections.undo()
    delete(corrections, 1)
    seen = [corrections.labels.copy()]
    while corrections.undo():
        seen.append(corrections.labels.copy())
    for state in states:
        assert any(np.array_equal(state, other) for other in seen)
    assert np.array_equal(seen[-1], states[0])
    assert len(seen) == 6


def test_what_changes_nothing_is_no_step(corrections):
    assert corrections.do("smooth", []) is None
    assert corrections.do("smooth", [box_of(corrections, 3, 3)]) is None
    assert corrections.lock([]) is None
    assert corrections.undo() is None


def test_what_a_person_changed_is_locked_and_what_they_deleted_is_not(corrections):
    corrections.do("cut", [Change((), (4, 4), np.zeros((2, 11), int))], on=[3])
    assert corrections.locks.ids == {3}
    delete(corrections, 9)
    assert corrections.locks.ids == {3}
    delete(corrections, 3)
    assert corrections.locks.ids == set()
    corrections.undo()
    assert corrections.locks.ids == {3}


def test_a_tombstone_has_all_that_was_taken_from_an_object(corrections):
    whole = corrections.labels == 3
    corrections.do("cut", [Change((), (4, 4), np.zeros((2, 11), int))])
    delete(corrections, 3)
    stone = corrections.locks.tombstones[(), 3]
    canvas = np.zeros((40, 40), bool)
    stone.paint(canvas, (slice(0, 40), slice(0, 40)))
    assert np.array_equal(canvas, whole)
    corrections.undo()
    canvas[:] = False
    corrections.locks.tombstones[(), 3].paint(canvas, (slice(0, 40), slice(0, 40)))
    assert canvas.sum() == 22
    corrections.undo()
    assert corrections.locks.tombstones == {}


def test_an_automatic_step_locks_nothing_and_buries_nothing(corrections):
    corrections.do("drop", [box_of(corrections, 9, 0)], lock=False)
    assert corrections.locks.ids == set()
    assert corrections.locks.tombstones == {}


def test_a_locked_object_changes_only_where_it_is_named(corrections):
    corrections.lock([9])
    before = corrections.labels.copy()
    for change in (
        box_of(corrections, 9, 0),
        box_of(corrections, 3, 9),  # which would grow
        Change((), (0, 0), np.ones((40, 40), int)),
    ):
        with pytest.raises(LockedObjects, match="would change 9, which is locked") as e:
            corrections.do("merge", [change], on=[3])
        assert e.value.ids == {9}
    assert np.array_equal(corrections.labels, before)
    corrections.unlock([9])
    assert corrections.do("merge", [box_of(corrections, 3, 9)], on=[3])
    assert corrections.locks.ids == {9}


def test_locks_go_with_objects_that_are_numbered_anew(corrections):
    corrections.lock([9])
    corrections.do(
        "number",
        [box_of(corrections, 9, 2)],
        on=[9],
        lock=False,
        renamed={9: 2, 3: 3},
    )
    assert corrections.locks.ids == {2}
    corrections.undo()
    assert corrections.locks.ids == {9}


def test_a_stroke_that_is_written_already_enters_the_history(corrections):
    before = corrections.labels.copy()
    rows, columns = np.nonzero(np.ones((6, 6)))
    points = []
    for shift in (0, 3):  # dabs that overlap
        at = rows + 20 + shift, columns + 20 + shift
        points.append((at, corrections.labels[at]))
        corrections.labels[at] = 12
    after = corrections.labels.copy()
    done = corrections.stroke(before_points(corrections.labels, points), on=[12])
    assert done.text == "paint 12"
    assert np.array_equal(corrections.labels, after)
    assert corrections.locks.ids == {12}
    assert corrections.index.count(12) == (after == 12).sum()
    corrections.undo()
    assert np.array_equal(corrections.labels, before)
    corrections.redo()
    assert np.array_equal(corrections.labels, after)


def test_a_stroke_leaves_locked_objects_of_others_alone(corrections):
    corrections.lock([9])
    before = corrections.labels.copy()
    box = slice(2, 8), slice(10, 30)
    old = Change((), (2, 10), before[box].copy())
    corrections.labels[box] = 12
    done = corrections.stroke([old], on=[12])
    expected = before.copy()
    expected[box] = np.where(before[box] == 9, 9, 12)
    assert np.array_equal(corrections.labels, expected)
    assert done.put_back == (((), box),)
    assert ((), box) in done.boxes
    corrections.undo()
    assert np.array_equal(corrections.labels, before)


def test_a_stroke_over_locked_objects_alone_is_no_step(corrections):
    corrections.lock([9])
    before = corrections.labels.copy()
    old = Change((), (5, 16), before[5:8, 16:20].copy())
    corrections.labels[5:8, 16:20] = 0
    assert corrections.stroke([old], kind="erase") is None
    assert np.array_equal(corrections.labels, before)


def test_points_in_several_planes_and_axes():
    labels = np.zeros((2, 3, 9, 9), np.uint8)
    at = ([0, 1, 1], [2, 0, 0], [4, 5, 6], [1, 2, 3])
    labels[at] = 5
    before = before_points(labels, [(at, [0, 7, 8])])
    assert [(change.plane, change.start) for change in before] == [
        ((0, 2), (4, 1)),
        ((1, 0), (5, 2)),
    ]
    assert before[1].labels.tolist() == [[7, 0], [0, 8]]
    assert before_points(labels, []) == []


def test_planes_are_finished_and_reopened():
    labels = np.zeros((3, 8, 8), np.uint16)
    labels[1, 2:5, 2:5] = 4
    corrections = Corrections(labels)
    assert corrections.finish((1,)).text == "finish plane 1"
    assert corrections.finish((1,)) is None
    assert corrections.locks.finished == {(1,)}
    assert corrections.reopen((2,)) is None
    corrections.reopen((1,))
    assert corrections.locks.finished == set()
    corrections.undo()
    corrections.undo()
    assert corrections.locks.finished == set()
    assert corrections.history.next_redo.step.planes == [(1,)]


def test_what_something_else_wrote_is_noticed_and_kept(corrections):
    delete(corrections, 3)
    corrections.labels[5, 5] = 77
    with pytest.raises(ChangedOutside, match=r"rows 4–14, columns 4–14") as error:
        corrections.undo()
    assert error.value.plane == ()
    assert corrections.labels[5, 5] == 77
    assert corrections.labels[4, 4] == 0
    corrections.labels[5, 5] = 0
    assert corrections.undo()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (Change((), (38, 0), np.zeros((3, 3), int)), "lies within its labels"),
        (Change((1,), (0, 0), np.zeros((3, 3), int)), "lies within its labels"),
        (Change((), (0, 0), np.full((3, 3), 2**16)), "from 0 to 65535; received 65536"),
        (Change((), (0, 0), np.full((3, 3), -1)), "from 0 to 65535; received -1"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(corrections, change, message):
    before = corrections.labels.copy()
    with pytest.raises(ValueError, match=message):
        corrections.do("draw", [box_of(corrections, 3, 0), change])
    assert np.array_equal(corrections.labels, before)
    assert corrections.locks.ids == set()
    assert corrections.history.next_undo is None


def test_changes_that_overlap_are_refused(corrections):
    change = box_of(corrections, 3, 0)
    with pytest.raises(ValueError, match="do not overlap"):
        corrections.do("delete", [change, Change((), (14, 14), np.ones((3, 3), int))])
    corrections.do("delete", [change, Change((), (15, 4), np.ones((3, 3), int))])


def test_only_objects_can_be_locked(corrections):
    with pytest.raises(ValueError, match="none of the id 5"):
        corrections.lock([3, 5])


def read_only() -> np.ndarray:
    labels = np.zeros((4, 4), int)
    labels.flags.writeable = False
    return labels


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (read_only(), "read-only; copy it"),
        (dask.array.zeros((4, 4), dtype=int), r"labels.compute\(\)"),
        (np.zeros((4, 4)), "float64; convert"),
        (np.zeros(4, int), "1-D int64"),
        ([np.zeros((4, 4), int)], "correct the finest one"),
        (
            zarr.open_array(
                zarr.array(np.zeros((4, 4), int)).store, mode="r", zarr_format=3
            ),
            "read-only",
        ),
    ],
)
def test_labels_that_cannot_be_written_to_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        Corrections(labels)


def test_zarr_labels_are_changed_where_they_lie(tmp_path, squares):
    array = zarr.create_array(
        tmp_path / "a.zarr", shape=(2, 40, 40), chunks=(1, 16, 16), dtype="uint16"
    )
    array[1] = squares
    corrections = Corrections(array)
    change = Change((1,), (4, 15), np.zeros((11, 11), int))
    corrections.do("delete", [change], on=[9])
    assert not (array[1] == 9).any()
    assert not (zarr.open_array(tmp_path / "a.zarr", mode="r")[1] == 9).any()
    corrections.undo()
    assert np.array_equal(array[1], squares)


class Failing:
    """Labels whose second write fails."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.writes = 0

    def __getitem__(self, where):
        return self.array[where]

    def __setitem__(self, where, values):
        self.writes += 1
        if self.writes == 2:
            raise OSError("no room")
        self.array[where] = values


def test_where_writing_fails_all_is_as_before(squares):
    before = squares.copy()
    corrections = Corrections(Failing(squares))
    changes = [box_of(corrections, 3, 0), box_of(corrections, 1, 0)]
    with pytest.raises(OSError, match="no room"):
        corrections.do("delete", changes)
    assert np.array_equal(squares, before)
    assert corrections.index.count(3) == 121
    assert corrections.locks.tombstones == {}
    assert corrections.do("delete", changes)
    assert ObjectIndex.of(squares).ids == corrections.index.ids == [9]


def test_the_oldest_steps_are_forgotten_where_memory_is_short(squares):
    corrections = Corrections(squares, memory=6000)
    for value in range(20, 60):
        change = Change((), (20, 20), np.full((3, 3), value))
        corrections.do("paint", [change], on=[value - 1])
    assert 2 < len(corrections.history) < 20
    assert corrections.history.size <= 6000
    while corrections.undo():
        pass
    assert len(corrections.history.undone) > 2
    while corrections.redo():
        pass
    assert corrections.labels[20, 20] == 59


def test_numbers_of_numpy_and_names_of_files_are_no_trouble(squares, tmp_path):
    corrections = Corrections(squares, journal=tmp_path / "a.jsonl")
    change = Change((), tuple(np.array([20, 20])), np.full((3, 3), 12))
    done = corrections.do(
        "draw",
        [change],
        text="draw \udc80",
        args={"at": np.int64(3), "line": np.array([1.5]), "file": tmp_path},
        on=np.array([12]),
    )
    assert done.text == "draw ?"
    assert done.step.args == {"at": 3, "line": [1.5], "file": str(tmp_path)}
    corrections.lock(np.array([9]))
    corrections.close()
    assert resume(squares, tmp_path / "a.jsonl").corrections.locks.ids == {9, 12}
