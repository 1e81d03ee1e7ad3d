from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import cv2
import dask.array as da
import numpy as np
import pytest
import zarr
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFileDialog

from napari_mobile_unet.corrections.journal_lines import read_journal
from napari_mobile_unet.corrections.saved import METADATA
from napari_mobile_unet.exports.labels import import_labels
from napari_mobile_unet.widgets.correct import sketch
from napari_mobile_unet.widgets.correct.export_button import FILTERS
from napari_mobile_unet.widgets.layers.being_written import BEING_WRITTEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Labels
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


def squares() -> np.ndarray:
    """Return two planes with objects 3, 5 and 9; 5 has a narrow waist."""
    labels = np.zeros((2, 60, 80), np.int32)
    labels[:, 5:20, 5:20] = 3
    labels[0, 30:42, 10:24] = labels[0, 30:42, 27:40] = 5
    labels[0, 35:37, 24:27] = 5
    labels[1, 30:50, 50:70] = 9
    return labels


class Person:
    """Somebody who corrects labels with the page, by mouse, keys and buttons."""

    def __init__(self, viewer: Any, dock: Any, qtbot: QtBot, layer: Labels) -> None:
        self.viewer, self.dock, self._qtbot, self.layer = viewer, dock, qtbot, layer
        self.wait()

    def wait(self) -> None:
        self._qtbot.waitUntil(
            lambda: not (self.dock.bench.opening.looking or self.reading),
            timeout=10_000,
        )

    @property
    def reading(self) -> bool:
        return bool(self.dock.bench.opening.reading)

    def go_on(self) -> None:
        self.dock.earlier.go_on_button.click()
        self.wait()

    def drag(
        self,
        *places: tuple[float, float],
        shift: bool = False,
        on_the_way: Callable[[], None] = lambda: None,
    ) -> None:
        """Press the mouse at the first place (row, column), move on, and let go."""
        world = [self.layer.data_to_world((*self.plane, *place)) for place in places]
        event = SimpleNamespace(button=1, modifiers=("Shift",) if shift else ())
        for callback in list(self.layer.mouse_drag_callbacks):
            event.type, event.position = "mouse_press", tuple(world[0])
            running = callback(self.layer, event)
            if running is None:
                continue
            steps = [("mouse_move", each) for each in world[1:]]
            next(running, None)
            for kind, position in [*steps, ("mouse_release", world[-1])]:
                event.type, event.position = kind, tuple(position)
                if kind == "mouse_release":
                    on_the_way()
                next(running, None)

    @property
    def plane(self) -> tuple[int, ...]:
        return tuple(self.viewer.dims.current_step[: self.layer.ndim - 2])

    def press(self, tool: str) -> None:
        self.dock.tools.buttons[tool].click()

    @property
    def text(self) -> str:
        return str(self.dock.status.text())


@pytest.fixture(autouse=True)
def _journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "napari_mobile_unet.widgets.correct.journals.user_data_path",
        lambda *_: tmp_path / "data",
    )


@pytest.fixture
def person(viewer: Any, dock: Callable[[str], Any], qtbot: QtBot) -> Person:
    layer = viewer.add_labels(squares(), scale=(2, 0.5, 0.5), translate=(1, 7, 9))
    viewer.dims.set_point(0, 1)  # the first plane lies there
    page = dock("Correct labels")
    return Person(viewer, page, qtbot, layer)


def ids(layer: Labels) -> list[int]:
    return np.unique(layer.data).tolist()


def test_an_object_is_chosen_by_a_click_and_deleted_in_its_scope(
    person: Person,
) -> None:
    layer = person.layer
    person.drag((10, 10))
    assert person.dock.bench.chosen == (3,)
    person.press("delete")
    assert 3 not in layer.data[0]
    assert 3 in layer.data[1]  # the scope is this plane
    person.dock.undo_button.click()
    np.testing.assert_array_equal(layer.data, squares())
    person.drag((10, 10))
    person.dock.tools.scopes["all"].click()
    person.press("delete")
    assert ids(layer) == [0, 5, 9]
    assert person.dock.undo_button.text() == "Undo delete 3"
    assert "chosen" not in person.dock.state.text()


