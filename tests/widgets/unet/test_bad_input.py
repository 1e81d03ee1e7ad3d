"""What cannot be segmented is said in its place, once, and nothing is stuck."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui

RNG = np.random.default_rng(0)


@pytest.fixture
def toasts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    shown: list[str] = []
    monkeypatch.setattr(
        "napari_mobile_unet.widgets.shared.run_panel.show_error", shown.append
    )
    return shown


def said(unet: Any) -> str:
    return f"{unet.source.note.text()} {unet.run.status.text()}"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (np.zeros((1, 1), np.uint8), "0 objects in 1 plane"),
        (np.full((40, 50), np.nan, np.float32), "0 objects in 1 plane"),
        (RNG.integers(0, 99, (2, 1, 2, 40, 50), np.uint8), "objects in"),
    ],
    ids=["one pixel", "no value", "five axes"],
)
def test_odd_images_end_with_a_word_and_the_button_can_be_pressed_again(
    data: np.ndarray,
    expected: str,
    unet: Any,
    viewer: Any,
    toasts: list[str],
    finish: Callable[[], None],
) -> None:
    viewer.add_image(data, contrast_limits=(0, 1))
    unet.run.button.click()
    finish()
    assert expected in said(unet)
    assert len(toasts) <= 1
    assert unet.run.bar.isHidden()
    assert unet.run.button.isEnabled()


def test_two_images_of_one_name_are_two_images(
    unet: Any, viewer: Any, stack: np.ndarray, finish: Callable[[], None]
) -> None:
    dark = viewer.add_image(np.zeros((20, 30), np.uint8), name="cells")
    bright = viewer.add_image(stack[4], name="cells")
    for image in (dark, bright):
        unet.source.box.layer = image
        assert unet.source.layer is image
        unet.run.button.click()
        finish()
        assert unet.layer.data.shape == image.data.shape


def test_labels_are_not_offered_as_an_image(unet: Any, viewer: Any) -> None:
    viewer.add_labels(np.ones((20, 30), np.uint8))
    assert unet.source.layer is None
    assert not unet.run.button.isEnabled()
    assert "Open an image" in said(unet)


def test_an_image_deleted_while_it_is_segmented_leaves_nothing_stuck(
    unet: Any,
    viewer: Any,
    calibrated: Any,
    stack: np.ndarray,
    toasts: list[str],
    qtbot: QtBot,
    with_pause: Callable[..., None],
    finish: Callable[[], None],
) -> None:
    other = viewer.add_image(stack[4], name="other")
    unet.source.box.layer = calibrated
    with_pause(planes=2, then=lambda: viewer.layers.remove(calibrated))
    assert unet.source.layer is other
    assert unet.run.status.text() == ""
    assert toasts == []
    unet.run.button.click()
    finish()
    assert "objects in 1 plane" in unet.run.status.text()
