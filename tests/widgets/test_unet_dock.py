from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.pipeline import segment
from napari_mobile_unet.recipe import Recipe
from napari_mobile_unet.unet.segment import UNet

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


@pytest.fixture
def unet(dock: Callable[[str], Any]) -> Any:
    return dock("Mobile U-Net")


def finish(unet: Any, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not unet.run.job.running, timeout=60_000)


def test_without_an_image_the_dock_says_what_to_do(unet: Any) -> None:
    assert not unet.run.button.isEnabled()
    assert "Open an image" in unet.source.note.text()


def test_axes_are_shown_before_the_run(unet: Any, calibrated: Any) -> None:
    assert unet.source.axes.text() == "ZYX"
    assert "Z 5 × Y 64 × X 48: 5 planes" in unet.source.note.text()
    assert "from the layer" in unet.source.note.text()
    assert unet.run.button.isEnabled()


def test_a_guess_is_called_one_and_can_be_changed(
    unet: Any, viewer: Any, stack: np.ndarray
) -> None:
    viewer.add_image(stack)
    assert "guessed" in unet.source.note.text()
    unet.source.axes.setText("tyx")
    unet.source.axes.editingFinished.emit()
    assert unet.source.stack.axes == "TYX"
    assert "as you say" in unet.source.note.text()
    unet.source.axes.setText("QYX")
    unet.source.axes.editingFinished.emit()
    assert "received 'Q'" in unet.source.note.text()
    assert not unet.run.button.isEnabled()


def test_segment_fills_a_layer_like_the_pipeline_does(
    unet: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    unet.run.button.click()
    finish(unet, qtbot)
    labels = unet.layer
    assert np.array_equal(labels.data, segment(stack, Recipe(), axes="ZYX"))
    assert np.allclose(labels.scale, calibrated.scale)
    assert np.allclose(labels.translate, calibrated.translate)
    assert labels.units == calibrated.units
    assert labels.axis_labels == calibrated.axis_labels
    assert labels.features["index"].tolist() == list(range(1, labels.data.max() + 1))
    assert labels.features["confidence"].between(0, 1).all()
    assert f"{labels.data.max()} objects in 5 planes" in unet.run.status.text()
    record = labels.metadata["mobile_unet"]
    assert record["model"] == "nuclei"
    assert Recipe.model_validate(record["recipe"]) == unet.recipe


def test_a_second_run_updates_the_layer(
    unet: Any, calibrated: Any, viewer: Any, qtbot: QtBot
) -> None:
    unet.run.button.click()
    finish(unet, qtbot)
    first, count = unet.layer, len(viewer.layers)
    unet.objects.fields["min_size"].value = 10_000
    unet.run.button.click()
    finish(unet, qtbot)
    assert unet.layer is first
    assert len(viewer.layers) == count
    assert not first.data.any()


def test_cancel_keeps_the_finished_planes(
    unet: Any, calibrated: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    original = UNet.segment
    calls = []

    def slow(self: UNet, plane: Any, objects: Any) -> Any:
        calls.append(1)
        if len(calls) > 3:
            go_on.wait(20)
        return original(self, plane, objects)

    monkeypatch.setattr(UNet, "segment", slow)
    unet.run.button.click()
    qtbot.waitUntil(lambda: unet.run.bar.bar.value() == 3, timeout=60_000)
    assert not unet.run.button.isEnabled()
    unet.run.bar.cancel_button.click()
    go_on.set()
    finish(unet, qtbot)
    qtbot.waitUntil(unet.run.button.isEnabled)
    assert unet.run.status.text().startswith("Cancelled: ")
    assert "3 of 5 planes" in unet.run.status.text()
    assert unet.layer.data[1].any()
    assert unet.layer.data[2].any()
    assert not unet.layer.data[3:].any()


def test_a_channel_is_chosen(unet: Any, viewer: Any, stack: np.ndarray) -> None:
    both = np.stack([np.zeros_like(stack), stack], axis=1)
    viewer.add_image(both, axis_labels=("z", "c", "y", "x"))
    assert not unet.source.channel.isHidden()
    assert unet.source.channel.maximum() == 1
    unet.source.channel.setValue(1)
    assert unet.recipe.channel == 1
    assert unet.source.stack.axes == "ZYX"


def test_bad_images_end_in_a_line_and_the_old_result_stays(
    unet: Any, calibrated: Any, viewer: Any, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def fails(*_: Any) -> None:
        raise RuntimeError("the network broke; restart napari")

    monkeypatch.setattr(UNet, "segment", fails)
    unet.run.button.click()
    finish(unet, qtbot)
    qtbot.waitUntil(unet.run.button.isEnabled)
    assert unet.run.status.text() == "the network broke; restart napari"


def test_a_closed_dock_lets_go_of_the_viewer(
    unet: Any, viewer: Any, calibrated: Any, qtbot: QtBot
) -> None:
    viewer.window.remove_dock_widget(unet)
    unet.deleteLater()  # napari leaves that to the garbage collector
    qtbot.wait(50)
    viewer.add_image(np.zeros((8, 8)))
    viewer.dims.set_current_step(0, 3)
    viewer.theme = "light"
    calibrated.data = np.zeros((3, 9, 9))
