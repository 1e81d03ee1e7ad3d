"""The recipe of labels: seen, kept, used again, and copied as texts that run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from qtpy.QtWidgets import QApplication, QFileDialog, QInputDialog, QMessageBox

from napari_mobile_unet.recipes.library import Library
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.batch import segment_file
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.widgets.files.reader import read_layers
from napari_mobile_unet.widgets.files.writer import save_labels_tiff

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


def copied(panel: Any, button: Any, qtbot: QtBot) -> str:
    QApplication.clipboard().clear()
    button.click()
    qtbot.waitUntil(lambda: QApplication.clipboard().text() != "", timeout=20_000)
    assert panel.status.text() == "Copied"
    return str(QApplication.clipboard().text())


def test_the_recipe_of_labels_is_kept_copied_and_used_again(
    viewer: Any,
    dock: Callable[[str], Any],
    stack: np.ndarray,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = dock("Otsu threshold")
    panel = page.recipes
    assert not panel.apply_button.isEnabled()
    assert "none is chosen" in panel.words.text()
    path = tmp_path / "my größte.tif"
    tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "ZYX"})
    viewer.open(str(path), plugin="napari-mobile-unet")
    page.settings.fields["classes"].value = 3
    page.objects.fields["min_size"].value = 5
    qtbot.waitUntil(lambda: page.run.button.isEnabled(), timeout=20_000)

    def finish() -> None:
        qtbot.waitUntil(lambda: not page.run.job.running, timeout=60_000)
        qtbot.waitUntil(page.run.button.isEnabled)

    page.run.button.click()
    finish()
    made = page.layer
    recipe = page.recipe
    assert panel.box.key is made
    assert panel.box.recipe == recipe
    assert "otsu (classes 3)" in panel.words.text()
    # Both texts name the file, and make the labels of the layer.
    names: dict[str, Any] = {}
    exec(copied(panel, panel.python_button, qtbot), names)
    assert np.array_equal(names["labels"], made.data)
    words = shlex.split(copied(panel, panel.command_button, qtbot))
    assert words[:3] == ["mobile-unet", "segment", str(path)]
    assert Recipe.model_validate_json(words[-1]) == recipe
    # It is kept under a name, and not replaced unless the person agrees.
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("Größe 5", True))
    panel.save_action.trigger()
    assert Library().load("Größe 5") == recipe
    answers = iter([QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes])
    monkeypatch.setattr(QMessageBox, "question", lambda *_: next(answers))
    Recipe().save(tmp_path / "other.json")
    other = (str(tmp_path / "other.json"), "")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: other)
    panel.import_action.trigger()
    assert Library().load("Größe 5") == recipe
    panel.import_action.trigger()
    assert Library().load("Größe 5") == Recipe()
    # It belongs to the layer, also when that was saved and opened again.
    place = str(tmp_path / "mine.tif")
    save_labels_tiff(place, *made.as_layer_data_tuple()[:2])
    viewer.layers.remove(made)
    ((data, keywords, _),) = read_layers(tmp_path / "mine.tif")
    again = viewer.add_labels(data, **keywords)
    assert panel.box.key is again
    assert panel.box.recipe == recipe
    page.settings.fields["classes"].value = 2
    panel.apply_button.click()
    finish()
    assert page.layer is not again
    assert np.array_equal(page.layer.data, data)
    record = Provenance.model_validate(page.layer.metadata["mobile_unet"])
    assert record.recipe == recipe
    # One of the library is used, renamed and deleted.
    panel.box.choose("Größe 5")
    assert panel.words.text() == "nuclei"
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("b", True))
    panel.rename_action.trigger()
    assert panel.box.key == "b"
    monkeypatch.setattr(
        QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes
    )
    panel.delete_action.trigger()
    assert Library().names == []


def test_results_of_the_command_line_have_their_recipe(
    viewer: Any, dock: Callable[[str], Any], stack: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "cells.tif"
    tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "ZYX"})
    recipe = Recipe(segment=Threshold(classes=3))
    done = segment_file(path, tmp_path, recipe)
    assert done is not None
    page = dock("Mobile U-Net")
    ((data, keywords, _),) = read_layers(done.outputs.labels)
    viewer.add_labels(data, **keywords)
    assert page.recipes.box.recipe == recipe
