"""The page *Measure*, used as a person uses it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_mobile_unet.objects.measure import measure
from napari_mobile_unet.widgets.layers.being_written import BEING_WRITTEN
from napari_mobile_unet.widgets.shared.pages import page_behind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari.layers import Labels
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui
WAIT = 20_000


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def frames() -> np.ndarray:
    """Return three frames with objects 3, 5 and 9, of 16, 100 and 36 pixels."""
    labels = np.zeros((3, 64, 80), np.int32)
    labels[:, 4:8, 4:8] = 3
    labels[:, 20:30, 20:30] = 5
    labels[1:, 40:46, 50:56] = 9
    return labels


class Person:
    """Somebody who measures, by mouse, keys and buttons."""

    def __init__(self, viewer: Any, page: Any, qtbot: QtBot) -> None:
        self.viewer, self.page, self.qtbot = viewer, page, qtbot
        self.panel = page.panel

    def wait(self) -> None:
        self.qtbot.waitUntil(lambda: self.page.measured.resting, timeout=WAIT)

    def press(self, button: Any) -> None:
        assert button.isEnabled(), button.text()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def measure(self) -> pd.DataFrame:
        self.press(self.page.button)
        self.wait()
        return self.table

    @property
    def table(self) -> pd.DataFrame:
        return self.page.measured.table

    def filter(self, text: str) -> None:
        self.panel.filter.clear()
        QTest.keyClicks(self.panel.filter, text)

    def click_cell(self, row: int) -> None:
        view = self.panel.view
        place = view.visualRect(self.panel.model.index(row, 0)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))

    def click(self, layer: Labels, *place: float) -> None:
        """Click on a pixel of a layer."""
        event = SimpleNamespace(
            button=1,
            modifiers=(),
            type="mouse_press",
            position=tuple(layer.data_to_world(place)),
        )
        for callback in list(self.viewer.mouse_drag_callbacks):
            running = callback(self.viewer, event)
            if running is not None:
                next(running, None)
                event.type = "mouse_release"
                next(running, None)

    def lasso(self, corners: list[tuple[float, float]]) -> None:
        """Draw a line around points of the plot with the left button."""
        canvas, axes = self.panel.plots.canvas, self.panel.plots.canvas.figure.axes[0]
        canvas.draw()
        kinds = QEvent.Type
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        steps = [(kinds.MouseButtonPress, left, left, corners[0])]
        steps += [(kinds.MouseMove, none, left, corner) for corner in corners[1:]]
        steps += [(kinds.MouseButtonRelease, left, none, corners[-1])]
        for kind, button, held, corner in steps:
            x, y = axes.transData.transform(corner) / canvas.device_pixel_ratio
            place = QPointF(x, canvas.height() - y)
            world = QPointF(canvas.mapToGlobal(place))
            bare = Qt.KeyboardModifier.NoModifier
            event = QMouseEvent(kind, place, world, button, held, bare)
            QApplication.sendEvent(canvas, event)

    def chosen(self) -> list[tuple[int, int]]:
        rows = self.panel.model.table[self.panel.model.chosen]
        return list(zip(rows["t"].tolist(), rows["label"].tolist(), strict=True))


@pytest.fixture
def person(
    make_napari_viewer: Callable[..., Any], qtbot: QtBot
) -> Callable[..., Person]:
    def come(labels: Any, *images: np.ndarray, **settings: Any) -> Person:
        viewer = make_napari_viewer(show=True)
        for number, image in enumerate(images):
            viewer.add_image(image, name=f"cells {('dapi', 'gfp')[number]}", **settings)
        viewer.add_labels(labels, name="found", **settings)
        viewer.window.add_plugin_dock_widget("napari-mobile-unet", "Measure objects")
        page = page_behind(viewer, "Measure")
        return Person(viewer, page, qtbot)

    return come


def test_from_labels_to_a_file(
    person: Callable[..., Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measure, look, choose, filter, colour, delete, undo, paint, copy and save."""
    labels = frames()
    grey = np.stack([(labels > 0) * 50.0 + n for n in range(3)])[0]
    scale = {
        "scale": (60, 2, 0.5),
        "units": ("s", "micrometer", "micrometer"),
        "axis_labels": ("t", "y", "x"),
    }
    somebody = person(labels.copy(), grey, grey * 2, **scale)
    page, panel, viewer = somebody.page, somebody.panel, somebody.viewer
    layer = viewer.layers["found"]
    layer.features = pd.DataFrame(
        {"index": [3, 5, 9], "confidence": [0.2, 0.9, 0.7], "mine": ["a", "b", "c"]}
    )
    table = somebody.measure()
    assert page.status.text() == "8 rows, up to date."
    known = table["confidence"].tolist()
    assert known == [0.2, 0.9, 0.2, 0.9, 0.7, 0.2, 0.9, 0.7]
    assert table["mean_intensity_gfp"].tolist() == [100] * 8
    plain = measure(labels, axes="TYX")
    assert table["area"].tolist() == plain["area"].tolist()
    assert table["area_micrometer2"].tolist() == plain["area"].tolist()
    somebody.qtbot.waitUntil(panel.isVisible, timeout=WAIT)

    # A row leads to its object, and an object to its row.
    viewer.dims.set_current_step(0, 0)
    somebody.click_cell(4)
    assert somebody.chosen() == [(1, 9)]
    assert viewer.dims.current_step[0] == 1
    assert layer.selected_label == 9
    assert viewer.scene.camera.center[-2:] == pytest.approx((42.5 * 2, 52.5 * 0.5))
    outlines = viewer.layers["chosen objects"]
    assert outlines.data.sum() == 20  # the rim of 6 × 6 pixels
    somebody.click(layer, 1, 25, 25)
    assert somebody.chosen() == [(1, 5)]

    # Sorted with those last that have no value; filtered; refused with the place.
    panel.view.horizontalHeader().setSortIndicator(
        table.columns.get_loc("area"), Qt.SortOrder.DescendingOrder
    )
    assert panel.model.index(0, 0).data() == "5"
    somebody.filter("area > 20 and solidty < 1")
    assert "character 15" in panel.note.text()
    assert not panel.delete_button.isEnabled()
    somebody.filter("area > 20 and t == 1")
    assert panel.note.text() == "2 of 8 rows match"
    somebody.press(panel.select_button)
    assert somebody.chosen() == [(1, 5), (1, 9)]
    page.by.setCurrentText("area")
    assert page.legend.text() == "16 – 100"
    drawn = layer.colormap.map(np.array([3, 5, 9]))
    assert len(np.unique(drawn, axis=0)) == 3
    somebody.press(panel.hide_button)
    assert panel.model.rowCount() == 6
    assert layer.colormap.map(np.array([5]))[0, 3] == 0
    somebody.press(panel.show_button)
    assert panel.model.rowCount() == 8
    page.by.setCurrentText("ids")
    assert layer.colormap.map(np.array([5]))[0, 3] == 1

    # A lasso chooses, in both views.
    panel.plots.kind.setCurrentText("scatter")
    panel.plots.x.setCurrentText("area")
    panel.plots.y.setCurrentText("t")
    somebody.lasso([(90, -0.05), (102, -0.05), (102, 1.5), (90, 1.5), (90, 0)])
    assert somebody.chosen() == [(0, 5), (1, 5)]
    panel.plots.kind.setCurrentText("over time")
    assert len(panel.plots.canvas.figure.axes[0].collections[0].get_paths()) == 3

    # What matches is deleted in one step; what is locked is kept.
    correct = page_behind(viewer, "Correct")
    correct.at(layer, lambda desk: desk.lock([3]))
    somebody.qtbot.waitUntil(lambda: correct.bench.desk is not None, timeout=WAIT)
    somebody.qtbot.waitUntil(lambda: somebody.table["locked"].any(), timeout=WAIT)
    somebody.filter("area < 50 and t > 0")
    somebody.press(panel.delete_button)
    assert panel.answer.text() == "1 object deleted. 1 locked kept."
    assert 9 not in layer.data[1:]
    assert (layer.data[:, 4:8, 4:8] == 3).all()
    assert not page.measured.current
    somebody.qtbot.waitUntil(lambda: len(somebody.table) == 6, timeout=WAIT)
    somebody.press(panel.undo_button)
    assert np.array_equal(layer.data, labels)
    somebody.qtbot.waitUntil(lambda: len(somebody.table) == 8, timeout=WAIT)

    # Only what changed is measured anew; the rest stays as it was.
    page.copy.click()
    layer.data_setitem((np.full(4, 2), np.arange(4), np.full(4, 70)), 12)
    assert page.status.text().startswith("Out of date")
    assert not panel.view.isEnabled()
    somebody.qtbot.waitUntil(lambda: page.measured.current, timeout=WAIT)
    assert panel.view.isEnabled()
    again = measure(layer.data, axes="TYX")
    assert somebody.table["area"].tolist() == again["area"].tolist()
    assert somebody.table["label"].tolist() == again["label"].tolist()
    assert {"mine", "confidence", "solidity"} - set(layer.features) == {"solidity"}
    assert layer.features["index"].tolist() == again["label"].tolist()
    assert layer.features["mean_intensity_gfp"].notna().all()

    # The file is the table, under the names that were asked for.
    path = tmp_path / "cells.csv"
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_: (str(path), "CSV (*.csv)")
    )
    page.save.naming.setCurrentText("imagej")
    somebody.press(page.save.button)
    saved = pd.read_csv(path)
    assert saved["Label"].tolist() == again["label"].tolist()
    assert saved["X"][0] == (5.5 + 0.5) * 0.5

    # Labels of another size, and labels that go.
    viewer.layers["cells dapi"].data = grey + 1
    assert "an image changed; measure again" in page.status.text()
    viewer.layers.remove(layer)
    assert not len(somebody.table)
    assert panel.model.rowCount() == 0


