from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.widgets.shared.pages import open_page

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


def test_the_mask_is_on_the_visible_plane_and_cannot_be_painted_on(
    panel: Any, person: Any, viewer: Any, calibrated: Any, stack: np.ndarray
) -> None:
    person.waits_for_mask()
    assert viewer.layers.selection.active is calibrated
    layer = panel.live.layer
    assert not layer.editable
    viewer.dims.set_current_step(0, 3)
    mask = stack[3] > panel.model.split.threshold
    person.waits(lambda: np.array_equal(layer.data, mask))
    assert panel.live.layer is layer
    viewer.dims.ndisplay = 3
    person.waits(lambda: layer not in viewer.layers)
    viewer.dims.ndisplay = 2
    person.waits(lambda: panel.live.layer in viewer.layers)
    panel.live.click()
    assert list(viewer.layers) == [calibrated]
    panel.live.click()
    assert len(viewer.layers) == 2


def test_the_mask_is_there_while_its_page_is_seen(
    viewer: Any, calibrated: Any, qtbot: QtBot
) -> None:
    viewer.window._qt_window.show()
    threshold = open_page(viewer, "Threshold")
    qtbot.waitUntil(lambda: threshold.live.layer in viewer.layers, timeout=20_000)
    open_page(viewer, "Segment")
    qtbot.waitUntil(lambda: list(viewer.layers) == [calibrated])
    open_page(viewer, "Threshold")
    qtbot.waitUntil(lambda: threshold.live.layer in viewer.layers)
    assert threshold.live.isChecked()
    viewer.layers.remove(threshold.live.layer)
    open_page(viewer, "Segment")  # taken away by hand: nothing to take away
    assert list(viewer.layers) == [calibrated]


def test_classes_that_are_taken_have_the_colours_of_the_plot(
    panel: Any, person: Any, viewer: Any, calibrated: Any, stack: np.ndarray
) -> None:
    viewer.dims.set_current_step(0, 4)
    person.sets(classes=3)
    person.waits_for_mask()
    low, high = panel.model.split.thresholds
    mask = panel.live.layer.data
    assert np.array_equal(mask == 1, stack[4] > high)
    assert set(np.unique(mask)) == {0, 1}  # what labels are made of, and no more
    person.takes("2 and above")
    assert np.array_equal(mask == 1, stack[4] > high)
    assert np.array_equal(mask == 2, (stack[4] > low) & (stack[4] <= high))
    assert set(np.unique(mask)) == {0, 1, 2}
    person.takes("class 1")
    assert np.array_equal(mask > 0, stack[4] <= low)
    person.takes("the foreground's class")
    person.sets(foreground="dark")
    assert np.array_equal(mask == 1, stack[4] <= low)


def test_taking_the_mask_away_takes_the_tick_away(
    panel: Any, person: Any, viewer: Any, calibrated: Any, qtbot: QtBot
) -> None:
    viewer.add_points(np.zeros((1, 3)))
    panel.source.box.layer = calibrated
    person.waits_for_mask()
    assert viewer.layers.index(panel.live.layer) == 1  # right over its image
    viewer.layers.remove(panel.live.layer)
    assert not panel.live.isChecked()
    viewer.dims.set_current_step(0, 3)
    person.types("100")
    qtbot.wait(200)
    assert len(viewer.layers) == 2


def test_all_layers_are_taken_away_and_another_image_comes(
    panel: Any, person: Any, viewer: Any, calibrated: Any, stack: np.ndarray
) -> None:
    person.waits_for_mask()
    viewer.layers.clear()
    viewer.add_image(stack[4])
    person.waits(lambda: panel.live.layer in viewer.layers)
    assert panel.live.isChecked()


def test_the_mask_follows_the_image_to_another_place(
    panel: Any, person: Any, calibrated: Any
) -> None:
    person.waits_for_mask()
    person.types("100")
    calibrated.translate = (0, 1, 2)
    calibrated.scale = (1, 3, 3)
    person.waits(lambda: np.allclose(panel.live.layer.translate, (1, 2)))
    person.waits(lambda: np.allclose(panel.live.layer.scale, 3))
    assert panel.recipe.segment.values == (100,)


@pytest.mark.filterwarnings("ignore:Non-orthogonal slicing")
def test_the_mask_lies_on_a_stack_that_is_sheared_through_its_planes(
    panel: Any, person: Any, viewer: Any, calibrated: Any, stack: np.ndarray
) -> None:
    calibrated.shear = (0.5, 0, 0)
    calibrated.translate = (0, 0, 0)
    viewer.dims.set_current_step(0, 3)
    person.waits_for_mask()
    mask = stack[3] > panel.model.split.threshold
    person.waits(lambda: np.array_equal(panel.live.layer.data[3], mask))
    layer = panel.live.layer
    assert layer.data.shape == stack.shape
    for point in ((3, 0, 0), (3, 63, 47)):
        assert np.allclose(layer.data_to_world(point), calibrated.data_to_world(point))
    viewer.dims.set_current_step(0, 4)
    mask = stack[4] > panel.model.split.threshold
    person.waits(lambda: np.array_equal(layer.data[4], mask))


def test_the_mask_lies_on_planes_that_do_not_come_last(
    panel: Any, person: Any, viewer: Any, stack: np.ndarray
) -> None:
    viewer.add_image(stack.T, axis_labels=("x", "y", "z"))
    person.waits_for_mask()
    number = panel.source.plane_number(viewer)
    mask = stack[number] > panel.model.split.threshold
    assert panel.live.layer.data.shape == stack.T.shape
    person.waits(
        lambda: np.array_equal(panel.live.layer.data[..., number], mask.T),
    )
