from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_mobile_unet.widgets.shared.source_panel import SourcePanel

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


@pytest.fixture
def panel(viewer: Any) -> Any:
    panel = SourcePanel(viewer, viewer.window._qt_window)
    yield panel
    panel.disconnect_viewer()


def types_axes(panel: Any, text: str) -> None:
    panel.axes.selectAll()
    QTest.keyClick(panel.axes, Qt.Key.Key_Delete)
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


def test_axes_that_were_typed_stay_with_their_layer(panel: Any, viewer: Any) -> None:
    cells = viewer.add_image(np.zeros((5, 64, 48)), name="cells")
    types_axes(panel, "tyx")
    other = viewer.add_image(np.zeros((4, 64, 48)), name="other")
    assert panel.whole.axes == "ZYX"
    viewer.layers.selection.active = cells
    assert "axes as you typed" in panel.note.text()
    cells.translate = (1, 2, 3)
    cells.data = np.ones((6, 64, 48))
    viewer.layers.move(0, 2)
    assert (panel.whole.axes, panel.whole.axes_source) == ("TYX", "given")
    viewer.layers.selection.active = other
    assert panel.whole.axes == "ZYX"
    viewer.layers.selection.active = cells
    types_axes(panel, "")
    assert panel.whole.axes_source == "shape"


def test_axes_typed_in_one_dock_are_those_of_all(panel: Any, viewer: Any) -> None:
    viewer.add_image(np.zeros((5, 64, 48)))
    second = SourcePanel(viewer, viewer.window._qt_window)
    types_axes(panel, "tyx")
    assert second.whole.axes == second.axes.text() == "TYX"
    types_axes(second, "zyx")
    assert panel.whole.axes == "ZYX"
    second.disconnect_viewer()


def calibrated_file(path: Path) -> np.ndarray:
    data = np.random.default_rng(0).integers(0, 99, (3, 2, 40, 40)).astype(np.uint16)
    sizes = {"spacing": 2.0, "unit": "um", "axes": "TZYX", "finterval": 30.0}
    options = {"imagej": True, "resolution": (4, 4), "metadata": sizes}
    tifffile.imwrite(path, data, **options)
    return data


def test_what_another_reader_left_out_is_offered(
    panel: Any, viewer: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    data = calibrated_file(tmp_path / "a.tif")
    (layer,) = viewer.open(tmp_path / "a.tif", plugin="napari")
    np.testing.assert_array_equal(layer.scale, 1)
    qtbot.waitUntil(lambda: not panel.offer.isHidden(), timeout=10_000)
    assert panel.offer.says.text() == (
        "Its file says: T 30 second, Z 2 micrometer, Y 0.25 micrometer, "
        "X 0.25 micrometer."
    )
    np.testing.assert_array_equal(layer.scale, 1)  # not before it is asked for
    panel.offer.button.click()
    np.testing.assert_allclose(layer.scale, (30, 2, 0.25, 0.25))
    assert panel.whole.axes == "TZYX"
    assert panel.whole.units == ("second", *["micrometer"] * 3)
    assert panel.offer.isHidden()
    np.testing.assert_array_equal(layer.data, data)


def test_nothing_is_offered_for_pixels_that_are_not_the_file(
    panel: Any, viewer: Any, tmp_path: Path, join_jobs: Any, qtbot: QtBot
) -> None:
    calibrated_file(tmp_path / "a.tif")
    (layer,) = viewer.open(tmp_path / "a.tif", plugin="napari")
    layer.data = layer.data.swapaxes(2, 3).copy()
    panel.offer.consider(layer)
    join_jobs()
    qtbot.wait(50)
    assert panel.offer.isHidden()
    (ours,) = viewer.open(tmp_path / "a.tif", plugin="napari-mobile-unet")
    join_jobs()
    qtbot.wait(50)
    assert panel.layer is ours
    assert panel.offer.isHidden()


def test_channels_have_the_names_that_the_layer_or_its_file_gives(
    panel: Any, viewer: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    pixels = np.random.default_rng(0).integers(0, 99, (2, 20, 30)).astype(np.uint8)
    viewer.add_image(
        pixels, axis_labels=("c", "y", "x"), metadata={"channel_names": ["DAPI", "GFP"]}
    )
    texts = [panel.channel.itemText(n) for n in range(4)]
    assert texts == ["0  DAPI", "1  GFP", "mean", "max"]
    tifffile.imwrite(
        tmp_path / "a.ome.tif",
        pixels,
        metadata={
            "axes": "CYX",
            "Channel": {"Name": ["Nuclei", "Actin"], "Color": [0x0000FFFF, 0xFF0000FF]},
        },
    )
    viewer.open(tmp_path / "a.ome.tif", plugin="napari")
    panel.axes.setText("CYX")
    panel.axes.editingFinished.emit()
    qtbot.waitUntil(lambda: panel.channel.itemText(1) == "1  Actin", timeout=10_000)
    swatch = panel.channel.itemIcon(1).pixmap(4, 4).toImage()
    assert swatch.pixelColor(1, 1).name() == "#ff0000"
    assert not panel.offer.isHidden()  # the pixel size is still offered


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3)])
def test_axes_that_cannot_be_others_are_not_doubted(
    panel: Any, viewer: Any, shape: tuple[int, ...]
) -> None:
    viewer.add_image(np.zeros(shape, np.uint8), rgb=len(shape) == 3)
    assert panel.note.text().endswith(": 1 plane")