def test_objects_are_split_merged_and_drawn_by_mouse(person: Person) -> None:
    layer = person.layer
    person.press("split along")
    assert not layer.mouse_pan
    person.drag((28, 25), (36, 25), (45, 25))
    parts = [own for own in np.unique(layer.data[0, 28:45]).tolist() if own]
    assert parts == [5, 10]
    assert layer.data[0, 35, 15] != layer.data[0, 35, 35]
    person.press("split along")  # puts it away
    assert layer.mouse_pan
    person.drag((35, 15))
    person.drag((35, 35), shift=True)
    assert set(person.dock.bench.chosen) == {5, 10}
    person.press("merge")
    assert np.unique(layer.data[0, 28:45]).tolist() in ([0, 5], [0, 10])
    person.press("draw")
    person.drag((50, 5), (50, 20), (58, 20), (58, 5))
    assert layer.data[0, 54, 12] == 11  # 10 was given before
    session = person.dock.bench.session
    assert {5, 11} & session.locks.ids
    while person.dock.undo_button.isEnabled():
        person.dock.undo_button.click()
    np.testing.assert_array_equal(layer.data, squares())


def test_what_a_tool_would_do_is_shown_before_it_is_written(person: Person) -> None:
    layer, bench = person.layer, person.dock.bench
    person.drag((10, 10))
    person.dock.lock_button.click()
    marks = bench.marks.layer.data[0]
    before = marks.copy()

    def parts_are_shown() -> None:
        np.testing.assert_array_equal(layer.data, squares())
        assert (marks[30:42, 10] == sketch.KEPT).all()
        assert (marks[30:42, 39] == sketch.MADE).all()
        assert sketch.DRAWN in marks

    person.press("split along")
    person.drag((28, 25), (36, 25), (45, 25), on_the_way=parts_are_shown)
    assert layer.data[0, 35, 39] == 10
    assert not np.isin(marks, list(sketch.COLOURS)).any()

    def removal_is_shown() -> None:
        assert (marks[5:20, 5] == sketch.KEPT).all()  # over the green of its lock
        assert (marks[5:20, 19] == sketch.GONE).all()

    person.press("cut off")
    person.drag((2, 15), (25, 15), on_the_way=removal_is_shown)
    assert not layer.data[0, 5:20, 16:20].any()
    person.dock.undo_button.click()
    person.dock.undo_button.click()
    np.testing.assert_array_equal(marks, before)
    person.press("cut off")  # away
    for tool, value in (("grow", sketch.KEPT), ("delete", sketch.GONE)):
        button = person.dock.tools.buttons[tool]
        button.entered.emit()
        assert value in marks
        button.left.emit()
        np.testing.assert_array_equal(marks, before)
    np.testing.assert_array_equal(layer.data, squares())


def test_objects_to_drop_are_chosen_looked_at_and_deleted_at_once(
    person: Person,
) -> None:
    layer, page = person.layer, person.dock
    more = squares()
    more[0, 0:3, 70:78] = 11
    more[0, 50:60, 70:80] = 12
    more[1, 55:58, 2:5] = 13
    layer.data = more
    person.wait()
    layer.features = {"index": [3, 5, 12], "confidence": [0.9, 0.3, 0.2]}
    before = layer.data.copy()
    person.press("choose border")
    assert page.bench.chosen == (11, 12)
    assert "2 objects at the border; Delete (D)" in person.text
    page.tools.scopes["all"].click()
    page.tools.smallest.setValue(25)
    person.press("choose small")
    assert page.bench.chosen == (11, 13)
    person.press("choose doubtful")
    assert page.bench.chosen == (5, 12)
    page.lock_button.click()
    person.press("choose doubtful")
    assert "2 locked ones are" in person.text
    person.press("choose small")
    np.testing.assert_array_equal(layer.data, before)
    person.press("delete")
    assert ids(layer) == [0, 3, 5, 9, 12]
    page.undo_button.click()
    np.testing.assert_array_equal(layer.data, before)


