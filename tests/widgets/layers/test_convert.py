from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.layers import Image, Labels

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.widgets.layers.convert import image_layers, stack_of
from napari_mobile_unet.widgets.layers.placement import placed_like
from napari_mobile_unet.widgets.layers.result import Result
from napari_mobile_unet.widgets.shared.layer_box import LayerBox

pytestmark = pytest.mark.gui


@pytest.mark.parametrize(
    ("shape", "labels", "rgb", "axes", "source"),
    [
        ((8, 9), None, False, "YX", "shape"),
        ((5, 8, 9), None, False, "ZYX", "shape"),
        ((5, 8, 9), ("t", "y", "x"), False, "TYX", "metadata"),
        ((5, 8, 9), ("Time", "row", "column"), False, "TYX", "metadata"),
        ((5, 8, 9), ("a", "y", "x"), False, "ZYX", "shape"),
        ((5, 8, 9), ("y", "y", "x"), False, "ZYX", "shape"),
        ((8, 9, 3), ("y", "x"), True, "YXS", "metadata"),
        ((2, 5, 8, 9), None, False, "TZYX", "shape"),
    ],
)
def test_axes_come_from_the_labels_or_are_guessed(
    shape: tuple[int, ...], labels: Any, rgb: bool, axes: str, source: str
) -> None:
    layer = Image(np.zeros(shape), rgb=rgb, axis_labels=labels)
    stack = stack_of(layer)
    assert (stack.axes, stack.axes_source) == (axes, source)
    assert stack_of(layer, axes).axes_source == "given"


def test_coordinates_survive_the_way_there_and_back() -> None:
    stack = Stack.from_array(
        np.zeros((3, 2, 8, 9), np.uint8),
        "TCYX",
        scale=(5, 1, 0.5, 0.25),
        translate=(1, 0, 2, 3),
        units=("second", "pixel", "micrometer", "micrometer"),
    )
    layers = image_layers(stack)
    assert len(layers) == 2
    again = stack_of(layers[1])
    assert again.axes == "TYX"
    assert again.scale == (5, 0.5, 0.25)
    assert again.translate == (1, 2, 3)
    assert again.units == ("second", "micrometer", "micrometer")


def test_colour_of_16_bits_is_shown_as_it_is() -> None:
    data = np.full((3, 8, 9), 65535, np.uint16)
    (layer,) = image_layers(Stack.from_array(data, "SYX"))
    assert layer.rgb
    assert layer.data.shape == (8, 9, 3)
    assert np.asarray(layer.data).max() == pytest.approx(1)


def test_results_lie_where_their_image_lies(viewer: Any) -> None:
    source = viewer.add_image(
        np.zeros((4, 8, 9)), scale=(3, 2, 2), rotate=30, affine=np.diag([1, 2, 2, 1])
    )
    stack = stack_of(source)
    place = placed_like(source, stack, "ZYX")
    result = Labels(np.zeros((4, 8, 9), int), **place)
    for name in ("scale", "translate", "rotate", "shear"):
        assert np.allclose(getattr(result, name), getattr(source, name))
    assert np.allclose(result.affine.affine_matrix, source.affine.affine_matrix)
    assert result.units == source.units


def test_a_result_of_fewer_dimensions_is_turned_as_its_image_is() -> None:
    turned = np.eye(4)
    turned[1:3, 1:3] = [[0.6, -0.8], [0.8, 0.6]]
    turned[1:3, 3] = 5, 7
    places = {"scale": (1, 2, 3), "translate": (0, 4, 5), "affine": turned}
    source = Image(np.zeros((2, 8, 9)), axis_labels=("c", "y", "x"), **places)
    place = placed_like(source, stack_of(source), "YX")
    result = Labels(np.zeros((8, 9), int), **place)
    for point in ((0, 0), (7, 8), (3, 1)):
        wanted = source.data_to_world((0, *point))[1:]
        assert np.allclose(result.data_to_world(point), wanted)
    assert np.allclose(result.scale, (2, 3))
    turned[0, 1] = 0.5  # a plane of it lies in no plane of the world
    source.affine = turned
    place = placed_like(source, stack_of(source), "YX")
    assert np.allclose(place["affine"], np.eye(3))


def test_a_result_is_updated_in_place_but_never_over_strokes(viewer: Any) -> None:
    source = viewer.add_image(np.zeros((20, 20)))
    result = Result(viewer)
    place = placed_like(source, stack_of(source), "YX")
    empty = np.zeros((20, 20), np.int32)
    assert not result.begin(empty.copy(), source, "found", place, {})
    first = result.layer
    assert not result.begin(empty.copy(), source, "found", place, {"run": 2})
    assert result.layer is first
    assert first.metadata["mobile_unet"] == {"run": 2}
    first.selected_label = 7
    first.paint((5, 5), 7)
    assert result.begin(empty.copy(), source, "found", place, {})
    assert result.layer is not first
    assert first in viewer.layers
    assert first.data[5, 5] == 7
    first.undo()
    assert not first.data.any()
    viewer.layers.remove(result.layer)
    assert not result.begin(empty.copy(), source, "found", place, {})
    assert result.layer in viewer.layers


def test_the_box_follows_the_layer_list(viewer: Any) -> None:
    box = LayerBox(viewer, viewer.window._qt_window)
    assert box.layer is None
    first = viewer.add_image(np.zeros((8, 8)), name="first")
    viewer.add_labels(np.zeros((8, 8), int))
    second = viewer.add_image(np.zeros((8, 8)), name="second")
    assert box.count() == 2
    viewer.layers.selection.active = first
    assert box.layer is first
    first.name = "renamed"
    assert box.currentText() == "renamed"
    viewer.layers.remove(first)
    assert box.layer is second
    box.disconnect_viewer()