def test_what_cannot_be_measured_is_said(
    person: Callable[..., Person], qtbot: QtBot
) -> None:
    """Another size, no image, labels on disk, no group: each has its words."""
    labels = frames()[2]
    somebody = person(da.from_array(labels), np.ones((9, 9)))
    page = somebody.page
    (item,) = (page.channels.item(row) for row in range(page.channels.count()))
    assert item.flags() == Qt.ItemFlag.NoItemFlags
    assert "same size" in item.toolTip()
    for tick in page.groups.values():
        tick.setChecked(False)
    somebody.press(page.button)
    assert page.status.text() == "Choose some columns first."
    page.groups["size"].click()
    BEING_WRITTEN.begin(page.box.layer)
    somebody.press(page.button)
    assert page.status.text().startswith("A run writes to these labels")
    BEING_WRITTEN.end(page.box.layer)
    page.groups["hull"].click()
    page.box.layer.features = pd.DataFrame({"mine": ["a", "b"]})
    page.copy.setChecked(True)
    table = somebody.measure()
    assert page.box.layer.features["mine"].tolist() == ["a", "b"]  # nobody knows whose
    assert not page.copy.isChecked()
    assert "none; add it" in somebody.panel.answer.text()
    assert table["solidity"].tolist() == [1, 1, 1]
    assert not any("intensity" in name for name in table)
    page.measured.hear_of(page.measured.layer)  # no copy of them was kept
    qtbot.waitUntil(lambda: "measure again" in page.status.text(), timeout=WAIT)
    somebody.filter("area > 20")
    somebody.viewer.window.remove_dock_widget(page.parent())
    names = {dock.name for dock in somebody.viewer.window.dock_widgets.values()}
    assert "Measurements" not in names
