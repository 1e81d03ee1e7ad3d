from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.backend_bases import KeyEvent, MouseEvent
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.images.windows import WHOLE
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.segment import segment
from napari_mobile_unet.thresholding.otsu import otsu
from napari_mobile_unet.widgets.threshold.dock import EMPTY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


@pytest.fixture
def panel(dock: Callable[[str], Any]) -> Any:
    return dock("Otsu threshold")


def says(panel: Any, qtbot: QtBot, text: str) -> None:
    qtbot.waitUntil(lambda: text in panel.histogram.text.text(), timeout=20_000)


def choose(panel: Any, kind: str) -> None:
    """Choose where grey values are counted."""
    panel.scope.setCurrentIndex(panel.scope.findData(kind))


def counted(panel: Any, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: panel.split is not None, timeout=20_000)


def counted_in(panel: Any, qtbot: QtBot, pixels: int) -> None:
    """Wait until as many pixels are counted."""
    qtbot.waitUntil(
        lambda: panel.split is not None and panel.split.counts.sum() == pixels,
        timeout=20_000,
    )


def test_the_histogram_shows_the_threshold_of_the_stack(
    panel: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    counted(panel, qtbot)
    assert panel.split.threshold == otsu(stack).threshold
    assert float(panel.histogram.line.typed.text()) == otsu(stack).threshold
    assert "separability" in panel.histogram.text.text()
    assert panel.histogram.canvas.figure.axes


def test_the_preview_is_seen_while_its_dock_is(
    viewer: Any, calibrated: Any, qtbot: QtBot
) -> None:
    viewer.window._qt_window.show()
    docks = {}
    for name in ("Otsu threshold", "Mobile U-Net"):
        frame, panel = viewer.window.add_plugin_dock_widget(
            "napari-mobile-unet", name, tabify=True
        )
        docks[name] = frame
        if name == "Otsu threshold":
            threshold = panel
    docks["Mobile U-Net"].raise_()
    qtbot.waitUntil(lambda: threshold.live.layer is not None, timeout=20_000)
    qtbot.waitUntil(lambda: not threshold.live.layer.visible)
    docks["Otsu threshold"].raise_()
    qtbot.waitUntil(lambda: threshold.live.layer.visible)
    viewer.layers.remove(threshold.live.layer)
    docks["Mobile U-Net"].raise_()  # taken away by hand: nothing to hide


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
    choose(panel, "each")
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
    panel.histogram.line.typed.setText("60")
    panel.histogram.line.typed.editingFinished.emit()
    assert panel.split.thresholds == (60,)
    assert panel.recipe.segment.values == (60,)
    panel.histogram.line.typed.setText("sixty")
    panel.histogram.line.typed.editingFinished.emit()
    assert panel.histogram.line.typed.text() == "60"
    panel.histogram.line.button.click()
    assert panel.split.threshold == otsu(stack).threshold
    assert panel.recipe.segment.values is None


def test_more_classes_have_more_lines(
    panel: Any, calibrated: Any, qtbot: QtBot
) -> None:
    counted(panel, qtbot)
    panel.settings.fields["classes"].value = 3
    qtbot.waitUntil(lambda: len(panel.split.thresholds) == 2, timeout=20_000)
    assert panel.histogram.line.typed.text().count(",") == 1


def drag(panel: Any, start: float, end: float) -> None:
    """Drag with the mouse along the grey values of the plot."""
    canvas, axes = panel.histogram.canvas.canvas, panel.histogram.canvas.plot.axes
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
    assert panel.histogram.line.typed.text() == "100"
    assert panel.recipe.segment.values == (100,)
    drag(panel, 180, 50)  # far from the line
    assert panel.split.thresholds == (100,)
    panel.histogram.line.button.click()
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
    flags = panel.histogram.text.textInteractionFlags()
    assert flags & Qt.TextInteractionFlag.TextSelectableByMouse
    for line in panel.histogram.canvas.plot.text.splitlines():
        assert line in panel.histogram.text.text()
    assert panel.histogram.text.text().count("color: #") == 2


def test_a_count_that_is_stale_is_given_up(
    panel: Any, viewer: Any, stack: np.ndarray, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch, join_jobs: Callable[[], None],
) -> None:  # fmt: skip
    go_on, at_work, read = threading.Event(), threading.Event(), []
    original = Stack.plane

    def slow(self: Stack, number: int, window: Any = WHOLE) -> Any:
        if self.name == "slow":
            read.append(number)
            at_work.set()
            go_on.wait(20)
        return original(self, number, window)

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
    choose(panel, "each")
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
    qtbot.waitUntil(
        lambda: "Open an image" in panel.histogram.text.text(), timeout=20_000
    )
    assert not panel.run.button.isEnabled()
    panel.histogram.canvas.canvas.draw()


def test_closing_the_window_ends_a_count(
    panel: Any, viewer: Any, stack: np.ndarray, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch, join_jobs: Callable[[], None],
) -> None:  # fmt: skip
    go_on, at_work = threading.Event(), threading.Event()
    original = Stack.plane

    def slow(self: Stack, number: int, window: Any = WHOLE) -> Any:
        at_work.set()
        go_on.wait(20)
        return original(self, number, window)

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
    qtbot.waitUntil(lambda: reason in panel.histogram.text.text(), timeout=20_000)
    panel.run.button.click()
    qtbot.waitUntil(lambda: not panel.run.job.running, timeout=20_000)


def test_the_plot_follows_the_theme(
    panel: Any, viewer: Any, calibrated: Any, qtbot: QtBot
) -> None:
    counted(panel, qtbot)
    colours = set()
    for theme in ("dark", "light"):
        viewer.theme = theme
        colours.add(panel.histogram.canvas.figure.get_facecolor())
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


def mouse(panel: Any, name: str, value: float, **options: Any) -> None:
    """Send one event of the mouse at a grey value of the plot."""
    canvas, axes = panel.histogram.canvas.canvas, panel.histogram.canvas.plot.axes
    x = axes.transData.transform((value, 0))[0]
    middle = axes.bbox.y0 + axes.bbox.height / 2
    event = MouseEvent(name, canvas, x, middle, button=1, **options)
    canvas.callbacks.process(name, event)


def ready(panel: Any, qtbot: QtBot) -> None:
    """Wait for the counts and for the mask on the visible plane."""
    counted(panel, qtbot)
    qtbot.waitUntil(lambda: panel.live.layer is not None, timeout=20_000)


def test_mask_and_shares_follow_while_the_line_is_dragged(
    panel: Any, viewer: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    viewer.dims.set_current_step(0, 4)
    ready(panel, qtbot)
    panel.histogram.canvas.canvas.draw()
    mouse(panel, "button_press_event", panel.split.threshold + 0.5)
    for value in (150, 20):
        mouse(panel, "motion_notify_event", value + 0.4)
        (now,) = panel.split.thresholds  # the mouse is on whole screen pixels
        assert abs(now - value) <= 2
        assert np.array_equal(panel.live.layer.data, stack[4] > now)
        share = 100 * (stack > now).mean()
        assert f"foreground {share:.3g} %" in panel.histogram.text.text()
        assert float(panel.histogram.line.typed.text()) == now
    assert panel.histogram.canvas.dragging
    mouse(panel, "button_release_event", 20.4)
    assert not panel.histogram.canvas.dragging
    assert panel.recipe.segment.values == panel.split.thresholds


def test_a_double_click_goes_back_and_arrow_keys_nudge(
    panel: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    counted(panel, qtbot)
    found = otsu(stack).threshold
    panel.histogram.canvas.canvas.draw()
    canvas = panel.histogram.canvas.canvas
    for key, expected in (
        ("right", found + 1),
        ("shift+right", found + 11),
        ("left", found + 10),
        ("a", found + 10),
    ):
        canvas.callbacks.process(
            "key_press_event", KeyEvent("key_press_event", canvas, key)
        )
        assert panel.split.threshold == expected
    mouse(panel, "button_press_event", found + 90, dblclick=True)
    assert panel.split.threshold == found
    assert panel.recipe.segment.values is None


def test_the_mask_is_on_the_visible_plane_and_cannot_be_painted_on(
    panel: Any, viewer: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    ready(panel, qtbot)
    assert viewer.layers.selection.active is calibrated
    layer = panel.live.layer
    assert not layer.editable
    viewer.dims.set_current_step(0, 3)
    mask = stack[3] > panel.split.threshold
    qtbot.waitUntil(lambda: np.array_equal(layer.data, mask), timeout=20_000)
    assert panel.live.layer is layer
    viewer.dims.ndisplay = 3
    qtbot.waitUntil(lambda: layer not in viewer.layers, timeout=20_000)
    viewer.dims.ndisplay = 2
    qtbot.waitUntil(lambda: panel.live.layer in viewer.layers, timeout=20_000)
    panel.live.setChecked(False)
    assert panel.live.layer is None
    assert list(viewer.layers) == [calibrated]


def test_more_classes_have_the_colours_of_the_plot(
    panel: Any, viewer: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    viewer.dims.set_current_step(0, 4)
    panel.settings.fields["classes"].value = 3
    ready(panel, qtbot)
    low, high = panel.split.thresholds
    mask = panel.live.layer.data
    assert np.array_equal(mask == 1, stack[4] > high)
    assert np.array_equal(mask == 2, (stack[4] > low) & (stack[4] <= high))


@pytest.mark.parametrize("scope", ["stack", "each", "shown"])
@pytest.mark.parametrize("method", ["otsu", "li", "adaptive"])
def test_every_scope_gives_what_its_recipe_gives_again(
    panel: Any, viewer: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot,
    scope: str, method: str,
) -> None:  # fmt: skip
    viewer.dims.set_current_step(0, 2)
    choose(panel, scope)
    panel.settings.fields["method"].value = method
    counted(panel, qtbot)
    qtbot.waitUntil(lambda: not panel._counting.running, timeout=20_000)
    panel.run.button.click()
    qtbot.waitUntil(lambda: not panel.run.job.running, timeout=20_000)
    record = panel.layer.metadata["mobile_unet"]["recipe"]
    again = segment(stack, Recipe.model_validate(record), axes="ZYX")
    assert np.array_equal(panel.layer.data, again)
    assert panel.layer.data[4].max() > 0


@pytest.mark.parametrize("kind", ["shapes", "ellipse", "labels", "shifted labels"])
def test_counts_are_taken_inside_a_region(
    panel: Any, viewer: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot,
    kind: str,
) -> None:  # fmt: skip
    inside = np.zeros(stack.shape[1:], bool)
    inside[2:34, 2:34] = True
    place = {"scale": (0.5, 0.5), "translate": (10, 20)}
    if kind == "labels":
        region = viewer.add_labels(inside.astype(np.uint8), **place)
    elif kind == "shifted labels":
        whole = np.zeros((5, 32, 32), np.uint8) + 1
        region = viewer.add_labels(whole, scale=(2, 0.5, 0.5), translate=(0, 11, 21))
    elif kind == "ellipse":
        corners = np.array([[2, 2], [2, 33], [33, 33], [33, 2]])
        region = viewer.add_shapes([corners], shape_type="ellipse", **place)
    else:
        corners = np.array([[2, 2], [2, 33], [33, 33], [33, 2]])
        region = viewer.add_shapes([corners], shape_type="polygon", **place)
    panel.scope.setCurrentIndex(panel.scope.findText(f"inside {region.name}"))
    pixels = 5 * inside.sum()
    wanted = pixels * np.pi / 4 if kind == "ellipse" else pixels
    qtbot.waitUntil(
        lambda: (
            panel.split is not None
            and panel.split.histogram.total == pytest.approx(wanted, rel=0.02)
        ),
        timeout=20_000,
    )
    assert panel.recipe.segment.values == panel.split.thresholds
    assert panel.recipe.segment.foreground == "bright"
    viewer.layers.remove(region)
    assert panel.scope.kind == "stack"


def test_a_region_beside_the_image_is_said(
    panel: Any, viewer: Any, calibrated: Any, qtbot: QtBot
) -> None:
    corners = np.array([[900, 900], [900, 950], [950, 950], [950, 900]])
    region = viewer.add_shapes([corners], shape_type="polygon")
    panel.scope.setCurrentIndex(panel.scope.findText(f"inside {region.name}"))
    qtbot.waitUntil(
        lambda: "covers none" in panel.histogram.text.text(), timeout=20_000
    )


def test_planes_that_are_empty_are_flagged_and_left_empty(
    panel: Any, viewer: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    choose(panel, "each")
    assert panel.threshold.min_separability == pytest.approx(EMPTY)
    panel.settings.fields["min_separability"].value = 0.8  # even noise has 0.75
    qtbot.waitUntil(lambda: len(panel.planes.splits) == 5, timeout=20_000)
    qtbot.waitUntil(lambda: panel.planes.canvas.empty == (0,), timeout=20_000)
    expected = [otsu(plane).threshold for plane in stack]
    assert [panel.planes.splits[n].threshold for n in range(5)] == expected
    axes = panel.planes.canvas.figure.axes[0]
    panel.planes.canvas.canvas.draw()
    x, y = axes.transData.transform((3.2, expected[3]))
    canvas = panel.planes.canvas.canvas
    canvas.callbacks.process(
        "button_press_event", MouseEvent("button_press_event", canvas, x, y, button=1)
    )
    assert viewer.dims.current_step[0] == 3
    panel.run.button.click()
    qtbot.waitUntil(lambda: not panel.run.job.running, timeout=20_000)
    assert not panel.layer.data[0].any()
    assert panel.layer.data[1].any()


@pytest.mark.parametrize("suffix", [".png", ".svg", ".csv"])
def test_the_histogram_is_saved(
    panel: Any, calibrated: Any, qtbot: QtBot, tmp_path: Path, suffix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    counted(panel, qtbot)
    path = tmp_path / f"histogram{suffix}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    panel.histogram.save_button.click()
    assert path.stat().st_size > 100


def test_data_replaced_while_counting_is_counted_anew(
    panel: Any, viewer: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    counted(panel, qtbot)
    calibrated.data = stack + 1000
    expected = otsu(stack + 1000).threshold
    qtbot.waitUntil(
        lambda: panel.split is not None and panel.split.threshold == expected,
        timeout=20_000,
    )
    viewer.layers.remove(calibrated)
    qtbot.waitUntil(
        lambda: "Open an image" in panel.histogram.text.text(), timeout=20_000
    )
    assert not viewer.layers


@pytest.mark.parametrize(
    "plane",
    [
        np.array([[0, 255] * 8] * 16, np.uint8),
        np.full((16, 16), 65535, np.uint16),
        np.where(np.eye(16) > 0, np.nan, np.arange(16)).astype(np.float32),
        np.arange(-128, 128, dtype=np.int16).reshape(16, 16),
        np.eye(16, dtype=bool),
        np.where(np.eye(16) > 0, np.inf, np.arange(16.0)),
    ],
    ids=["two values", "saturated", "NaN", "negative", "bool", "infinite"],
)
def test_odd_planes_are_shown_or_said(
    panel: Any, viewer: Any, qtbot: QtBot, plane: np.ndarray
) -> None:
    viewer.add_image(plane, contrast_limits=(0, 1))
    qtbot.waitUntil(lambda: panel.histogram.text.text() != "", timeout=20_000)
    counted(panel, qtbot)
    for method in ("li", "minimum", "adaptive", "triangle", "yen", "isodata", "mean"):
        panel.settings.fields["method"].value = method
        assert panel.histogram.text.text()
        panel.histogram.canvas.canvas.draw()
    if plane.dtype.kind == "f":
        panel.settings.fields["method"].value = "otsu"
        assert "excluded (NaN or infinite): 16" in panel.histogram.text.text()
    panel.run.button.click()
    qtbot.waitUntil(lambda: not panel.run.job.running, timeout=20_000)


def test_a_region_that_moves_or_is_renamed_is_followed(
    panel: Any, viewer: Any, calibrated: Any, qtbot: QtBot
) -> None:
    pyramid = [np.ones((5, 32, 24), int), np.ones((5, 16, 12), int)]
    region = viewer.add_labels(
        pyramid, multiscale=True, scale=(2, 0.5, 0.5), translate=(0, 10, 20)
    )
    panel.scope.setCurrentIndex(panel.scope.findText(f"inside {region.name}"))
    counted_in(panel, qtbot, 5 * 32 * 24)
    region.translate = (0, 10 + 24 * 0.5, 20)
    counted_in(panel, qtbot, 5 * 32 * 24)
    region.translate = (0, 10 + 48 * 0.5, 20)  # half of it lies beside the image
    counted_in(panel, qtbot, 5 * 16 * 24)
    calibrated.translate = (0, 10 + 48 * 0.5, 20)  # under it again
    counted_in(panel, qtbot, 5 * 32 * 24)
    region.name = "cells here"
    assert panel.scope.currentText() == "inside cells here"


def test_another_place_keeps_what_was_set_by_hand(
    panel: Any, calibrated: Any, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: panel.split is not None, timeout=20_000)
    panel.histogram.given.emit((100.0,))
    calibrated.translate = (0, 0, 0)
    calibrated.scale = (1, 1, 1)
    qtbot.wait(300)
    assert panel.threshold.values == (100.0,)
    assert np.allclose(panel.live.layer.translate, 0)


def test_the_tick_of_the_axis_of_counts_tells_what_it_is(
    panel: Any, calibrated: Any, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: panel.split is not None, timeout=20_000)
    axes = panel.histogram.canvas.plot.axes
    log = panel.histogram.log
    assert log.isChecked() == (axes.get_yscale() == "log")
    for _ in range(2):
        log.click()
        axes = panel.histogram.canvas.plot.axes
        assert log.isChecked() == (axes.get_yscale() == "log")


def test_what_is_set_by_hand_holds_for_planes_on_their_own_and_that_is_said(
    panel: Any, calibrated: Any, qtbot: QtBot
) -> None:
    panel.scope.setCurrentIndex(panel.scope.findData("each"))
    qtbot.waitUntil(lambda: panel.split is not None, timeout=20_000)
    assert "all planes" not in panel.histogram.text.text()
    panel.histogram.given.emit((100.0,))
    assert "it holds for all planes" in panel.histogram.text.text()


def test_a_plane_is_gone_to_beside_layers_of_more_dimensions(
    panel: Any, viewer: Any, stack: np.ndarray
) -> None:
    viewer.add_image(np.zeros((7, 5, 64, 48)))
    viewer.add_image(stack, name="cells")
    viewer.dims.set_current_step(0, 6)
    panel.planes.chosen.emit(2)
    assert viewer.dims.current_step[:2] == (6, 2)
