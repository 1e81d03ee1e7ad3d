"""From a file to labels in no more than three clicks, with what the page proposes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.objects.overlap import iou_matrix
from napari_mobile_unet.samples import sample_path
from napari_mobile_unet.widgets.shared.pages import open_page

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui
PATIENCE = 120_000
RED = np.random.default_rng(0).integers(0, 40, (128, 128), np.uint8)


def sample(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a part of a sample, and of its truth."""
    image, truth = (
        np.asarray(read_stack(sample_path(f"{name}{what}.tif")).data)
        for what in ("", "_labels")
    )
    planes = slice(len(image) // 2, len(image) // 2 + 3)
    return image[planes, :128, :128], truth[planes, :128, :128]


def fluorescence() -> tuple[np.ndarray, np.ndarray]:
    image, truth = sample("nuclei_timelapse")
    plane = image[0].astype(float)
    blue = (200 * (plane - plane.min()) / np.ptp(plane)).astype(np.uint8)
    return np.stack([RED, RED // 2, blue], axis=-1), truth[0]


def tissue() -> tuple[np.ndarray, np.ndarray]:
    """Return nuclei stained with haematoxylin on eosin, by the law of absorption."""
    image, truth = sample("nuclei_timelapse")
    plane = image[0].astype(float)
    nuclei = (plane - plane.min()) / np.ptp(plane)
    stains = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])
    density = np.stack([1.2 * nuclei, 0.2 + RED / 400], axis=-1) @ stains
    return (245 * np.exp(-density)).astype(np.uint8), truth[0]


def with_offset() -> tuple[np.ndarray, np.ndarray]:
    image, truth = sample("nuclei_timelapse")
    plane = image[1].astype(float)
    grey = 32_000 + 900 * (plane - plane.min()) / np.ptp(plane)
    return grey.astype(np.uint16), truth[1]


FILES = {
    "RGB fluorescence": (fluorescence, "YXS"),
    "H&E tissue": (tissue, "YXS"),
    "Z-stack": (lambda: sample("nuclei_zstack"), "ZYX"),
    "time-lapse": (lambda: sample("nuclei_timelapse"), "TYX"),
    "16 bits with an offset": (with_offset, "YX"),
}


@pytest.mark.parametrize("kind", FILES)
def test_from_a_file_to_labels_in_two_clicks(
    kind: str, viewer: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    make, axes = FILES[kind]
    pixels, truth = make()
    path = tmp_path / "cells.ome.tif"
    photometric = "rgb" if axes.endswith("S") else "minisblack"
    tifffile.imwrite(path, pixels, metadata={"axes": axes}, photometric=photometric)
    viewer.window._qt_window.show()
    viewer.open(path, plugin="napari-mobile-unet")

    page: Any = open_page(viewer, "Segment")  # the first click: in the menu
    assert page.source.whole.axes == axes
    QTest.mouseClick(page.run.button, Qt.MouseButton.LeftButton)  # the second one
    qtbot.waitUntil(lambda: not page.run.job.running, timeout=PATIENCE)
    qtbot.waitUntil(page.run.button.isEnabled)

    labels = page.layer.data
    assert labels.shape == pixels.shape[: len(axes.rstrip("S"))]
    best = iou_matrix(truth, labels).toarray().max(axis=1)
    assert (best > 0.5).mean() > 0.6
    if kind == "RGB fluorescence":
        assert "blue channel" in page.run.status.text()
    tracks = [layer for layer in viewer.layers if layer.name.endswith("tracks")]
    assert len(tracks) == (kind == "time-lapse")


def test_return_in_a_field_presses_no_button(
    viewer: Any, qtbot: QtBot, calibrated: Any
) -> None:
    viewer.window._qt_window.show()
    page: Any = open_page(viewer, "Segment")
    page.source.axes.setText("tyx")
    for field in (page.source.axes, page.settings.fields["diameter"].native):
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert page.source.whole.axes == "TYX"
    assert not page.run.job.running
    assert not page.measure_button.isChecked()
    assert page.strip.buttons["Segment"].isChecked()
