from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from napari.layers import Tracks
from napari.utils import progress
from skimage import data

from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.segment import segment
from napari_mobile_unet.unet.segment import UNet
from napari_mobile_unet.widgets.layers import storage

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


def test_without_an_image_the_dock_says_what_to_do(unet: Any) -> None:
    assert not unet.run.button.isEnabled()
    assert "Open an image" in unet.source.note.text()


def test_axes_are_shown_before_the_run(unet: Any, calibrated: Any) -> None:
    assert unet.source.axes.text() == "ZYX"
    assert "Z 5 × Y 64 × X 48: 5 planes" in unet.source.note.text()
    assert "from the layer" in unet.source.note.text()
    assert unet.run.button.isEnabled()


def test_a_guess_is_called_one_and_can_be_changed(
    unet: Any, viewer: Any, stack: np.ndarray
) -> None:
    viewer.add_image(stack)
    assert "guessed" in unet.source.note.text()
    unet.source.axes.setText("tyx")
    unet.source.axes.editingFinished.emit()
    assert unet.source.stack.axes == "TYX"
    assert "as you typed" in unet.source.note.text()
    unet.source.axes.setText("QYX")
    unet.source.axes.editingFinished.emit()
    assert "received 'Q'" in unet.source.note.text()
    assert not unet.run.button.isEnabled()


def test_segment_fills_a_layer_like_the_pipeline_does(
    unet: Any,
    calibrated: Any,
    stack: np.ndarray,
    qtbot: QtBot,
    finish: Callable[[], None],
) -> None:
    unet.run.button.click()
    finish()
    labels = unet.layer
    assert np.array_equal(labels.data, segment(stack, unet.recipe, axes="ZYX"))
    assert np.allclose(labels.scale, calibrated.scale)
    assert np.allclose(labels.translate, calibrated.translate)
    assert labels.units == calibrated.units
    assert labels.axis_labels == calibrated.axis_labels
    assert labels.features["index"].tolist() == list(range(1, labels.data.max() + 1))
    assert labels.features["confidence"].between(0, 1).all()
    assert f"{labels.data.max()} objects in 5 planes" in unet.run.status.text()
    record = labels.metadata["mobile_unet"]
    assert record["model"] == "nuclei"
    assert Recipe.model_validate(record["recipe"]) == unet.recipe


def test_a_second_run_updates_the_layer(
    unet: Any, calibrated: Any, viewer: Any, qtbot: QtBot, finish: Callable[[], None]
) -> None:
    unet.run.button.click()
    finish()
    first, count = unet.layer, len(viewer.layers)
    unet.objects.fields["min_size"].value = 10_000
    unet.run.button.click()
    finish()
    assert unet.layer is first
    assert len(viewer.layers) == count
    assert not first.data.any()


def test_cancel_keeps_the_finished_planes_and_continue_does_the_others(
    unet: Any,
    calibrated: Any,
    stack: np.ndarray,
    qtbot: QtBot,
    finish: Callable[[], None],
    with_pause: Callable[..., None],
) -> None:
    unet.viewer.dims.set_point(0, 0)
    with_pause(planes=3)
    assert unet.run.status.text().startswith("Cancelled after 3 of 5 planes: ")
    assert unet.layer.data[2].any()
    assert not unet.layer.data[3:].any()
    unet.run.continue_button.click()
    assert unet.run.bar.bar.value() == 3
    finish()
    assert np.array_equal(unet.layer.data, segment(stack, unet.recipe, axes="ZYX"))
    assert unet.run.continue_button.isHidden()


def test_objects_are_followed_over_time(
    unet: Any, viewer: Any, stack: np.ndarray, qtbot: QtBot, finish: Callable[[], None]
) -> None:
    viewer.add_image(stack[1:], axis_labels=("t", "y", "x"), scale=(2, 1, 1))
    unet.link.fields["method"].value = "iou"
    for _ in range(2):
        unet.run.button.click()
        finish()
    linking = Recipe(link=Link(method="iou"))
    assert np.array_equal(unet.layer.data, segment(stack[1:], linking, axes="TYX"))
    (tracks,) = [layer for layer in viewer.layers if isinstance(layer, Tracks)]
    assert set(tracks.data[:, 0]) == set(range(1, unet.layer.data.max() + 1))
    assert tracks.scale[0] == 2
    assert not unet.layer.features.duplicated(["index", "t"]).any()


