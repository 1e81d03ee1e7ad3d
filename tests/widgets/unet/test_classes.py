"""A model that tells classes, on the page Segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.corrections.change import Change
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.segment import segment
from napari_mobile_unet.unet.segment import UNet
from napari_mobile_unet.widgets.layers.convert import METADATA, classes_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


def test_classes_are_previewed_and_segmented_without_what_objects_have(
    unet: Any,
    calibrated: Any,
    stack: np.ndarray,
    class_model: Path,
    qtbot: QtBot,
    finish: Callable[[], None],
) -> None:
    unet.settings.value = unet.settings.value.replace(diameter=14)
    unet.link.value = unet.link.value.replace(method="iou")
    assert not unet.measure_button.isHidden()
    unet.model.choose_folder(str(class_model))
    for hidden in (unet.measure_button, unet.link, unet.left_out):
        assert hidden.isHidden()
    assert "classes 1 inside, 2 seam" in unet.model.toolTip()
    recipe = unet.recipe
    assert recipe == Recipe(segment=UNet(model=str(class_model)))
    qtbot.waitUntil(lambda: "of what you see" in unet.preview.status.text())
    assert unet.preview.status.text().startswith("inside ")
    unet.run.button.click()
    finish()
    layer = unet.run.layer
    assert np.array_equal(layer.data, segment(stack, recipe, axes="ZYX"))
    assert layer.name == "inside and seams · 2 classes · cells"
    assert unet.run.status.text().startswith("classes 1 inside, 2 seam in 5 planes")
    assert set(layer.features["index"]) <= {1, 2}
    assert "confidence" not in layer.features
    unet.model.setCurrentIndex(unet.model.findData("nuclei"))
    assert not unet.link.isHidden() and unet.settings.value.diameter == 14
    assert unet.recipe.link.method == "iou"


def test_corrections_of_objects_are_not_brought_to_classes(
    viewer: Any,
    dock: Callable[[str], Any],
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "napari_mobile_unet.widgets.correct.journals.user_data_path",
        lambda *_: tmp_path / "data",
    )
    labels = np.zeros((30, 30), np.uint16)
    labels[5:15, 5:15] = 1
    page = dock("Correct labels")
    objects = viewer.add_labels(labels.copy(), name="objects")
    qtbot.waitUntil(
        lambda: page.bench.layer is objects and page.bench.session is not None,
        timeout=60_000,
    )
    page.bench.session.do("draw", [Change((), (0, 0), np.full((2, 2), 9))], on=[9])
    made = {METADATA: {"classes": ("inside",)}}
    other = np.roll(labels, 5, axis=1)
    classes = viewer.add_labels(other, name="kinds", metadata=made)
    assert classes_of(classes) == ("inside",) and classes_of(objects) == ()
    viewer.layers.selection.active = classes
    qtbot.waitUntil(
        lambda: page.bench.layer is classes and page.bench.session is not None,
        timeout=60_000,
    )
    assert page.bring_over.sources() == []
    classes.metadata.clear()
    assert page.bring_over.sources() == [objects]