def test_splits_and_clicks_follow_the_model_or_the_image(
    viewer: Any, dock: Callable[[str], Any], qtbot: QtBot
) -> None:
    rows, columns = np.mgrid[:128, :128]
    nuclei = np.zeros((128, 128), np.float32)
    for row, column in ((50, 40), (50, 62), (90, 96)):
        disc = np.hypot(rows - row, columns - column) <= 12
        nuclei[disc] = 90
    noise = np.random.default_rng(0).normal(0, 2, nuclei.shape)
    image = cv2.GaussianBlur(nuclei, (0, 0), 1.5) + noise + 10
    truth = (nuclei > 0).astype(np.uint8)
    truth[70:] = 0  # the third one was not found
    viewer.add_image(np.stack([np.zeros_like(image), image]), name="channels")
    layer = viewer.add_labels(truth[None], scale=(2, 1, 1), translate=(0.5, 0, 0))
    layer.axis_labels = viewer.layers["channels"].axis_labels = ("c", "y", "x")
    viewer.dims.set_point(0, 1)
    person = Person(viewer, dock("Correct labels"), qtbot, layer)
    page, session = person.dock, person.dock.bench.session

    def last() -> str:
        entry = session.history.next_undo
        return "" if entry is None else entry.step.text

    person.drag((50, 40))
    person.press("split")
    qtbot.waitUntil(lambda: last() != "", timeout=20_000)
    assert last() == "split 1 along the model's seam"
    assert layer.data[0, 50, 40] != layer.data[0, 50, 62]
    person.press("one click")
    person.drag((90, 96))
    assert last() == "object 3 by a click, as the model sees it"
    assert abs(int((layer.data == 3).sum()) - 441) < 90
    page.model_tick.setChecked(False)
    page.undo_button.click()
    person.drag((90, 96))
    assert last() == "object 4 by a click, by a local Otsu threshold"
    assert abs(int((layer.data == 4).sum()) - 441) < 90


def test_a_journal_belongs_to_its_image(person: Person) -> None:
    layer, viewer, page = person.layer, person.viewer, person.dock
    image = np.random.default_rng(0).integers(0, 99, (2, 60, 80), np.uint8)
    for name, data in (("own", image), ("other", image[::-1])):
        viewer.add_image(data, name=name, visible=name == "own")
    layer.data = squares()  # a new session begins
    person.wait()
    viewer.layers.selection.active = layer
    person.drag((10, 10))
    person.press("delete")
    journal = layer.metadata[METADATA]["journal"]
    assert read_journal(Path(journal)).header.image
    viewer.layers.remove(layer)
    viewer.layers["own"].visible, viewer.layers["other"].visible = False, True
    again = viewer.add_labels(squares())
    later = Person(viewer, page, person._qtbot, again)
    person.go_on()
    assert "written for another one" in person.text
    np.testing.assert_array_equal(again.data, squares())
    assert page.bench.session is None
    viewer.layers["own"].visible = True
    person.go_on()
    assert 3 not in again.data[0]
    assert later.layer is again


def test_strokes_of_napari_and_tools_have_one_history(person: Person) -> None:
    layer = person.layer
    layer.mode, layer.selected_label, layer.brush_size = "paint", 20, 5
    layer.paint((0, 50, 60), 20)
    layer.fill((0, 0, 79), 30)
    layer.mode = "pan_zoom"
    person.drag((10, 10))
    person.press("grow")
    painted = layer.data.copy()
    assert {20, 30} <= set(ids(layer))
    for _ in range(3):
        QTest.qWait(1)
        person.dock.undo_button.click()
    np.testing.assert_array_equal(layer.data, squares())
    layer.undo()  # napari's own history is empty, and can write nothing over it
    np.testing.assert_array_equal(layer.data, squares())
    for _ in range(3):
        person.dock.redo_button.click()
    np.testing.assert_array_equal(layer.data, painted)


def test_a_stroke_spares_locked_objects_of_others(person: Person) -> None:
    layer = person.layer
    person.drag((10, 10))
    person.dock.lock_button.click()
    assert "1 locked" in person.dock.state.text()
    layer.mode, layer.brush_size = "paint", 9
    layer.paint((0, 19, 10), 5)
    QTest.qWait(1)
    assert (layer.data[0, 5:20, 5:20] == 3).all()
    assert 5 in layer.data[0, 20:25, 5:15]
    assert "Locked objects" in person.text
    layer.mode = "erase"
    layer.paint((0, 10, 10), 0)  # begins on the object itself
    QTest.qWait(1)
    assert (layer.data[0, 5:20, 5:20] == 0).any()


def test_keys_of_the_page_come_and_go_with_the_layer(person: Person) -> None:
    layer = person.layer
    bound = set(layer.keymap)
    person.drag((10, 10))
    window = person.viewer.window._qt_viewer
    window.canvas.native.setFocus()
    person.viewer.layers.selection.active = layer
    QTest.keyClick(window.canvas.native, Qt.Key.Key_D)
    assert 3 not in layer.data[0]
    QTest.keyClick(
        window.canvas.native, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier
    )
    np.testing.assert_array_equal(layer.data, squares())
    other = person.viewer.add_labels(np.zeros((2, 60, 80), int))
    person.wait()
    assert person.dock.bench.layer is other
    assert len(layer.keymap) < len(bound)


