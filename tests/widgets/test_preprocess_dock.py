from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_mobile_unet.preprocess import (
    Denoise,
    Invert,
    Normalise,
    Resize,
    apply_steps,
)
from napari_mobile_unet.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


@pytest.fixture
def panel(dock: Callable[[str], Any]) -> Any:
    return dock("Pre-process")


def test_steps_are_added_moved_unticked_and_removed(panel: Any) -> None:
    chain = panel.chain
    for action in chain.add_button.menu().actions()[:3]:
        action.trigger()
    kinds = [step.kind for step in chain.steps]
    assert kinds == ["resize", "normalise", "colour"]
    chain.list.setCurrentRow(2)
    chain.up_button.click()
    assert [step.kind for step in chain.steps] == ["resize", "colour", "normalise"]
    chain.list.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert [step.kind for step in chain.steps] == ["colour", "normalise"]
    chain.remove_button.click()
    assert [step.kind for step in chain.steps] == ["normalise"]
    assert not chain.forms.isHidden()


def test_apply_makes_a_layer_over_the_image(
    panel: Any, viewer: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    steps = (Invert(), Resize(factor=0.5))
    panel.chain.steps = steps
    panel.apply_button.click()
    qtbot.waitUntil(lambda: panel.layer is not None, timeout=20_000)
    qtbot.waitUntil(panel.apply_button.isEnabled)
    expected = np.stack([apply_steps(steps, plane) for plane in stack])
    assert np.array_equal(panel.layer.data, expected)
    assert np.allclose(panel.layer.scale, (2, 1, 1))
    assert np.allclose(panel.layer.extent.world[1], calibrated.extent.world[1], atol=1)
    assert panel.layer.units == calibrated.units
    assert panel.layer.axis_labels == calibrated.axis_labels
    first = panel.layer
    panel.chain.steps = (Invert(),)
    panel.apply_button.click()
    qtbot.waitUntil(lambda: first.data.shape == stack.shape, timeout=20_000)
    assert panel.layer is first


def test_the_preview_shows_the_visible_plane_and_goes(
    panel: Any, viewer: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    panel.chain.steps = (Denoise(radius=2),)
    panel.preview.setChecked(True)
    for number in (4, 1):
        viewer.dims.set_current_step(0, number)
        expected = Denoise(radius=2).apply(stack[number])
        qtbot.waitUntil(
            lambda e=expected: (
                "preview" in viewer.layers
                and np.array_equal(viewer.layers["preview"].data, e)
            ),
            timeout=20_000,
        )
    assert panel.source.layer is calibrated
    panel.preview.setChecked(False)
    qtbot.waitUntil(lambda: "preview" not in viewer.layers, timeout=20_000)


def test_a_step_that_does_not_fit_is_said_in_a_line(
    panel: Any, calibrated: Any, qtbot: QtBot
) -> None:
    for action in panel.chain.add_button.menu().actions():
        if action.text() == "Colour space":
            action.trigger()
    panel.chain.forms.currentWidget().fields["channel"].value = "eosin"
    panel.apply_button.click()
    qtbot.waitUntil(lambda: "RGB" in panel.status.text(), timeout=20_000)
    assert panel.layer is None
    assert panel.apply_button.isEnabled()


def test_recipes_are_saved_and_loaded(
    panel: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "recipe.json"
    chosen = lambda *_: (str(path), "")  # noqa: E731
    monkeypatch.setattr(QFileDialog, "getSaveFileName", chosen)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", chosen)
    panel.chain.steps = (Normalise(low=5), Denoise())
    panel.save_button.click()
    assert Recipe.load(path).steps == (Normalise(low=5), Denoise())
    panel.chain.steps = ()
    panel.load_button.click()
    assert panel.chain.steps == (Normalise(low=5), Denoise())
    path.write_text("{")
    panel.load_button.click()
    assert "is a JSON file" in panel.status.text()
    assert panel.chain.steps == (Normalise(low=5), Denoise())


def test_a_closed_dock_lets_go_of_the_viewer(
    panel: Any, viewer: Any, calibrated: Any, qtbot: QtBot
) -> None:
    panel.preview.setChecked(True)
    qtbot.waitUntil(lambda: "preview" in viewer.layers, timeout=20_000)
    viewer.window.remove_dock_widget(panel)
    qtbot.wait(300)
    viewer.dims.set_current_step(0, 3)
    viewer.layers.clear()
    qtbot.wait(200)
