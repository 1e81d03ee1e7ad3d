from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.backend_bases import MouseEvent
from qtpy.QtCore import Qt

from napari_mobile_unet.pipeline import segment
from napari_mobile_unet.stack import Stack
from napari_mobile_unet.threshold import otsu

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


@pytest.fixture
def panel(dock: Callable[[str], Any]) -> Any:
    return dock("Otsu threshold")


def counted(panel: Any, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: panel.split is not None, timeout=20_000)


def test_the_histogram_shows_the_threshold_of_the_stack(
    panel: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    counted(panel, qtbot)
    assert panel.split.threshold == otsu(stack).threshold
    assert float(panel.typed.text()) == otsu(stack).threshold
    assert "separability" in panel.text.text()
    assert panel.canvas.figure.axes


def test_labels_are_those_of_the_pipeline(
    panel: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    counted(panel, qtbot)
    panel.run.button.click()
    qtbot.waitUntil(lambda: not panel.run.job.running, timeout=20_000)
    assert np.array_equal(panel.layer.data, segment(stack, panel.recipe, axes="ZYX"))
    assert panel.layer.data.max() == 10
    assert panel.layer.units == calibrated.units
    assert "10 objects in 5 planes" in panel.run.status.text()


def test_a_plane_of_its_own_follows_the_slider(
    panel: Any, viewer: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    panel.settings.fields["scope"].value = "plane"
    for number in (4, 0):
        viewer.dims.set_current_step(0, number)
        expected = otsu(stack[number]).threshold
        qtbot.waitUntil(
            lambda e=expected: panel.split is not None and panel.split.threshold == e,
            timeout=20_000,
        )


def test_a_typed_threshold_holds_until_reset(
    panel: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    counted(panel, qtbot)
    panel.typed.setText("60")
    panel.typed.editingFinished.emit()
    assert panel.split.thresholds == (60,)
    assert panel.recipe.segment.values == (60,)
    panel.typed.setText("sixty")
    panel.typed.editingFinished.emit()
    assert panel.typed.text() == "60"
    panel.reset_button.click()
    assert panel.split.threshold == otsu(stack).threshold
    assert panel.recipe.segment.values is None


def test_more_classes_have_more_lines(
    panel: Any, calibrated: Any, qtbot: QtBot
) -> None:
    counted(panel, qtbot)
    panel.settings.fields["classes"].value = 3
    qtbot.waitUntil(lambda: len(panel.split.thresholds) == 2, timeout=20_000)
    assert panel.typed.text().count(",") == 1


def drag(panel: Any, start: float, end: float) -> None:
    """Drag with the mouse along the grey values of the plot."""
    canvas, axes = panel.canvas.canvas, panel.canvas.plot.axes
    canvas.draw()
    middle = axes.bbox.y0 + axes.bbox.height / 2
    for name, value in (
        ("button_press_event", start),
        ("motion_notify_event", end),
        ("button_release_event", end),
    ):
        x = axes.transData.transform((value, 0))[0]
        canvas.callbacks.process(name, MouseEvent(name, canvas, x, middle, button=1))


def test_the_line_is_dragged_to_a_threshold(
    panel: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    counted(panel, qtbot)
    found = otsu(stack).threshold
    drag(panel, found + 0.5, 100.4)
    assert panel.split.thresholds == (100,)
    assert panel.typed.text() == "100"
    assert panel.recipe.segment.values == (100,)
    drag(panel, 180, 50)  # far from the line
    assert panel.split.thresholds == (100,)
    panel.reset_button.click()
    assert panel.split.thresholds == (found,)


def test_a_line_is_not_dragged_past_the_next(
    panel: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    counted(panel, qtbot)
    panel.settings.fields["classes"].value = 3
    low, high = panel.split.thresholds
    drag(panel, low + 0.5, 1e6)
    assert panel.split.thresholds == (high - 1, high)


def test_the_line_of_floats_stands_where_it_was_dropped(
    panel: Any, viewer: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    viewer.add_image((stack / 1000).astype(np.float32))
    counted(panel, qtbot)
    drag(panel, panel.split.threshold, 0.1234)
    assert panel.split.threshold == pytest.approx(0.1234, abs=1e-3)


def test_other_classes_are_found_without_counting_again(
    panel: Any, calibrated: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted(panel, qtbot)
    before = panel.split.histogram
    panel.settings.fields["classes"].value = 4
    assert len(panel.split.thresholds) == 3
    assert panel.split.histogram is before


def test_the_numbers_can_be_copied_and_carry_the_colours(
    panel: Any, calibrated: Any, qtbot: QtBot
) -> None:
    counted(panel, qtbot)
    flags = panel.text.textInteractionFlags()
    assert flags & Qt.TextInteractionFlag.TextSelectableByMouse
    for line in panel.canvas.plot.text.splitlines():
        assert line in panel.text.text()
    assert panel.text.text().count("color: #") == 2


def test_a_count_that_is_stale_is_given_up(
    panel: Any, viewer: Any, stack: np.ndarray, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch, join_jobs: Callable[[], None],
) -> None:  # fmt: skip
    go_on, at_work, read = threading.Event(), threading.Event(), []
    original = Stack.plane

    def slow(self: Stack, number: int) -> Any:
        if self.name == "slow":
            read.append(number)
            at_work.set()
            go_on.wait(20)
        return original(self, number)

    monkeypatch.setattr(Stack, "plane", slow)
    viewer.add_image(stack, name="slow")
    qtbot.waitUntil(at_work.is_set, timeout=20_000)
    viewer.add_image(stack[4] + 1000, name="quick")
    counted(panel, qtbot)
    assert panel.split.threshold == otsu(stack[4] + 1000).threshold
    go_on.set()
    join_jobs()
    qtbot.wait(50)
    assert panel.split.threshold == otsu(stack[4] + 1000).threshold
    assert len(read) < 5


def test_each_plane_has_a_threshold_of_its_own(
    panel: Any, viewer: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    dim = stack.copy()
    dim[3] //= 8
    viewer.add_image(dim)
    panel.settings.fields["scope"].value = "plane"
    counted(panel, qtbot)
    panel.run.button.click()
    qtbot.waitUntil(lambda: not panel.run.job.running, timeout=20_000)
    assert len(np.unique(panel.layer.data[3])) == 1 + 3
    assert np.array_equal(panel.layer.data, segment(dim, panel.recipe, axes="ZYX"))


def test_a_channel_is_counted_on_its_own(
    panel: Any, viewer: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    both = np.stack([stack, stack // 2], axis=1)
    viewer.add_image(both, axis_labels=("z", "c", "y", "x"))
    panel.source.channel.setCurrentIndex(1)
    expected = otsu(stack // 2).threshold
    qtbot.waitUntil(
        lambda: panel.split is not None and panel.split.threshold == expected,
        timeout=20_000,
    )


def test_without_an_image_the_plot_says_what_to_do(panel: Any, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: "Open an image" in panel.text.text(), timeout=20_000)
    assert not panel.run.button.isEnabled()
    panel.canvas.canvas.draw()


def test_closing_the_window_ends_a_count(
    panel: Any, viewer: Any, stack: np.ndarray, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch, join_jobs: Callable[[], None],
) -> None:  # fmt: skip
    go_on, at_work = threading.Event(), threading.Event()
    original = Stack.plane

    def slow(self: Stack, number: int) -> Any:
        at_work.set()
        go_on.wait(20)
        return original(self, number)

    monkeypatch.setattr(Stack, "plane", slow)
    viewer.add_image(stack)
    qtbot.waitUntil(at_work.is_set, timeout=20_000)
    viewer.close()
    qtbot.wait(50)
    go_on.set()
    join_jobs()
    qtbot.wait(50)


@pytest.mark.parametrize(
    ("plane", "reason"),
    [
        (np.full((8, 8), np.nan), "no finite values"),
        (np.full((8, 8), 3, np.uint8), "constant image"),
    ],
)
def test_the_plot_says_why_it_is_empty(
    panel: Any, viewer: Any, qtbot: QtBot, plane: np.ndarray, reason: str
) -> None:
    viewer.add_image(plane, contrast_limits=(0, 1))
    qtbot.waitUntil(lambda: reason in panel.text.text(), timeout=20_000)
    panel.run.button.click()
    qtbot.waitUntil(lambda: not panel.run.job.running, timeout=20_000)


def test_the_plot_follows_the_theme(
    panel: Any, viewer: Any, calibrated: Any, qtbot: QtBot
) -> None:
    counted(panel, qtbot)
    colours = set()
    for theme in ("dark", "light"):
        viewer.theme = theme
        colours.add(panel.canvas.figure.get_facecolor())
    assert len(colours) == 2


def test_a_closed_dock_lets_go_of_the_viewer(
    panel: Any, viewer: Any, calibrated: Any, qtbot: QtBot
) -> None:
    counted(panel, qtbot)
    viewer.window.remove_dock_widget(panel)
    panel.deleteLater()  # napari leaves that to the garbage collector
    qtbot.wait(50)
    viewer.dims.set_current_step(0, 3)
    viewer.theme = "light"
    viewer.layers.clear()
    qtbot.wait(200)