def test_corrections_are_taken_up_again_after_a_crash(
    person: Person, dock: Callable[[str], Any], qtbot: QtBot
) -> None:
    person.drag((10, 10))
    person.press("delete")
    corrected = person.layer.data.copy()
    journal = person.layer.metadata[METADATA]["journal"]
    person.viewer.layers.remove(person.layer)  # as if the program had ended
    person.viewer.layers.clear()
    again = person.viewer.add_labels(squares())
    later = Person(person.viewer, person.dock, qtbot, again)
    assert later.dock.earlier.isVisibleTo(later.dock)
    np.testing.assert_array_equal(again.data, squares())  # nothing unasked
    later.go_on()
    np.testing.assert_array_equal(again.data, corrected)
    assert again.metadata[METADATA]["journal"] == journal
    later.dock.undo_button.click()
    np.testing.assert_array_equal(again.data, squares())


def test_what_cannot_be_done_is_said_and_changes_nothing(person: Person) -> None:
    layer = person.layer
    person.press("delete")
    assert "none is chosen" in person.text
    person.press("one click")
    person.drag((50, 50))
    assert "no visible image" in person.text
    person.press("merge")
    assert person.text
    person.viewer.dims.ndisplay = 3
    person.press("choose border")
    assert "2-D" in person.text
    person.viewer.dims.ndisplay = 2
    np.testing.assert_array_equal(layer.data, squares())
    layer.data = squares()[:, ::-1].copy()
    person.wait()
    assert person.dock.bench.session.labels is layer.data
    person.drag((49, 10))
    assert person.dock.bench.chosen == (3,)


def test_a_line_beside_the_image_changes_nothing(person: Person) -> None:
    for tool in ("cut off", "merge", "split"):
        person.press(tool)
        person.drag((-9, 20), (-5, 30), (-7, 45))
        person.drag((33, 200), (45, 210))
    np.testing.assert_array_equal(person.layer.data, squares())


def test_in_space_tools_show_no_preview_and_say_why_they_do_nothing(
    person: Person,
) -> None:
    person.press("cut off")
    person.viewer.dims.ndisplay = 3
    person.drag((33, 20), (33, 30), (45, 30))
    assert "2-D" in person.text
    hand = person.dock.bench.hand
    hand.gestures.pointer = (10.0, 10.0)
    for button in person.dock.tools.buttons.values():
        button.entered.emit()
    person.dock.lock_button.click()
    assert not person.dock.bench.session.locks.ids
    np.testing.assert_array_equal(person.layer.data, squares())
    person.viewer.dims.ndisplay = 2
    assert hand.ids() == (3,)


def test_the_review_goes_from_doubt_to_doubt(person: Person, qtbot: QtBot) -> None:
    review = person.dock.review
    review.next_button.click()
    qtbot.waitUntil(lambda: review.queue is not None and review.item is not None)
    first = review.item
    assert person.dock.bench.chosen == (first.own,)
    review.accept_button.click()
    assert first.own in person.dock.bench.session.locks.ids
    assert review.progress.value() == 1
    assert np.sum(review.plot.counts, axis=0).tolist() == [1, 3]
    assert review.item is not None
    assert review.item.key != first.key
    person.press("delete")
    assert review.queue.progress[1] == 3


def test_corrections_are_brought_over_to_another_result(person: Person) -> None:
    drawn = person.layer
    person.press("draw")
    person.drag((50, 5), (50, 20), (58, 20), (58, 5))
    own = int(drawn.data[0, 54, 12])
    person.press("draw")
    person.drag((10, 10))
    person.press("delete")  # of 3 in the first plane
    other = squares()[::-1].copy()  # as of another model
    other[0, 46:58, 2:12] = 7  # lies over what was drawn
    again = person.viewer.add_labels(other)
    person.wait()
    button = person.dock.bring_over
    button.refresh()
    assert [action.text() for action in button.choices.actions()] == [
        f"from {drawn.name}"
    ]
    button.choices.actions()[0].trigger()
    np.testing.assert_array_equal(again.data == own, drawn.data == own)
    assert 3 not in again.data[0]  # what was deleted stays so
    assert 3 in again.data[1]
    assert own in person.dock.bench.session.locks.ids
    person.dock.undo_button.click()
    np.testing.assert_array_equal(again.data, other)


