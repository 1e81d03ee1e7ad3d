from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_mobile_unet.preprocessing.chain import apply_steps
from napari_mobile_unet.preprocessing.steps import (
    ColourSpace,
    Denoise,
    Invert,
    Normalise,
    Resize,
)
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.recipes.recipe import Recipe

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
    qtbot.waitUntil(lambda: not panel.previous.isHidden())
    panel.previous.click()
    qtbot.waitUntil(lambda: first.data.shape == expected.shape)
    assert np.array_equal(first.data, expected)
    assert np.allclose(first.scale, (2, 1, 1))


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


def applied(panel: Any, qtbot: QtBot) -> None:
    panel.apply_button.click()
    qtbot.waitUntil(lambda: not panel.job.running, timeout=20_000)


def test_applying_again_works_on_the_image_not_on_the_result(
    panel: Any, viewer: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    panel.chain.steps = (Invert(),)
    for _ in range(2):
        applied(panel, qtbot)
        assert np.array_equal(panel.layer.data, 65535 - stack)
    assert panel.source.layer is calibrated
    assert viewer.layers.selection.active is panel.layer
    assert len(viewer.layers) == 2
    assert panel.status.text() == "5 planes prepared"


def test_a_preview_between_does_not_change_what_is_worked_on(
    panel: Any, viewer: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    other = viewer.add_image(stack, name="other")
    viewer.layers.selection.active = calibrated
    panel.chain.steps = (Invert(),)
    applied(panel, qtbot)
    panel.preview.setChecked(True)
    qtbot.waitUntil(lambda: "preview" in viewer.layers, timeout=20_000)
    assert panel.source.layer is calibrated
    applied(panel, qtbot)
    assert np.array_equal(panel.layer.data, 65535 - stack)
    viewer.layers.selection.active = other
    assert panel.source.layer is other
    viewer.layers.selection = {calibrated, panel.layer}
    panel.preview.setChecked(True)
    qtbot.waitUntil(lambda: "preview" in viewer.layers, timeout=20_000)
    assert viewer.layers.selection == {calibrated, panel.layer}


def test_what_looks_like_colour_to_napari_stays_a_stack(
    panel: Any, viewer: Any, qtbot: QtBot
) -> None:
    narrow = np.random.default_rng(0).integers(0, 255, (40, 41, 4), np.uint8)
    viewer.add_image(narrow, rgb=False)
    panel.chain.steps = (Invert(),)
    applied(panel, qtbot)
    assert np.array_equal(panel.layer.data, 255 - narrow)
    small = np.random.default_rng(0).integers(0, 255, (20, 22, 3), np.uint8)
    viewer.add_image(small, rgb=True)
    applied(panel, qtbot)
    assert panel.layer.rgb
    assert np.array_equal(panel.layer.data, 255 - small)


def test_a_resized_image_lies_over_a_turned_one(
    panel: Any, viewer: Any, qtbot: QtBot
) -> None:
    image = np.random.default_rng(0).integers(0, 255, (2, 40, 64), np.uint8)
    source = viewer.add_image(image, rotate=(0, 0, 90), scale=(1, 0.5, 0.5))
    panel.chain.steps = (Resize(factor=0.125),)
    applied(panel, qtbot)
    assert panel.layer.data.shape == (2, 5, 8)
    edges = [(-0.5, -0.5, -0.5), (0, 4.5, 7.5)]
    corners = [(-0.5, -0.5, -0.5), (0, 39.5, 63.5)]
    for edge, corner in zip(edges, corners, strict=True):
        found, wanted = panel.layer.data_to_world(edge), source.data_to_world(corner)
        assert np.allclose(found, wanted)


def test_settings_that_contradict_each_other_are_said(
    panel: Any, calibrated: Any, qtbot: QtBot
) -> None:
    panel.chain.steps = (Normalise(),)
    panel.chain.forms.currentWidget().fields["low"].value = 99.9
    assert "low" in panel.status.text()
    panel.apply_button.click()
    assert "low" in panel.status.text()
    assert not panel.job.running


def test_the_result_records_the_recipe_it_was_started_with(
    panel: Any, calibrated: Any, qtbot: QtBot
) -> None:
    panel.chain.steps = (Invert(),)
    panel.apply_button.click()
    panel.chain.steps = (Denoise(),)
    qtbot.waitUntil(lambda: not panel.job.running, timeout=20_000)
    record = Provenance.model_validate(panel.layer.metadata["mobile_unet"])
    assert record.recipe.steps == (Invert(),)
    assert (record.source, record.axes) == ("cells", "ZYX")


def test_colour_becomes_grey_and_stays_in_place(
    panel: Any, viewer: Any, qtbot: QtBot
) -> None:
    colour = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    source = viewer.add_image(colour, rgb=True, scale=(2, 3), rotate=30)
    panel.chain.steps = (ColourSpace(channel="green"),)
    applied(panel, qtbot)
    assert np.array_equal(panel.layer.data, colour[..., 1])
    assert np.allclose(panel.layer.extent.world, source.extent.world)
    panel.chain.steps = (Denoise(),)
    applied(panel, qtbot)
    assert panel.layer.rgb
    assert panel.layer.data.shape == (40, 60, 3)


def test_a_channel_of_a_stack_is_prepared(
    panel: Any, viewer: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    both = np.stack([stack, stack // 2], axis=1)
    layer = viewer.add_image(both)
    panel.source.axes.setText("ZCYX")
    panel.source.axes.editingFinished.emit()
    layer.scale = (4, 1, 0.5, 0.5)
    panel.source.channel.setCurrentIndex(1)
    panel.chain.steps = (Invert(),)
    applied(panel, qtbot)
    assert np.array_equal(panel.layer.data[:, 0], 65535 - stack // 2)
    assert np.allclose(panel.layer.scale, (4, 2, 0.5, 0.5))
    record = panel.layer.metadata["mobile_unet"]
    assert (record["axes"], record["recipe"]["channel"]) == ("ZCYX", 1)
    assert panel.source.channel.currentData() == 1


def test_an_empty_chain_is_refused(panel: Any, calibrated: Any) -> None:
    panel.apply_button.click()
    assert panel.status.text().startswith("a chain needs at least one step")
    assert not panel.job.running


def test_cancel_leaves_the_layers_as_they_were(
    panel: Any, viewer: Any, calibrated: Any, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    go_on, calls = threading.Event(), []
    original = Invert.apply

    def slow(self: Invert, plane: Any) -> Any:
        calls.append(1)
        if len(calls) > 8:  # fitting goes through the five planes once
            go_on.wait(20)
        return original(self, plane)

    monkeypatch.setattr(Invert, "apply", slow)
    panel.chain.steps = (Invert(),)
    panel.apply_button.click()
    qtbot.waitUntil(lambda: panel.bar.bar.value() == 3, timeout=20_000)
    panel.bar.cancel_button.click()
    go_on.set()
    qtbot.waitUntil(lambda: not panel.job.running, timeout=20_000)
    assert panel.status.text().startswith("Cancelled")
    assert list(viewer.layers) == [calibrated]
    assert panel.apply_button.isEnabled()


def test_only_the_latest_of_many_changes_is_previewed(
    panel: Any, viewer: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch, join_jobs: Callable[[], None],
) -> None:  # fmt: skip
    go_on, at_work = threading.Event(), threading.Event()
    original = Invert.apply

    def slow(self: Invert, plane: Any) -> Any:
        at_work.set()
        go_on.wait(20)
        return original(self, plane)

    monkeypatch.setattr(Invert, "apply", slow)
    panel.chain.steps = (Invert(),)
    panel.preview.setChecked(True)
    qtbot.waitUntil(at_work.is_set, timeout=20_000)
    panel.chain.steps = (Denoise(),)
    qtbot.wait(300)
    assert "preview" not in viewer.layers
    go_on.set()
    expected = Denoise().apply(stack[viewer.dims.current_step[0]])
    qtbot.waitUntil(lambda: "preview" in viewer.layers, timeout=20_000)
    assert np.array_equal(viewer.layers["preview"].data, expected)


@pytest.mark.parametrize("value", [3.0, np.nan])
def test_a_plane_without_contrast_has_a_preview(
    panel: Any, viewer: Any, qtbot: QtBot, value: float
) -> None:
    viewer.add_image(np.full((16, 16), value, np.float32), contrast_limits=(0, 1))
    panel.chain.steps = (Denoise(),)
    panel.preview.setChecked(True)
    qtbot.waitUntil(lambda: "preview" in viewer.layers, timeout=20_000)
    low, high = viewer.layers["preview"].contrast_limits
    assert low < high


def test_closing_the_window_ends_a_run(
    panel: Any, viewer: Any, calibrated: Any, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch, join_jobs: Callable[[], None],
) -> None:  # fmt: skip
    go_on, at_work, calls = threading.Event(), threading.Event(), []
    original = Invert.apply

    def slow(self: Invert, plane: Any) -> Any:
        calls.append(1)
        at_work.set()
        go_on.wait(20)
        return original(self, plane)

    monkeypatch.setattr(Invert, "apply", slow)
    panel.chain.steps = (Invert(),)
    panel.apply_button.click()
    qtbot.waitUntil(at_work.is_set, timeout=20_000)
    viewer.close()
    qtbot.wait(100)
    go_on.set()
    join_jobs()
    qtbot.wait(100)
    assert len(calls) <= 6  # the five planes fitted, and the first one's result


def test_a_closed_dock_lets_go_of_the_viewer(
    panel: Any, viewer: Any, calibrated: Any, qtbot: QtBot
) -> None:
    panel.preview.setChecked(True)
    qtbot.waitUntil(lambda: "preview" in viewer.layers, timeout=20_000)
    viewer.window.remove_dock_widget(panel)
    panel.deleteLater()  # napari leaves that to the garbage collector
    qtbot.wait(300)
    viewer.dims.set_current_step(0, 3)
    viewer.layers.clear()
    qtbot.wait(200)
