"""Runs that are stopped, continued and renumbered, and what people do meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.preprocessing.steps import Denoise
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.segment import segment

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


@pytest.mark.parametrize("link", ["none", "iou", "laptrack"])
def test_ids_do_not_depend_on_the_plane_that_comes_first(
    link: Any,
    unet: Any,
    viewer: Any,
    stack: np.ndarray,
    finish: Callable[[], None],
    with_pause: Callable[..., None],
) -> None:
    image = viewer.add_image(stack, axis_labels=("t", "y", "x"))
    unet.link.fields["method"].value = link
    viewer.dims.set_point(0, 3)
    with_pause(planes=1)
    assert unet.layer.data[3].any()  # the plane that is looked at
    assert not unet.layer.data[[0, 1, 2, 4]].any()
    assert unet.layer.data.max() == 3
    unet.run.continue_button.click()
    finish()
    expected = segment(stack, Recipe(link=Link(method=link)), axes="TYX")
    assert np.array_equal(unet.layer.data, expected)
    assert image in viewer.layers


def test_a_run_is_found_again_after_a_crash(
    unet: Any,
    viewer: Any,
    calibrated: Any,
    stack: np.ndarray,
    dock: Callable[[str], Any],
    qtbot: QtBot,
    with_pause: Callable[..., None],
) -> None:
    unet.objects.fields["min_size"].value = 20
    with_pause(planes=3)
    # What a crash leaves: the folder of the run, and the image's own file.
    recipe = unet.recipe
    viewer.layers.clear()
    viewer.window.remove_dock_widget("all")
    again = dock("Mobile U-Net")
    viewer.add_image(stack + 1, axis_labels=("z", "y", "x"))  # another image
    qtbot.waitUntil(lambda: not again.run.continue_button.looking)
    assert again.run.continue_button.isHidden()
    viewer.layers.clear()
    viewer.add_image(stack, axis_labels=("z", "y", "x"), name="opened again")
    qtbot.waitUntil(lambda: not again.run.continue_button.isHidden())
    assert "3 of 5 planes" in again.run.continue_button.text()
    again.run.continue_button.click()
    qtbot.waitUntil(lambda: not again.run.job.running, timeout=60_000)
    assert recipe.objects.min_size == 20
    assert np.array_equal(again.layer.data, segment(stack, recipe, axes="ZYX"))
    assert again.run.continue_button.isHidden()


def test_ids_of_others_are_not_given_twice(
    unet: Any,
    viewer: Any,
    calibrated: Any,
    stack: np.ndarray,
    finish: Callable[[], None],
    with_pause: Callable[..., None],
) -> None:
    viewer.dims.set_point(0, 3 * calibrated.scale[0])

    def paint() -> None:
        layer = unet.layer
        new = layer.data.max() + 1  # as napari's own M key
        layer.data_setitem(tuple(np.array([[3], [60], [40]])), new)
        layer.data_setitem(tuple(np.array([[1], [60], [40]])), new)

    with_pause(planes=1, then=paint)
    unet.run.continue_button.click()
    finish()
    data = unet.layer.data
    own = data[3, 60, 40]
    assert own == data[1, 60, 40] > 0
    assert (data == own).sum() == 2
    expected = segment(stack, unet.recipe, axes="ZYX")
    rest = data != own
    pairs = set(zip(data[rest].tolist(), expected[rest].tolist(), strict=True))
    assert len(pairs) == len({pair[0] for pair in pairs}) == expected.max() + 1


def test_what_is_drawn_onto_an_object_stays_with_it(
    unet: Any,
    viewer: Any,
    calibrated: Any,
    stack: np.ndarray,
    finish: Callable[[], None],
    with_pause: Callable[..., None],
) -> None:
    viewer.dims.set_point(0, 4 * calibrated.scale[0])

    def enlarge() -> None:
        layer = unet.layer
        layer.data_setitem(tuple(np.array([[4], [30], [30]])), layer.data[4, 10, 10])

    with_pause(planes=1, then=enlarge)
    unet.run.continue_button.click()
    finish()
    data, expected = unet.layer.data, segment(stack, unet.recipe, axes="ZYX")
    assert data[4, 30, 30] == data[4, 10, 10] == expected[4, 10, 10]
    data[4, 30, 30] = expected[4, 30, 30]
    assert np.array_equal(data, expected)


def _assign(layer: Any) -> None:
    layer.data = layer.data.copy()


def _edit(layer: Any) -> None:
    layer.data[0, 0, 0] = 77
    layer.refresh()


def _rename(layer: Any) -> None:
    layer.name = "mine"


def _lock(layer: Any) -> None:
    layer.editable = False


def _draw(layer: Any) -> None:
    layer.data_setitem(tuple(np.array([[0], [0], [0]])), 5)


@pytest.mark.parametrize("touch", [_assign, _edit, _rename, _lock, _draw])
def test_a_layer_that_somebody_made_their_own_is_not_overwritten(
    touch: Callable[[Any], None],
    unet: Any,
    viewer: Any,
    calibrated: Any,
    finish: Callable[[], None],
) -> None:
    unet.run.button.click()
    finish()
    first = unet.layer
    touch(first)
    theirs = first.data.copy()
    unet.objects.fields["min_size"].value = 10_000
    unet.run.button.click()
    finish()
    assert unet.layer is not first
    assert np.array_equal(first.data, theirs)
    assert not unet.layer.data.any()


def test_channels_and_images_have_results_of_their_own(
    unet: Any, viewer: Any, stack: np.ndarray, finish: Callable[[], None]
) -> None:
    both = viewer.add_image(
        np.stack([stack, stack[::-1]], axis=0), axis_labels=("c", "z", "y", "x")
    )
    layers = []
    for channel in (0, 1, 0):
        unet.source.channel.setCurrentIndex(channel)
        unet.run.button.click()
        finish()
        layers.append(unet.layer)
    assert layers[0] is layers[2] is not layers[1]
    other = viewer.add_image(stack[:2], axis_labels=("z", "y", "x"))
    viewer.layers.selection.active = other
    unet.run.button.click()
    finish()
    viewer.layers.selection.active = both
    unet.run.button.click()
    finish()
    assert unet.layer is layers[0]


def test_a_prepared_layer_carries_its_steps(
    unet: Any,
    viewer: Any,
    calibrated: Any,
    stack: np.ndarray,
    dock: Callable[[str], Any],
    qtbot: QtBot,
    finish: Callable[[], None],
) -> None:
    preprocess = dock("Pre-process")
    preprocess.chain.steps = (Denoise(radius=2),)
    preprocess.apply_button.click()
    qtbot.waitUntil(lambda: not preprocess.job.running)
    viewer.layers.selection.active = preprocess.layer
    unet.run.button.click()
    finish()
    record = unet.layer.metadata["mobile_unet"]
    recipe = Recipe.model_validate(record["recipe"])
    assert [step.kind for step in recipe.steps] == ["denoise"]
    assert record["source"] == "cells"
    assert unet.layer.data.any()
    assert np.array_equal(unet.layer.data, segment(stack, recipe, axes="ZYX"))


def test_the_previous_result_comes_back_with_its_table(
    unet: Any,
    viewer: Any,
    stack: np.ndarray,
    finish: Callable[[], None],
    qtbot: QtBot,
) -> None:
    viewer.add_image(stack, axis_labels=("t", "y", "x"))
    unet.run.button.click()
    finish()
    first, table = unet.layer.data.copy(), unet.layer.features.copy()
    assert unet.run.previous.isHidden()
    unet.objects.fields["min_size"].value = 10_000
    unet.run.button.click()
    finish()
    assert not unet.layer.data.any()
    assert not unet.run.previous.isHidden()
    for expected in (first, np.zeros_like(first), first):
        unet.run.previous.click()
        qtbot.waitUntil(lambda: not unet.run.previous._looking.running)
        assert np.array_equal(unet.layer.data, expected)
    assert unet.layer.features.equals(table)
    assert unet.run.continue_button.isHidden()
    unet.layer.data[0, 0, 0] = 77
    unet.run.previous.click()
    qtbot.waitUntil(lambda: not unet.run.previous._looking.running)
    assert not unet.layer.data.any()
    assert sum(layer.data.max() == 77 for layer in viewer.layers[1:]) == 1