@pytest.mark.parametrize("kind", ["read-only", "dask", "zarr"])
def test_labels_that_cannot_be_written_to_are_copied_if_asked(
    kind: str, person: Person, tmp_path: Path
) -> None:
    data: Any = squares()
    if kind == "read-only":
        data.setflags(write=False)
    elif kind == "dask":
        data = da.from_array(data, chunks=(1, 60, 80))
    else:
        data = zarr.create_array(tmp_path / "l.zarr", data=data, chunks=(1, 30, 80))
    layer = person.viewer.add_labels(data)
    person.wait()
    page = person.dock
    assert page.copy_button.isVisibleTo(page) == (kind != "zarr")
    if kind != "zarr":
        assert "must be writable" in person.text
        page.copy_button.click()
        person.wait()
    person.viewer.dims.set_point(0, 0)
    later = Person(person.viewer, page, person._qtbot, layer)
    later.drag((10, 10))
    later.press("delete")
    assert 3 not in np.asarray(layer.data[0])
    page.undo_button.click()
    np.testing.assert_array_equal(np.asarray(layer.data), squares())


def test_labels_that_a_run_writes_to_wait(person: Person) -> None:
    layer, bench = person.layer, person.dock.bench
    person.drag((10, 10))
    person.dock.lock_button.click()
    BEING_WRITTEN.begin(layer)
    assert bench.desk is None
    assert "A run writes" in person.text
    layer.data[1, 0:4, 0:4] = 12
    BEING_WRITTEN.end(layer)
    person.wait()
    assert "A run writes" not in person.text
    person.dock.earlier.anew_button.click()  # the run changed what the journal knows
    assert 12 in bench.session.index
    assert bench.session.locks.ids == {3}


def test_the_table_follows_what_is_corrected(person: Person, qtbot: QtBot) -> None:
    layer, table = person.layer, person.dock.bench.table
    layer.axis_labels = ("z", "y", "x")
    person.viewer.add_image(squares().astype(np.float32), scale=layer.scale)
    person.viewer.layers.selection.active = layer

    def rows() -> dict[int, float]:
        qtbot.waitUntil(lambda: table.resting, timeout=10_000)
        known = layer.features.set_index("index")
        return known[known.columns[0]].to_dict()

    before = rows()
    assert set(before) == {3, 5, 9}
    person.press("draw")
    person.drag((50, 5), (50, 20), (58, 20), (58, 5))
    assert set(rows()) == {3, 5, 9, 10}
    person.press("draw")
    person.drag((10, 10))
    person.dock.tools.scopes["all"].click()
    person.press("delete")
    assert set(rows()) == {5, 9, 10}
    person.dock.undo_button.click()
    assert rows()[3] == before[3]


def test_mothers_follow_a_track_that_is_cut(person: Person, qtbot: QtBot) -> None:
    layer, table = person.layer, person.dock.bench.table
    movie = np.repeat(squares()[:1], 4, axis=0)
    movie[3][movie[3] == 5] = 0
    movie[3, 30:35, 10:40], movie[3, 37:42, 10:40] = 7, 8
    layer.axis_labels = ("t", "y", "x")
    own = np.array([[3, 3, 3, 3, 5, 5, 5, 7, 8], [0, 1, 2, 3, 0, 1, 2, 3, 3]])
    mothers = np.where(own[0] > 5, 5, 0)
    layer.features = {"index": own[0], "t": own[1], "parent": mothers, "mine": own[1]}
    layer.data = movie
    person.wait()
    person.viewer.dims.set_point(0, person.layer.data_to_world((2, 0, 0))[0])
    person.drag((35, 15))
    person.press("cut track")
    qtbot.waitUntil(lambda: table.resting, timeout=10_000)
    rows = layer.features.set_index(["index", "t"])
    assert rows.loc[(10, 2), "mine"] == 2  # 9 was given before
    assert rows["parent"].to_dict()[7, 3] == rows["parent"].to_dict()[8, 3] == 10
    person.dock.undo_button.click()
    qtbot.waitUntil(lambda: table.resting, timeout=10_000)
    rows = layer.features.set_index(["index", "t"])
    assert rows["parent"].to_dict()[7, 3] == 5
    assert rows.loc[(5, 2), "mine"] == 2


