from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.widgets.shared.job import NAME

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep runs, labels and settings out of the person's own folders."""
    for room in ("shared.run_folder", "layers.storage"):
        monkeypatch.setattr(
            f"napari_mobile_unet.widgets.{room}.user_cache_path",
            lambda *_, **__: tmp_path / "cache",
        )
    monkeypatch.setenv("MOBILE_UNET_RECIPES", str(tmp_path / "recipes"))
    monkeypatch.setattr(
        "napari_mobile_unet.widgets.shared.memory.user_config_path",
        lambda *_, **__: tmp_path / "config",
    )


@pytest.fixture
def viewer(make_napari_viewer: Callable[..., Any]) -> Any:
    return make_napari_viewer()


@pytest.fixture
def dock(viewer: Any, qtbot: QtBot) -> Callable[[str], Any]:
    """Return a function that opens a dock by its name, as the menu does."""

    def open_dock(name: str) -> Any:
        return viewer.window.add_plugin_dock_widget("napari-mobile-unet", name)[1]

    return open_dock


@pytest.fixture
def join_jobs() -> Callable[[], None]:
    """Return a function that waits until no job's thread is at work."""

    def join() -> None:
        for thread in threading.enumerate():
            if thread.name == NAME:
                thread.join(20)
                assert not thread.is_alive()

    return join


@pytest.fixture
def stack() -> np.ndarray:
    """Return five planes of 64 × 48 with 0 to 4 bright squares."""
    rng = np.random.default_rng(0)
    planes = rng.integers(10, 30, (5, 64, 48)).astype(np.uint16)
    places = [(4, 4), (4, 26), (36, 4), (36, 26)]
    for count in range(5):
        for y, x in places[:count]:
            planes[count, y : y + 14, x : x + 14] += 200
    return planes


@pytest.fixture
def calibrated(viewer: Any, stack: np.ndarray) -> Any:
    """Return the stack as a layer with coordinates of its own."""
    return viewer.add_image(
        stack,
        name="cells",
        scale=(2, 0.5, 0.5),
        translate=(0, 10, 20),
        units=("micrometer",) * 3,
        axis_labels=("z", "y", "x"),
    )
