"""A batch from the first click to the report, as a person works with it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import Qt
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QApplication, QFileDialog
from typer.testing import CliRunner

from napari_mobile_unet.commands.app import app
from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.recipes.library import Library
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.thresholding.threshold import Threshold

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui
RECIPE = Recipe(segment=Threshold(), link=Link(method="iou"))


def write(path: Path, planes: np.ndarray) -> None:
    tifffile.imwrite(path, planes, imagej=True, metadata={"axes": "ZYX"})


@pytest.fixture
def images(tmp_path: Path, stack: np.ndarray) -> Path:
    folder = tmp_path / "größere Zellen"
    folder.mkdir()
    write(folder / "cells 1.tif", stack[1:])
    write(folder / "cells 2.tif", stack[2:])
    (folder / "empty.tif").write_text("no image")
    (folder / "notes.txt").write_text("no image either")
    return folder


def cells(dock: Any, column: int) -> list[str]:
    model = dock.model
    rows = range(model.rowCount())
    return [
        model.data(model.index(row, column), Qt.ItemDataRole.DisplayRole)
        for row in rows
    ]


def test_a_batch_is_run_stopped_gone_on_with_opened_and_reported(
    viewer: Any,
    dock: Callable[[str], Any],
    images: Path,
    stack: np.ndarray,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Library().save("my recipe", RECIPE)
    batch = dock("Batch")
    assert not batch.start_button.isEnabled()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(images))
    batch.form.folder_button.click()
    qtbot.waitUntil(lambda: batch.model.rowCount() == 3, timeout=20_000)
    assert batch.form.found.text() == "3 images; left out: notes.txt (no image)"
    assert cells(batch, 1) == ["waiting"] * 3
    out = tmp_path / "out 1"
    batch.form.output.setText(str(out))
    batch.form.output.editingFinished.emit()
    batch.form.recipes.choose("my recipe")
    # A scheduler that is none is refused before any work.
    batch.form.executor.setCurrentText("localhost")
    batch.start_button.click()
    assert "tcp://HOST:PORT" in batch.status.text()
    batch.form.executor.setCurrentText("threads")

    def finish() -> None:
        qtbot.waitUntil(lambda: not batch.job.running, timeout=60_000)

    # It is stopped after the first image.
    qtbot.waitUntil(lambda: not batch._looking.running, timeout=20_000)
    batch.job.yielded.connect(
        lambda change: change[1].state == "done" and batch.bar.cancel()
    )
    batch.start_button.click()
    assert not batch.form.isEnabled()
    finish()
    batch.job.yielded.disconnect()
    batch.job.yielded.connect(batch._on_state)
    states = [state.state for state in batch.model.states]
    assert states[0] == "done"
    assert states[2] == "waiting"
    assert "Start goes on" in batch.status.text()
    first = (out / "cells 1_labels.tif").stat().st_mtime_ns
    # Another napari knows what is done, and goes on.
    viewer.window.remove_dock_widget(batch.parent())
    batch = dock("Batch")
    qtbot.waitUntil(lambda: batch.model.rowCount() == 3, timeout=20_000)
    assert batch.model.states[0].state == "done"
    assert batch.model.states[0].seconds is not None
    assert batch.form.recipes.key == "my recipe"
    command = batch.command.text()
    batch.start_button.click()
    finish()
    assert cells(batch, 1) == ["✓ done", "✓ done", "✗ failed"]
    assert cells(batch, 3) == ["4", "4", ""]
    assert "not a TIFF file" in cells(batch, 6)[2]
    assert (out / "cells 1_labels.tif").stat().st_mtime_ns == first
    # The command that is shown does the same, byte for byte.
    batch.copy_button.click()
    assert QApplication.clipboard().text() == command
    words = shlex.split(command)
    assert words[2] == str(images)
    words[words.index(str(out))] = str(tmp_path / "out 2")
    assert CliRunner().invoke(app, words[1:]).exit_code == 1  # one has failed
    for path in (images / "cells 1.tif", images / "cells 2.tif"):
        one, two = (folder / path.stem for folder in (out, tmp_path / "out 2"))
        for end in ("_objects.csv", "_recipe.json"):
            mine, theirs = (Path(f"{place}{end}") for place in (one, two))
            assert mine.read_bytes() == theirs.read_bytes()
        # OME-XML has a new UUID in each file.
        mine, theirs = (tifffile.imread(f"{place}_labels.tif") for place in (one, two))
        assert (mine.dtype, mine.tobytes()) == (theirs.dtype, theirs.tobytes())
    # What failed is mended and tried again.
    write(images / "empty.tif", stack[3:])
    batch.retry_button.click()
    finish()
    assert cells(batch, 1) == ["✓ done"] * 3
    # A click opens an image and its result; another click hides these for others.
    batch.table.opened.emit(1)
    image, labels = viewer.layers
    assert image.name == "cells 2.tif"
    assert np.array_equal(labels.data, tifffile.imread(out / "cells 2_labels.tif"))
    assert batch.form.recipes.key == "my recipe"  # that of the layer is not taken
    batch.table.opened.emit(0)
    assert not labels.visible
    batch.table.opened.emit(1)
    assert len(viewer.layers) == 4
    assert labels.visible
    shown: list[Any] = []
    page = str(tmp_path / "report.html")
    monkeypatch.setattr(QDesktopServices, "openUrl", shown.append)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (page, ""))
    batch.report_button.click()
    qtbot.waitUntil(lambda: bool(shown), timeout=60_000)
    assert shown[0].toLocalFile() == page
    assert "cells 2.tif" in (tmp_path / "report.html").read_text("utf-8")