@pytest.mark.parametrize("suffix", [".ome.tif", ".ome.zarr"])
def test_corrected_labels_are_saved_opened_and_gone_on_with(
    suffix: str, person: Person, tmp_path: Path
) -> None:
    layer = person.layer
    layer.axis_labels = ("z", "y", "x")
    person.drag((10, 10))
    person.press("delete")
    person.press("draw")
    person.drag((50, 5), (50, 20), (58, 20), (58, 5))
    corrected, path = layer.data.copy(), tmp_path / f"mended{suffix}"
    layer.save(str(path), plugin="napari-mobile-unet")
    person.viewer.layers.clear()
    person.wait()
    (again,) = person.viewer.open(str(path), plugin="napari-mobile-unet")
    person.wait()
    np.testing.assert_array_equal(np.asarray(again.data), corrected)
    np.testing.assert_allclose(again.scale, layer.scale)
    page = person.dock
    if page.copy_button.isVisibleTo(page):
        page.copy_button.click()
        person.wait()
    person.go_on()
    assert page.bench.session.locks.ids == {3, 10}  # 3 is on the other plane yet
    assert page.undo_button.text() == "Undo draw 10"
    page.undo_button.click()
    page.undo_button.click()
    np.testing.assert_array_equal(np.asarray(again.data), squares())


def test_labels_are_exported_with_their_locks(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    layer, page, first = person.layer, person.dock, next(iter(FILTERS))
    layer.axis_labels = ("z", "y", "x")
    person.drag((10, 10))
    page.lock_button.click()
    for chosen, (form, ending) in FILTERS.items():
        if form == "cellpose":
            continue  # holds a plane
        answer = str(tmp_path / form), chosen
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, a=answer: a)
        page.export.click()
        qtbot.waitUntil(lambda: "Writing" not in person.text, timeout=20_000)
        assert "3 objects" in person.text
        page.status.clear()
        again = import_labels(tmp_path / f"{form}{ending}", layer.data.shape)
        np.testing.assert_array_equal(np.asarray(again.data), layer.data)
    before = (tmp_path / "imagej.zip").read_bytes()
    person.press("delete")
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "imagej"), first)
    )
    page.export.click()
    assert "choose it itself to replace it" in person.text
    assert (tmp_path / "imagej.zip").read_bytes() == before
    rings = json.loads((tmp_path / "geojson.geojson").read_text("utf-8"))["features"]
    named = {each["properties"]["name"]: each["properties"] for each in rings}
    assert [own for own in named if named[own].get("isLocked")] == ["3"]


def test_where_a_dialog_tells_no_format_the_name_decides(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    for name, said in (("a.geojson", "3 objects"), ("a.png", "change the suffix")):
        answer = str(tmp_path / name), ""
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, a=answer: a)
        person.dock.export.click()
        qtbot.waitUntil(lambda said=said: said in person.text, timeout=20_000)
    assert [path.name for path in tmp_path.glob("a.*")] == ["a.geojson"]


def test_napari_has_its_own_keys_while_its_tools_are_in_hand(person: Person) -> None:
    layer, bench = person.layer, person.dock.bench
    canvas = person.viewer.window._qt_viewer.canvas.native
    person.drag((10, 10))  # another object is chosen
    person.press("split by seeds")
    person.drag((36, 15))
    person.drag((36, 35))
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert layer.data[0, 36, 15] != layer.data[0, 36, 35]
    person.press("cut off")
    layer.mode = "paint"
    assert not layer.mouse_pan  # a brush would move the view
    layer.mode = "polygon"
    assert bench.hand.tool is None
    assert not person.dock.tools.buttons["cut off"].isChecked()
    polygon = layer._overlays["polygon"]
    polygon.points = [(0, 50, 5), (0, 50, 20), (0, 58, 20)]
    layer.selected_label = 50
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    QTest.qWait(1)
    assert 50 in layer.data[0]
    assert person.dock.undo_button.text() == "Undo polygon 50"
    person.dock.undo_button.click()
    assert 50 not in layer.data
    QTest.keyClick(canvas, Qt.Key.Key_M)
    assert layer.selected_label == 51


def test_an_object_is_taken_over_from_another_layer(person: Person) -> None:
    layer = person.layer
    other = np.zeros_like(squares())
    other[0, 48:58, 60:75] = 4
    other[0, 10:30, 10:20] = 6  # lies on 3 in part
    person.viewer.add_labels(other)
    person.wait()
    person.dock.box.layer = layer
    person.wait()
    person.viewer.layers.selection.active = layer
    if person.dock.earlier.isVisibleTo(person.dock):
        person.go_on()
    person.press("take over")
    person.drag((50, 65))
    np.testing.assert_array_equal(layer.data[0] == 10, other[0] == 4)
    person.drag((25, 15))
    assert (layer.data[0, 5:20, 5:20] == 3).all()
    assert (layer.data[0, 20:30, 10:20] == 11).all()
    person.drag((2, 2))
    assert "none that is visible has one here" in person.text
