from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_mobile_unet.widgets.shared.source_panel import SourcePanel

pytestmark = pytest.mark.gui


@pytest.fixture
def panel(viewer: Any) -> Any:
    panel = SourcePanel(viewer, viewer.window._qt_window)
    yield panel
    panel.disconnect_viewer()


def types_axes(panel: Any, text: str) -> None:
    panel.axes.selectAll()
    QTest.keyClicks(panel.axes, text)
    QTest.keyClick(panel.axes, Qt.Key.Key_Return)


def test_where_the_axes_come_from_is_said(panel: Any, viewer: Any) -> None:
    assert panel.note.text() == "Open an image to begin."
    layer = viewer.add_image(np.zeros((5, 64, 48)))
    note = "Z 5 × Y 64 × X 48: 5 planes; axes guessed from the shape, please check"
    assert panel.note.text() == note
    types_axes(panel, "tyx")
    assert panel.note.text() == "T 5 × Y 64 × X 48: 5 planes; axes as you typed"
    types_axes(panel, "yx")
    assert panel.whole is None
    assert "axes" in panel.note.text()
    layer.axis_labels = ("z", "y", "x")
    assert panel.note.text() == "Z 5 × Y 64 × X 48: 5 planes; axes from the layer"


@pytest.mark.parametrize("axes", ["TZYX", "TZCYX", "YXTZ"])
def test_the_plane_that_is_gone_to_is_the_one_that_is_seen(
    panel: Any, viewer: Any, axes: str
) -> None:
    shape = tuple({"T": 3, "Z": 4, "C": 2, "Y": 5, "X": 6}[axis] for axis in axes)
    viewer.add_image(
        np.zeros(shape),
        scale=[2.0] * len(axes),
        translate=[5.0] * len(axes),
        axis_labels=tuple(axes.lower()),
    )
    for number in (7, 0, 11):
        panel.show_plane(viewer, number)
        assert panel.plane_number(viewer) == number


def test_channels_are_offered_and_the_choice_is_kept(panel: Any, viewer: Any) -> None:
    layer = viewer.add_image(np.zeros((3, 5, 6)), axis_labels=("c", "y", "x"))
    assert [panel.channel.itemData(n) for n in range(5)] == [0, 1, 2, "mean", "max"]
    panel.channel.setCurrentIndex(4)
    layer.data = np.ones((2, 5, 6))
    assert panel.chosen_channel == "max"
    assert panel.stack.axes == "YX"
    panel.channel.setCurrentIndex(1)
    layer.data = np.ones((1, 5, 6))
    assert panel.chosen_channel == 0
