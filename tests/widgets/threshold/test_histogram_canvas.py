from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.images.windows import WHOLE
from napari_mobile_unet.thresholding.otsu import otsu

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.gui


def test_the_line_is_dragged_to_a_threshold(
    panel: Any, person: Any, calibrated: Any, stack: np.ndarray
) -> None:
    person.waits_for_counts()
    found = otsu(stack).threshold
    person.drags(found + 0.5, 100.4)
    assert panel.histogram.box.line.text() == "100"
    assert panel.recipe.segment.values == (100,)
    person.drags(180, 50)  # far from the line
    assert panel.recipe.segment.values == (100,)
    panel.histogram.box.reset_button.click()
    assert panel.histogram.box.line.text() == f"{found:g}"
    assert panel.recipe.segment.values is None


def test_a_line_is_not_dragged_past_the_next(
    panel: Any, person: Any, calibrated: Any
) -> None:
    person.waits_for_counts()
    person.sets(classes=3)
    low, high = panel.model.split.thresholds
    person.drags(low + 0.5, 700)
    assert panel.recipe.segment.values == (high - 1, high)


def test_the_line_of_floats_stands_where_it_was_dropped(
    panel: Any, person: Any, viewer: Any, stack: np.ndarray
) -> None:
    viewer.add_image((stack / 1000).astype(np.float32))
    person.waits_for_counts()
    person.drags(panel.model.split.threshold, 0.1234)
    assert panel.recipe.segment.values[0] == pytest.approx(0.1234, abs=1e-3)


def test_mask_and_shares_follow_while_the_line_is_dragged(
    panel: Any, person: Any, viewer: Any, calibrated: Any, stack: np.ndarray
) -> None:
    viewer.dims.set_current_step(0, 4)
    person.waits_for_mask()
    panel.histogram.canvas.canvas.draw()
    person.mouse("press", panel.model.split.threshold + 0.5)
    for value in (150, 20):
        person.mouse("move", value + 0.4)
        now = float(panel.histogram.box.line.text())
        assert abs(now - value) <= 2  # the mouse is on whole screen pixels
        assert np.array_equal(panel.live.layer.data, stack[4] > now)
        share = 100 * (stack > now).mean()
        assert f"foreground {share:.3g} %" in person.text
    person.mouse("release", 20.4)
    assert panel.recipe.segment.values == (now,)
    person.mouse("move", 150)
    assert panel.recipe.segment.values == (now,)


def test_counts_that_come_during_a_drag_are_shown_after_it(
    panel: Any, person: Any, viewer: Any, stack: np.ndarray,
    monkeypatch: pytest.MonkeyPatch, join_jobs: Callable[[], None],
) -> None:  # fmt: skip
    go_on, original = threading.Event(), Stack.plane

    def slow(self: Stack, number: int, window: Any = WHOLE) -> Any:
        if self.name == "slow" and self.n_planes > 1 and number == 4:
            assert go_on.wait(20)
        return original(self, number, window)

    monkeypatch.setattr(Stack, "plane", slow)
    monkeypatch.setattr("napari_mobile_unet.widgets.threshold.counting.INTERVAL", -1)
    viewer.add_image(stack, name="slow")
    person.reads("80%")
    panel.histogram.canvas.canvas.draw()
    person.mouse("press", panel.model.split.threshold + 0.5)
    person.mouse("move", 100.4)
    go_on.set()
    person.waits(lambda: not panel.model.stale)
    assert panel.model.split.histogram.total < stack.size
    person.mouse("release", 100.4)
    assert panel.model.split.histogram.total == stack.size
    assert panel.histogram.box.line.text() == "100"
    assert "Counting" not in person.text


def test_a_double_click_goes_back_and_arrow_keys_move_the_line(
    panel: Any, person: Any, calibrated: Any, stack: np.ndarray
) -> None:
    person.waits_for_counts()
    found = otsu(stack).threshold
    panel.histogram.canvas.canvas.draw()
    for key, shift, expected in (
        (Qt.Key.Key_Right, False, found + 1),
        (Qt.Key.Key_Right, True, found + 11),
        (Qt.Key.Key_Left, False, found + 10),
        (Qt.Key.Key_A, False, found + 10),
    ):
        person.presses_key(key, shift=shift)
        assert panel.recipe.segment.values == (expected,)
    person.mouse("double-click", found + 90)
    assert panel.histogram.box.line.text() == f"{found:g}"
    assert panel.recipe.segment.values is None


def test_the_plot_follows_the_theme(
    panel: Any, person: Any, viewer: Any, calibrated: Any
) -> None:
    person.waits_for_counts()
    colours = set()
    for theme in ("dark", "light"):
        viewer.theme = theme
        colours.add(panel.histogram.canvas.canvas.figure.get_facecolor())
    assert len(colours) == 2