def test_labels_too_large_for_memory_go_to_disk(
    unet: Any, calibrated: Any, stack: np.ndarray, qtbot: QtBot, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    finish: Callable[[], None]) -> None:  # fmt: skip
    monkeypatch.setattr(storage, "memory_share", lambda: 0)
    monkeypatch.setattr(storage, "user_cache_path", lambda *_, **__: tmp_path)
    unet.run.button.click()
    qtbot.waitUntil(
        lambda: "too much for memory" in unet.run.status.text(), timeout=60_000
    )
    finish()
    first = Path(unet.layer.data.store.root)
    for _ in range(2):  # the labels before the last ones go
        unet.run.button.click()
        finish()
    written = Path(unet.layer.data.store.root)
    kept = set((tmp_path / "labels").iterdir())
    assert (len(kept), written in kept, first in kept) == (2, True, False)
    expected = segment(stack, unet.recipe, axes="ZYX")
    assert np.array_equal(zarr.open_array(written)[:], expected)
    assert np.array_equal(np.asarray(unet.layer.data), expected)


def test_a_channel_is_chosen(unet: Any, viewer: Any, stack: np.ndarray) -> None:
    both = np.stack([np.zeros_like(stack), stack], axis=1)
    viewer.add_image(both, axis_labels=("z", "c", "y", "x"))
    assert not unet.source.channel.isHidden()
    offered = [unet.source.channel.itemData(n) for n in range(5)]
    assert offered == [0, 1, "mean", "max", "all"]
    unet.source.channel.setCurrentIndex(1)
    assert unet.recipe.channel == 1
    assert unet.source.stack.axes == "ZYX"
    unet.source.channel.setCurrentText("max")
    assert unet.recipe.channel == "max"
    assert np.array_equal(unet.source.stack.plane(2), stack[2])
    unet.source.channel.setCurrentText("all")
    assert unet.source.stack.axes == "ZCYX"


def test_labels_of_channels_in_between_lie_over_them(
    unet: Any, viewer: Any, stack: np.ndarray, qtbot: QtBot, finish: Callable[[], None]
) -> None:
    both = np.stack([np.zeros_like(stack), stack], axis=1)
    source = viewer.add_image(
        both, axis_labels=("t", "c", "y", "x"), scale=(2, 1, 0.5, 0.5), rotate=20
    )
    unet.source.channel.setCurrentIndex(1)
    unet.link.fields["method"].value = "iou"
    unet.run.button.click()
    finish()
    expected = segment(stack, Recipe(link=Link(method="iou")), axes="TYX")
    assert np.array_equal(unet.layer.data[:, 0], expected)
    assert viewer.dims.nsteps[:2] == (5, 2)
    number, place = expected[4, 8, 8], (4, 0, 8, 8)
    for channel in (0, 1):
        point = source.data_to_world((4, channel, 8, 8))
        assert unet.layer.get_value(point, world=True) == number
    assert np.allclose(unet.layer.world_to_data(source.data_to_world(place))[2:], 8)
    (tracks,) = [layer for layer in viewer.layers if isinstance(layer, Tracks)]
    assert tracks.ndim == 4
    assert not tracks.data[:, 2].any()


def test_strokes_during_a_run_are_kept(
    unet: Any,
    calibrated: Any,
    stack: np.ndarray,
    qtbot: QtBot,
    with_pause: Callable[..., None],
    finish: Callable[[], None],
) -> None:
    with_pause(planes=3)
    layer = unet.layer
    layer.data_setitem(tuple(np.array([[4], [30], [30]])), 99)
    assert unet.run.continue_button.isVisibleTo(unet)
    unet.run.continue_button.click()
    finish()
    expected = segment(stack, unet.recipe, axes="ZYX")
    assert layer.data[4, 30, 30] == 99
    expected[4, 30, 30] = 99
    assert np.array_equal(layer.data, expected)


def test_a_deleted_layer_stops_the_run_and_comes_back(
    unet: Any,
    viewer: Any,
    calibrated: Any,
    stack: np.ndarray,
    qtbot: QtBot,
    with_pause: Callable[..., None],
    finish: Callable[[], None],
) -> None:
    with_pause(planes=2)
    viewer.layers.remove(unet.layer)
    unet.run.continue_button.click()
    assert unet.layer in viewer.layers
    finish()
    assert np.array_equal(unet.layer.data, segment(stack, unet.recipe, axes="ZYX"))


def test_a_layer_deleted_during_the_run_ends_it(
    unet: Any, viewer: Any, calibrated: Any, qtbot: QtBot, finish: Callable[[], None]
) -> None:
    def delete(_: Any) -> None:
        if unet.layer is not None and unet.layer in viewer.layers:
            viewer.layers.remove(unet.layer)

    unet.run.job.yielded.connect(delete)
    unet.run.button.click()
    finish()
    assert "Continue brings the layer back" in unet.run.status.text()
    unet.run.job.yielded.disconnect(delete)
    unet.run.continue_button.click()
    finish()
    assert unet.layer in viewer.layers
    assert unet.layer.data[4].any()
    assert unet.run.continue_button.isHidden()


