from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.layers import Image

from napari_mobile_unet.images.channels import ChannelInfo
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.widgets.layers.convert import (
    image_data,
    prepared_data,
    stack_of,
)
from napari_mobile_unet.widgets.layers.placement import Placement


def layers_of(stack: Stack) -> list[Image]:
    return [Image(data, **keywords) for data, keywords, _ in image_data(stack)]


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
    layers = layers_of(stack)
    assert len(layers) == 2
    again = stack_of(layers[1])
    assert again.axes == "TYX"
    assert again.scale == (5, 0.5, 0.25)
    assert again.translate == (1, 2, 3)
    assert again.units == ("second", "micrometer", "micrometer")


def test_colour_of_16_bits_is_shown_as_it_is() -> None:
    data = np.full((3, 8, 9), 65535, np.uint16)
    (layer,) = layers_of(Stack.from_array(data, "SYX"))
    assert layer.rgb
    assert layer.data.shape == (8, 9, 3)
    assert np.asarray(layer.data).max() == pytest.approx(1)


@pytest.mark.parametrize("axes", ["ZYX", "YXZ", "XZCY", "CZYX"])
def test_prepared_planes_are_laid_on_the_axes_of_their_image(axes: str) -> None:
    shape = tuple({"C": 2, "Z": 4, "Y": 5, "X": 6}[axis] for axis in axes)
    source = Image(np.zeros(shape), axis_labels=tuple(axes.lower()))
    whole = stack_of(source)
    planes = np.random.default_rng(0).random((4, 5, 6, 3))
    prepared = whole.channel(0).with_planes(planes)
    place = Placement.of_result(source, whole)
    data = prepared_data(prepared, place)
    assert data.shape == (*place.shape, 3)
    for number, plane in enumerate(planes):
        assert np.array_equal(data[place.index(number)], place.oriented(plane))


def test_layers_of_channels_have_their_names_and_colours() -> None:
    known = (ChannelInfo("DAPI", "#0000ff"), ChannelInfo("", "#ffffff"))
    stack = Stack(np.zeros((2, 8, 9), np.uint8), "CYX", "a.tif", channels=known)
    dapi, other = layers_of(stack)
    assert (dapi.name, dapi.blending) == ("a.tif DAPI", "additive")
    np.testing.assert_allclose(dapi.colormap.map(1.0).ravel()[:3], (0, 0, 1))
    assert (other.name, other.colormap.name) == ("a.tif", "gray")
