from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.pipeline import segment
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