def test_tracks_of_another_image_stay(
    unet: Any, viewer: Any, stack: np.ndarray, qtbot: QtBot, finish: Callable[[], None]
) -> None:
    unet.link.fields["method"].value = "iou"
    for name in ("first", "second"):
        viewer.add_image(stack[2:], name=name, axis_labels=("t", "y", "x"))
        unet.run.button.click()
        finish()
    names = [layer.name for layer in viewer.layers if isinstance(layer, Tracks)]
    assert [name.split(" · ")[-1] for name in names] == [
        "first tracks",
        "second tracks",
    ]
    unet.link.fields["method"].value = "none"
    unet.run.button.click()
    finish()
    names = [layer.name for layer in viewer.layers if isinstance(layer, Tracks)]
    assert [name.split(" · ")[-1] for name in names] == ["first tracks"]


def test_bad_images_end_in_a_line_and_the_old_result_stays(
    unet: Any, calibrated: Any, viewer: Any, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    finish: Callable[[], None]) -> None:  # fmt: skip
    unet.run.button.click()
    finish()
    before, record = unet.layer.data.copy(), unet.layer.metadata["mobile_unet"]
    assert before.any()

    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("the network broke; restart napari")

    monkeypatch.setattr(UNet, "segment", fails)
    unet.objects.fields["min_size"].value = 7
    unet.run.button.click()
    finish()
    assert unet.run.status.text() == "the network broke; restart napari"
    assert np.array_equal(unet.layer.data, before)
    assert unet.layer.metadata["mobile_unet"] == record


def test_a_closed_dock_lets_go_of_the_viewer(
    unet: Any, viewer: Any, calibrated: Any, qtbot: QtBot
) -> None:
    viewer.window.remove_dock_widget(unet)
    unet.deleteLater()  # napari leaves that to the garbage collector
    qtbot.wait(50)
    viewer.add_image(np.zeros((8, 8)))
    viewer.dims.set_current_step(0, 3)
    viewer.theme = "light"
    calibrated.data = np.zeros((3, 9, 9))


def draw(layer: Any, corners: Any) -> None:
    layer.add([[0] * (layer.ndim - 2) + c for c in corners], shape_type="ellipse")


def test_the_size_is_that_of_the_ellipse_that_is_drawn_after_one_press(
    unet: Any, viewer: Any, calibrated: Any, qtbot: QtBot
) -> None:
    other = viewer.add_shapes([[0, 0], [0, 40], [40, 40]], shape_type="polygon")
    viewer.layers.selection.active = calibrated
    unet.run.status.say("something was wrong")
    unet.measure_button.click()
    drawn = viewer.layers.selection.active
    assert drawn.mode == "add_ellipse"
    assert drawn.units == calibrated.units
    assert "Drag over one object" in unet.run.status.text()
    draw(drawn, [[10, 10], [10, 30], [40, 30], [40, 10]])  # 30 × 20 pixels
    qtbot.waitUntil(lambda: drawn not in viewer.layers)
    assert unet.settings.value.diameter == pytest.approx((30 * 20) ** 0.5, abs=0.2)
    assert unet.recipe.segment.diameter == unet.settings.value.diameter
    assert "24.5 pixels" in unet.run.status.text()
    assert not unet.measure_button.isChecked()
    assert list(viewer.layers) == [calibrated, other]
    assert viewer.layers.selection.active is calibrated
    assert len(other.data) == 1


def test_a_click_is_no_object_and_a_second_press_ends_the_drawing(
    unet: Any, viewer: Any, calibrated: Any, qtbot: QtBot
) -> None:
    unet.measure_button.click()
    drawn = viewer.layers.selection.active
    draw(drawn, [[10, 10], [10, 10.5], [10.5, 10.5], [10.5, 10]])
    qtbot.waitUntil(lambda: "too small" in unet.run.status.text())
    assert not drawn.data
    unet.measure_button.click()
    assert list(viewer.layers) == [calibrated]
    assert unet.run.status.text() == ""
    assert unet.settings.value.diameter == 0
    unet.measure_button.click()
    viewer.layers.remove(viewer.layers.selection.active)  # by hand
    assert not unet.measure_button.isChecked()


def test_the_diameter_that_was_found_is_shown(
    unet: Any, calibrated: Any, qtbot: QtBot, finish: Callable[[], None]
) -> None:
    unet.run.button.click()
    finish()
    assert "pixels across" in unet.run.status.text()


