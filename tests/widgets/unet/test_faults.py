"""What befalls a run in the window: each time what is done is kept, and it is said."""

from __future__ import annotations

import errno
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.runs.disk_store import DiskStore
from napari_mobile_unet.runs.plane import segment_plane
from napari_mobile_unet.runs.segment import segment
from napari_mobile_unet.unet.model import find_model
from napari_mobile_unet.widgets.layers.being_written import BEING_WRITTEN
from napari_mobile_unet.widgets.shared.job import NAME
from napari_mobile_unet.widgets.shared.run_folder import runs_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


def test_naparis_undo_in_a_run_takes_back_strokes_alone(
    unet: Any,
    calibrated: Any,
    stack: np.ndarray,
    with_pause: Callable[..., None],
    finish: Callable[[], None],
) -> None:
    def paint_and_undo() -> None:
        layer = unet.layer
        layer.data_setitem(tuple(np.array([[4], [30], [30]])), 99)
        layer.undo()
        layer.undo()  # there is nothing more that a person did

    with_pause(planes=3, then=paint_and_undo)
    unet.run.continue_button.click()
    finish()
    assert np.array_equal(unet.layer.data, segment(stack, unet.recipe, axes="ZYX"))


def test_a_layer_renamed_in_a_run_is_still_filled(
    unet: Any,
    calibrated: Any,
    stack: np.ndarray,
    with_pause: Callable[..., None],
    finish: Callable[[], None],
) -> None:
    def rename() -> None:
        unet.layer.name = "mine"

    with_pause(planes=2, then=rename)
    layer = unet.layer
    unet.run.continue_button.click()
    finish()
    assert unet.layer is layer and layer.name == "mine"
    assert np.array_equal(layer.data, segment(stack, unet.recipe, axes="ZYX"))


def test_data_put_into_the_layer_in_a_run_stay_and_the_run_ends(
    unet: Any, calibrated: Any, stack: np.ndarray, with_pause: Callable[..., None]
) -> None:
    own = np.full(stack.shape, 7, np.int32)

    def swap() -> None:
        unet.layer.data = own

    with_pause(planes=2, then=swap)
    assert unet.layer.data is own and (own == 7).all()
    assert unet.run.button.isEnabled()
    assert not BEING_WRITTEN._layers


def test_pixels_put_into_the_image_in_a_run_change_no_result(
    unet: Any,
    calibrated: Any,
    stack: np.ndarray,
    with_pause: Callable[..., None],
    finish: Callable[[], None],
) -> None:
    """The run goes on over what it began with, and what was done stays right."""

    def swap() -> None:
        calibrated.data = np.zeros_like(stack)

    with_pause(planes=2, then=swap)
    layer = unet.layer
    expected = segment(stack, unet.recipe, axes="ZYX")
    shown = [n for n in range(5) if layer.data[n].any()]
    for number in shown:
        assert np.array_equal(layer.data[number] > 0, expected[number] > 0)
    unet.run.button.click()  # a new run over what is there now
    finish()
    assert not unet.layer.data.any()


def test_a_full_disk_keeps_the_planes_and_says_what_to_do(
    unet: Any,
    calibrated: Any,
    stack: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
    finish: Callable[[], None],
) -> None:
    opened = Path.open

    def full(self: Path, *args: Any, **settings: Any) -> Any:
        if self.name.startswith(".3."):
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(self, *args, **settings)

    panel = "napari_mobile_unet.widgets.shared.run_panel"
    monkeypatch.setattr(f"{panel}.process_cores", lambda: 1)
    monkeypatch.setattr(Path, "open", full)
    unet.run.button.click()
    finish()
    monkeypatch.setattr(Path, "open", opened)
    said = unet.run.status.text()
    assert "finished planes are kept: make room" in said
    assert "Continue" in said
    assert unet.run.continue_button.isVisibleTo(unet)
    unet.run.continue_button.click()
    finish()
    assert np.array_equal(unet.layer.data, segment(stack, unet.recipe, axes="ZYX"))


def test_a_viewer_closed_in_a_run_leaves_a_run_to_go_on_with(
    make_napari_viewer: Callable[..., Any],
    stack: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    go_on, calls = threading.Event(), []

    def slow(plane: Any, *fitted: Any) -> Any:
        calls.append(1)
        if len(calls) > 2:
            assert go_on.wait(60)
        return segment_plane(plane, *fitted)

    monkeypatch.setattr("napari_mobile_unet.runs.plane.segment_plane", slow)
    panel = "napari_mobile_unet.widgets.shared.run_panel"
    monkeypatch.setattr(f"{panel}.process_cores", lambda: 1)

    def opened() -> Any:
        viewer = make_napari_viewer()
        viewer.add_image(stack, name="cells", axis_labels=("z", "y", "x"))
        window = viewer.window
        return viewer, window.add_plugin_dock_widget(
            "napari-mobile-unet", "Mobile U-Net"
        )[1]

    viewer, page = opened()
    page.run.button.click()
    qtbot.waitUntil(lambda: page.run.bar.bar.value() == 2, timeout=60_000)
    viewer.close()
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == NAME:
            thread.join(20)
            assert not thread.is_alive()
    (folder,) = runs_folder().iterdir()
    assert 2 <= len(DiskStore(folder).done) < 5
    viewer, page = opened()
    qtbot.waitUntil(lambda: page.run.continue_button.isVisibleTo(page), timeout=20_000)
    page.run.continue_button.click()
    qtbot.waitUntil(lambda: not page.run.job.running, timeout=60_000)
    qtbot.waitUntil(page.run.button.isEnabled)
    assert np.array_equal(page.layer.data, segment(stack, page.recipe, axes="ZYX"))
    assert not list(runs_folder().iterdir())


def test_a_model_deleted_in_a_run_keeps_the_planes_until_it_is_back(
    unet: Any,
    calibrated: Any,
    stack: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    with_pause: Callable[..., None],
    finish: Callable[[], None],
) -> None:
    folder = tmp_path / "models" / "own"
    shutil.copytree(find_model("nuclei"), folder)
    unet.model.choose_folder(str(folder))
    expected = segment(stack, unet.recipe, axes="ZYX")
    with_pause(planes=2, then=lambda: folder.rename(tmp_path / "away"))
    unet.run.continue_button.click()
    finish()
    assert f"received '{folder}'; choose one of" in unet.run.status.text()
    assert unet.run.continue_button.isVisibleTo(unet)
    (tmp_path / "away").rename(folder)
    unet.run.continue_button.click()
    finish()
    assert np.array_equal(unet.layer.data, expected)
