from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.images.windows import WHOLE
from napari_mobile_unet.runs.segment import segment
from napari_mobile_unet.thresholding.otsu import otsu
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.widgets.shared.pages import open_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


def test_labels_are_those_of_the_pipeline(
    panel: Any, person: Any, calibrated: Any, stack: np.ndarray
) -> None:
    person.waits_for_counts()
    labels = person.makes_labels()
    assert np.array_equal(labels, segment(stack, panel.recipe, axes="ZYX"))
    assert labels.max() == 4  # an object has one id over Z
    assert panel.layer.units == calibrated.units
    assert "4 objects in 5 planes" in panel.run.status.text()
    assert not panel.live.isChecked()


def test_a_channel_is_counted_on_its_own(
    panel: Any, person: Any, viewer: Any, stack: np.ndarray
) -> None:
    both = np.stack([stack, stack // 2], axis=1)
    viewer.add_image(both, axis_labels=("z", "c", "y", "x"))
    panel.source.channel.setCurrentIndex(1)
    person.waits_for_counts()
    assert panel.histogram.box.line.text() == f"{otsu(stack // 2).threshold:g}"


def test_a_count_that_is_stale_is_given_up(
    panel: Any, person: Any, viewer: Any, stack: np.ndarray, qtbot: QtBot,
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
    person.reads("Counting 5 planes")
    person.waits(at_work.is_set)
    viewer.add_image(stack[4] + 1000, name="quick")
    person.waits_for_counts()
    shown = f"{otsu(stack[4] + 1000).threshold:g}"
    assert panel.histogram.box.line.text() == shown
    go_on.set()
    join_jobs()
    qtbot.wait(50)
    assert panel.histogram.box.line.text() == shown
    assert len(read) < 5


def test_data_replaced_while_counting_is_counted_anew(
    panel: Any, person: Any, viewer: Any, calibrated: Any, stack: np.ndarray
) -> None:
    person.waits_for_counts()
    calibrated.data = stack + 1000
    expected = f"{otsu(stack + 1000).threshold:g}"
    person.waits(lambda: panel.histogram.box.line.text() == expected)
    viewer.layers.remove(calibrated)
    person.reads("Open an image")
    assert not viewer.layers


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


def test_a_closed_dock_lets_go_of_the_viewer(
    panel: Any, person: Any, viewer: Any, calibrated: Any, qtbot: QtBot
) -> None:
    person.waits_for_counts()
    viewer.window.remove_dock_widget(panel)
    panel.deleteLater()  # napari leaves that to the garbage collector
    qtbot.wait(50)
    viewer.dims.set_current_step(0, 3)
    viewer.theme = "light"
    viewer.layers.clear()
    qtbot.wait(200)


def test_labels_are_made_of_the_classes_that_are_chosen(
    panel: Any, person: Any, viewer: Any, stack: np.ndarray
) -> None:
    viewer.add_image(stack[4])
    person.sets(classes=3)
    person.waits_for_counts()
    low, high = panel.model.split.thresholds
    top = person.makes_labels()
    first = panel.layer
    assert np.array_equal(top > 0, stack[4] > high)
    panel.objects.fields["min_size"].value = 1
    panel.objects.fields["fill_holes"].value = False
    person.takes("class 2")
    assert panel.recipe.segment.object_classes == (2,)
    between = person.makes_labels()
    assert panel.layer is not first  # each has labels of its own
    assert np.array_equal(between > 0, (stack[4] > low) & (stack[4] <= high))
    assert np.array_equal(first.data, top)
    person.sets(classes=4)
    assert panel.recipe.segment.object_classes == ()
    person.takes("2 and above")
    person.sets(method="li")
    assert panel.recipe.segment.object_classes == ()
    assert panel.settings.taken.isHidden()


def test_each_class_gets_a_layer_of_its_own_or_all_share_one(
    panel: Any, person: Any, viewer: Any, calibrated: Any, stack: np.ndarray,
    qtbot: QtBot,
) -> None:  # fmt: skip
    person.sets(classes=3)
    panel.objects.fields["min_size"].value = 1
    panel.objects.fields["fill_holes"].value = False
    person.takes("2 and 3, a layer each")
    person.waits_for_mask()
    low, high = panel.model.split.thresholds
    panel.run.button.click()
    qtbot.waitUntil(lambda: len(viewer.layers) >= 3, timeout=60_000)
    qtbot.waitUntil(panel.run.button.isEnabled, timeout=60_000)
    made = {layer.name: layer.data for layer in viewer.layers}
    assert set(made) == {"cells", "otsu · class 2 · cells", "otsu · class 3 · cells"}
    middle = (stack > low) & (stack <= high)
    assert np.array_equal(made["otsu · class 2 · cells"] > 0, middle)
    assert np.array_equal(made["otsu · class 3 · cells"] > 0, stack > high)

    person.takes("none: classes in one layer")
    panel.live.setChecked(True)
    person.waits_for_mask()
    assert (panel.live.layer.data > 0).all()  # as in the labels
    panel.run.button.click()
    name = "otsu · 3 classes · cells"
    qtbot.waitUntil(lambda: name in viewer.layers, timeout=60_000)
    qtbot.waitUntil(panel.run.button.isEnabled, timeout=60_000)
    layer = panel.layer
    assert layer is viewer.layers[name]
    expected = 1 + (stack > low) + (stack > high)
    assert np.array_equal(layer.data, expected)
    assert np.allclose(layer.scale, calibrated.scale)
    said = panel.run.status.text()
    assert said.startswith("3 classes in 5 planes, ")
    assert "1 is the darkest" in said
    # The recipe that it was made by makes it again.
    panel.recipes.box.choose(layer)
    recipe = panel.recipes.box.recipe
    assert recipe.of_classes
    assert np.array_equal(segment(stack, recipe, axes="ZYX"), expected)


def test_classes_of_a_cancelled_run_go_on(
    panel: Any, person: Any, viewer: Any, calibrated: Any, stack: np.ndarray,
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    person.sets(classes=3)
    person.takes("none: classes in one layer")
    person.waits_for_mask()
    low, high = panel.model.split.thresholds
    go_on, whole = threading.Event(), Threshold.class_numbers

    def slow(self: Threshold, plane: Any, split: Any = None) -> Any:
        if not np.array_equal(plane, stack[2]):  # the one that is seen
            go_on.wait(20)
        return whole(self, plane, split)

    monkeypatch.setattr(Threshold, "class_numbers", slow)
    panel.run.button.click()
    qtbot.waitUntil(lambda: panel.run.bar.bar.value() > 0, timeout=20_000)
    panel.run.bar.cancel_button.click()
    go_on.set()
    qtbot.waitUntil(panel.run.button.isEnabled, timeout=60_000)
    assert panel.run.status.text().startswith("Cancelled after ")
    panel.run.continue_button.click()
    qtbot.waitUntil(lambda: "in 5 planes" in panel.run.status.text(), timeout=60_000)
    expected = 1 + (stack > low) + (stack > high)
    assert np.array_equal(panel.layer.data, expected)


def test_behind_another_page_nothing_is_counted_until_it_is_seen(
    viewer: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot
) -> None:
    viewer.window._qt_window.show()
    page: Any = open_page(viewer, "Threshold")
    qtbot.waitUntil(lambda: page.model.split is not None, timeout=20_000)
    open_page(viewer, "Prepare")
    before = page.model.counted
    viewer.add_image(stack + 7, name="brighter")
    qtbot.wait(400)
    assert page.model.counted is before
    open_page(viewer, "Threshold")
    qtbot.waitUntil(lambda: page.model.counted is not before, timeout=20_000)
    assert page.model.split.threshold == otsu(stack + 7).threshold
