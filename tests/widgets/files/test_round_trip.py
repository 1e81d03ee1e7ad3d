"""Open, segment, paint, save and open again, through the dialogs of napari."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import tifffile
from napari._qt.dialogs.qt_reader_dialog import QtReaderDialog
from napari.layers import Image, Labels
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QDialogButtonBox, QFileDialog

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.write import write_image
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.widgets.layers.convert import FILE, METADATA

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


@pytest.fixture
def opened(viewer: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], list[Any]]:
    """Return a function that opens a path by the menu, with this plugin's reader."""

    def choose() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QtReaderDialog):  # not yet, on a busy machine
            QTimer.singleShot(100, choose)
            return
        for button in dialog.reader_btn_group.buttons():
            if button.text() == "Mobile U-Net":
                button.click()
        dialog.btn_box.button(QDialogButtonBox.StandardButton.Ok).click()

    def open_path(path: Path) -> list[Any]:
        window, before = viewer.window._qt_viewer, list(viewer.layers)
        QTimer.singleShot(300, choose)
        with monkeypatch.context() as patch:  # or it would keep the window
            if path.is_dir():
                patch.setattr(
                    QFileDialog, "getExistingDirectory", lambda *_, **__: str(path)
                )
                window._open_folder_dialog()
            else:
                patch.setattr(
                    window, "_open_file_dialog_uni", lambda *_, **__: [str(path)]
                )
                window._open_files_dialog()
        return [layer for layer in viewer.layers if layer not in before]

    return open_path


@pytest.fixture
def saved(viewer: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that saves a layer by the menu, as a type of file."""

    def save(layer: Any, path: Path, kind: str) -> None:
        def name(*_: Any, filter: str, **__: Any) -> tuple[str, str]:
            (chosen,) = (each for each in filter.split(";;") if kind in each)
            return str(path), chosen

        monkeypatch.setattr(QFileDialog, "getSaveFileName", name)
        viewer.layers.selection = {layer}
        viewer.window._qt_viewer._save_layers_dialog(selected=True)

    return save


@pytest.fixture
def image(stack: np.ndarray, tmp_path: Path) -> Stack:
    """Return a calibrated stack that lies somewhere."""
    return Stack.from_array(
        stack,
        "ZYX",
        scale=(2, 0.5, 0.5),
        translate=(4, 10, 20),
        units=("micrometer",) * 3,
        name="cells",
    )


@pytest.mark.parametrize(
    ("source", "result", "kind"),
    [
        ("cells.ome.tif", "nuclei.ome.tif", "Mobile U-Net OME-TIFF"),
        ("cells.ome.zarr", "nuclei.ome.zarr", "Mobile U-Net OME-Zarr"),
        ("cells.ome.tif", "nuclei.tif", "Mobile U-Net OME-TIFF"),
        ("cells.ome.zarr", "cells.ome.zarr", "Mobile U-Net OME-Zarr"),
    ],
)
def test_what_is_saved_is_what_is_opened_again(
    source: str,
    result: str,
    kind: str,
    image: Stack,
    viewer: Any,
    dock: Callable[[str], Any],
    opened: Callable[[Path], list[Any]],
    saved: Callable[..., None],
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    write_image(tmp_path / source, image)
    (cells,) = opened(tmp_path / source)
    np.testing.assert_array_equal(cells.translate, (4, 10, 20))
    panel = dock("Otsu threshold")
    recipe = panel.recipe
    panel.run.button.click()
    qtbot.waitUntil(lambda: not panel.run.job.running, timeout=60_000)
    qtbot.waitUntil(panel.run.button.isEnabled)
    labels = panel.run.layer
    viewer.dims.set_point(0, 4 + 2 * 4)
    labels.selected_label = 500
    labels.paint((4, 60, 40), 500)
    assert labels.data[4, 60, 40] == 500
    saved(labels, tmp_path / result, kind)
    viewer.layers.clear()
    layers = opened(tmp_path / result)
    again = layers[-1]
    assert isinstance(again, Labels)
    np.testing.assert_array_equal(again.data, labels.data)
    for what in ("scale", "translate", "rotate", "shear"):
        np.testing.assert_array_equal(
            np.asarray(getattr(again, what)), np.asarray(getattr(cells, what))
        )
    assert (again.units, again.axis_labels) == (cells.units, cells.axis_labels)
    pd.testing.assert_frame_equal(again.features, labels.features)
    made = Provenance.model_validate(again.metadata[METADATA])
    assert (made.source, made.recipe) == (source, recipe)
    assert {**again.metadata, FILE: ""} == {**labels.metadata, FILE: ""}
    if source == result:
        assert isinstance(layers[0], Image)


def test_a_name_without_suffix_gets_one_and_replaces_nothing(
    viewer: Any, saved: Callable[..., None], tmp_path: Path
) -> None:
    layer = viewer.add_labels(np.ones((8, 9), int), name="nuclei")
    saved(layer, tmp_path / "nuclei 0.5", "Mobile U-Net OME-TIFF")
    assert [each.name for each in tmp_path.iterdir()] == ["nuclei 0.5.ome.tif"]
    before = (tmp_path / "nuclei 0.5.ome.tif").read_bytes()
    layer.data = np.zeros((8, 9), int)
    with pytest.raises(FileExistsError, match="name it with its suffix"):
        saved(layer, tmp_path / "nuclei 0.5", "Mobile U-Net OME-TIFF")
    assert (tmp_path / "nuclei 0.5.ome.tif").read_bytes() == before


def test_files_dropped_on_the_canvas_are_read_in_the_same_way(
    viewer: Any, opened: Callable[[Path], list[Any]], tmp_path: Path
) -> None:
    tifffile.imwrite(
        tmp_path / "two.tif",
        np.zeros((4, 2, 20, 30), np.uint16),
        imagej=True,
        resolution=(10, 10),
        metadata={"axes": "ZCYX", "spacing": 0.3, "unit": "micron"},
    )
    first, second = opened(tmp_path / "two.tif")
    for layer in (first, second):
        assert layer.axis_labels == ("z", "y", "x")
        np.testing.assert_allclose(layer.scale, (0.3, 0.1, 0.1))
        assert {str(unit) for unit in layer.units} == {"micrometer"}