def test_a_photograph_gives_few_objects_and_a_warning(
    unet: Any, viewer: Any, qtbot: QtBot, finish: Callable[[], None]
) -> None:
    viewer.add_image(data.camera())
    unet.run.button.click()
    finish()
    few, said = unet.layer.data.max(), unet.run.status.text()
    assert "Low confidence" in said
    unet.settings.fields["min_confidence"].value = 0
    unet.run.button.click()
    finish()
    every = unet.layer.data.max()
    assert f"{every - few} more objects hidden" in said
    assert every > few
    assert "hidden" not in unet.run.status.text()


def test_a_drawn_object_beyond_all_sizes_is_refused(
    unet: Any, viewer: Any, qtbot: QtBot
) -> None:
    viewer.add_image(np.zeros((5000, 5000), np.uint8))
    unet.measure_button.click()
    drawn = viewer.layers.selection.active
    draw(drawn, [[0, 0], [0, 4900], [4900, 4900], [4900, 0]])
    qtbot.waitUntil(lambda: "diameter" in unet.run.status.text())
    assert unet.settings.value.diameter == 0


def test_what_is_said_belongs_to_its_image(
    unet: Any, viewer: Any, calibrated: Any, finish: Callable[[], None]
) -> None:
    other = viewer.add_image(np.zeros((8, 9)), name="other")
    unet.source.box.layer = calibrated
    unet.run.button.click()
    viewer.layers.selection.active = other
    unet.source.box.layer = other  # while the run goes on
    finish()
    assert unet.run.status.text() == ""
    unet.source.box.layer = calibrated
    assert "objects in 5 planes" in unet.run.status.text()


def test_results_have_names_that_tell_them_apart(
    unet: Any, viewer: Any, stack: np.ndarray, finish: Callable[[], None]
) -> None:
    both = np.stack([stack, stack], axis=1)
    viewer.add_image(both, name="cells", axis_labels=("z", "c", "y", "x"))
    names = []
    for channel, size in ((0, 14), (1, 14), (1, 20)):
        unet.source.channel.setCurrentIndex(channel)
        unet.settings.fields["diameter"].value = size
        unet.run.button.click()
        finish()
        names.append(unet.layer.name)
    assert names == [
        "nuclei · ch 0 · Ø 14 · cells",
        "nuclei · ch 1 · Ø 14 · cells",
        "nuclei · ch 1 · Ø 20 · cells",
    ]
    assert len(viewer.layers) == 3  # nobody had touched the second result


def test_a_result_that_somebody_changed_is_kept_hidden_and_named(
    unet: Any, viewer: Any, calibrated: Any, finish: Callable[[], None]
) -> None:
    unet.run.button.click()
    finish()
    theirs = unet.layer
    theirs.data_setitem(tuple(np.array([[4], [30], [30]])), 99)
    unet.run.button.click()
    finish()
    assert unet.layer is not theirs
    assert theirs in viewer.layers
    assert not theirs.visible
    assert f"kept in {theirs.name!r}" in unet.run.status.text()


def test_progress_is_said_in_the_dock_and_in_naparis_activities(
    unet: Any, calibrated: Any, qtbot: QtBot, with_pause: Callable[..., None]
) -> None:
    said: list[str] = []

    def look() -> None:
        said.append(unet.run.bar.label.text())
        qtbot.waitUntil(lambda: [(each.n, each.total) for each in bars] == [(2, 5)])

    bars = progress._all_instances
    with_pause(planes=2, then=look)
    assert said[0].startswith("Segmenting: 2 of 5 planes")
    qtbot.waitUntil(lambda: not bars)


def test_cancel_among_naparis_activities_stops_the_run(
    unet: Any,
    calibrated: Any,
    qtbot: QtBot,
    with_pause: Callable[..., None],
) -> None:
    bars = progress._all_instances

    def cancel() -> None:
        qtbot.waitUntil(lambda: [each.n for each in bars] == [2])
        next(iter(bars)).cancel()
        assert not unet.run.bar.cancel_button.isEnabled()

    with_pause(planes=2, then=cancel)
    assert "Cancelled after 2 of 5 planes" in unet.run.status.text()


def test_copies_of_labels_on_disk_are_not_deleted(
    unet: Any, viewer: Any, calibrated: Any, qtbot: QtBot, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    finish: Callable[[], None]) -> None:  # fmt: skip
    monkeypatch.setattr(storage, "memory_share", lambda: 0)
    monkeypatch.setattr(storage, "user_cache_path", lambda *_, **__: tmp_path)
    unet.run.button.click()
    finish()
    copy = viewer.add_labels(unet.layer.data, name="copy")
    largest = np.asarray(copy.data).max()
    assert largest
    unet.run.button.click()
    finish()
    assert np.asarray(copy.data).max() == largest
    assert len(list((tmp_path / "labels").iterdir())) == 2
