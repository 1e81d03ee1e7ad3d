from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from napari_mobile_unet.parallel.cancel import checkpoint
from napari_mobile_unet.runs.plane import segment_plane

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot


@pytest.fixture
def unet(dock: Callable[[str], Any]) -> Any:
    return dock("Mobile U-Net")


@pytest.fixture
def finish(unet: Any, qtbot: QtBot) -> Callable[[], None]:
    """Return a function that waits for the end of a run."""

    def wait() -> None:
        qtbot.waitUntil(lambda: not unet.run.job.running, timeout=60_000)
        qtbot.waitUntil(unet.run.button.isEnabled)

    return wait


@pytest.fixture
def with_pause(
    unet: Any,
    qtbot: QtBot,
    finish: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., None]:
    """Return a function that starts a run and cancels it after some planes."""

    def pause(planes: int, then: Callable[[], None] = lambda: None) -> None:
        go_on, calls = threading.Event(), []

        def slow(plane: Any, *fitted: Any) -> Any:
            calls.append(1)
            if len(calls) > planes:
                assert go_on.wait(60)
                checkpoint()
            return segment_plane(plane, *fitted)

        monkeypatch.setattr("napari_mobile_unet.runs.plane.segment_plane", slow)
        panel = "napari_mobile_unet.widgets.shared.run_panel"
        monkeypatch.setattr(f"{panel}.process_cores", lambda: 1)  # plane after plane
        unet.run.button.click()
        qtbot.waitUntil(lambda: unet.run.bar.bar.value() == planes, timeout=60_000)
        then()
        unet.run.bar.cancel_button.click()
        go_on.set()
        finish()

    return pause
