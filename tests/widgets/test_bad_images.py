"""Odd images, and images that go while a page looks at them: said once, in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.preprocessing.steps import Invert
from napari_mobile_unet.widgets.layers.convert import PREVIEW

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui

PATIENCE = 30_000
ODD = {
    "one pixel": np.zeros((1, 1), np.uint8),
    "no value": np.full((40, 50), np.nan, np.float32),
    "five axes": np.random.default_rng(0).integers(0, 99, (2, 1, 2, 40, 50), np.uint8),
}


@pytest.fixture
def toasts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is shown as toasts from now on."""
    shown: list[str] = []
    for room in ("shared.run_panel", "preprocess.dock"):
        monkeypatch.setattr(
            f"napari_mobile_unet.widgets.{room}.show_error", shown.append
        )
    return shown


def looks(page: Any) -> None:
    """Have a page show its preview, with all that this needs."""
    if hasattr(page, "chain"):
        page.chain.steps = (Invert(),)
    tick = page.preview if hasattr(page, "preview") else page.live
    getattr(tick, "tick", tick).setChecked(True)


@pytest.mark.parametrize("name", ["Pre-process", "Otsu threshold", "Mobile U-Net"])
def test_an_image_that_is_replaced_and_deleted_takes_its_preview_along(
    name: str,
    viewer: Any,
    dock: Callable[[str], Any],
    stack: np.ndarray,
    qtbot: QtBot,
    toasts: list[str],
) -> None:
    image = viewer.add_image(stack, name="cells")
    page = dock(name)
    looks(page)

    def shapes() -> list[tuple[int, ...]]:
        found = [each for each in viewer.layers if PREVIEW in each.metadata]
        return [each.data.shape[-2:] for each in found]

    qtbot.waitUntil(lambda: shapes() == [(64, 48)], timeout=PATIENCE)
    image.data = np.tile(stack[:, ::-1], (1, 1, 2))
    qtbot.waitUntil(lambda: shapes() == [(64, 96)], timeout=PATIENCE)
    image.data = stack[:, :1, :1]
    viewer.layers.remove(image)
    qtbot.waitUntil(lambda: len(viewer.layers) == 0, timeout=PATIENCE)
    qtbot.wait(500)  # what was at work must not bring it back
    assert len(viewer.layers) == 0
    assert "Open an image" in page.source.note.text()
    assert toasts == []
    button = page.apply_button if hasattr(page, "chain") else page.run.button
    assert not button.isEnabled()


@pytest.mark.parametrize("odd", ODD)
def test_odd_images_are_prepared_or_refused_once(
    odd: str,
    viewer: Any,
    dock: Callable[[str], Any],
    qtbot: QtBot,
    toasts: list[str],
) -> None:
    image = viewer.add_image(ODD[odd], contrast_limits=(0, 1), name="odd")
    page = dock("Pre-process")
    looks(page)
    page.apply_button.click()
    qtbot.waitUntil(lambda: not page.job.running, timeout=PATIENCE)
    assert "prepared" in page.status.text()
    assert page.layer.data.shape == image.data.shape
    assert toasts == []
    assert page.apply_button.isEnabled()


@pytest.mark.parametrize("odd", ODD)
def test_odd_images_have_labels_or_the_reason_why_not(
    odd: str,
    viewer: Any,
    dock: Callable[[str], Any],
    qtbot: QtBot,
    toasts: list[str],
) -> None:
    viewer.add_image(ODD[odd], contrast_limits=(0, 1), name="odd")
    page = dock("Otsu threshold")
    looks(page)
    model = page.model
    qtbot.waitUntil(lambda: bool(model.split or model.reason), timeout=PATIENCE)
    page.run.button.click()
    qtbot.waitUntil(page.run.button.isEnabled, timeout=PATIENCE)
    qtbot.waitUntil(lambda: page.run.status.text() != "", timeout=PATIENCE)
    if odd == "no value":
        assert "finite" in model.reason
        assert toasts == [page.run.status.text()]
    else:
        assert "objects in" in page.run.status.text()
        assert toasts == []
    assert page.run.bar.isHidden()
