from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from napari.layers import Image, Labels

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.widgets.layers.convert import stack_of
from napari_mobile_unet.widgets.layers.placement import Placement

# napari warns that it draws a turned stack plane by plane, not that it is misplaced.
pytestmark = pytest.mark.filterwarnings("ignore:Non-orthogonal slicing")

ANGLES = st.floats(-180, 180)
LENGTHS = st.integers(1, 6)
SCALES = st.floats(0.01, 100).flatmap(lambda size: st.sampled_from([size, -size]))
OFFSETS = st.floats(-1000, 1000)
MODERATE = st.floats(-2, 2)
ORDERS = sorted(
    "".join(axes)
    for batch in ("", "Z", "C", "TZ", "CZ", "TCZ")
    for axes in permutations(batch + "YX")
)


def vector(draw: Any, values: Any, length: int) -> list[float]:
    return draw(st.lists(values, min_size=length, max_size=length))


def matrix(draw: Any, size: int) -> np.ndarray:
    """Return an invertible matrix, all of its entries in use."""
    numbers = np.reshape(vector(draw, MODERATE, size * size), (size, size))
    return numbers + np.diag(np.abs(numbers).sum(1) + 1)


@st.composite
def sources(draw: Any, orders: Any = ORDERS, tied: bool = True) -> tuple[Image, Stack]:
    """Draw an image, anywhere in the world.

    Without ``tied``, its planes are turned and sheared in themselves only.
    """
    axes = draw(st.sampled_from(orders))
    n = len(axes)
    turned = n if tied else 2
    affine = np.eye(n + 1)
    affine[:-1, -1] = vector(draw, OFFSETS, n)
    affine[n - turned : n, n - turned : n] = matrix(draw, turned)
    shear = np.eye(n)
    free = np.triu_indices(turned, k=1)
    shear[n - turned :, n - turned :][free] = vector(draw, MODERATE, len(free[0]))
    place: dict[str, Any] = {
        "scale": vector(draw, SCALES, n),
        "translate": vector(draw, OFFSETS, n),
        "shear": draw(st.sampled_from([shear, shear.T, np.eye(n)])),
        "affine": draw(st.sampled_from([affine, np.eye(n + 1)])),
    }
    if tied and n > 2:
        place["rotate"] = draw(st.sampled_from([[30.0, -70.0, 10.0], 20.0]))
    else:
        place["rotate"] = draw(ANGLES)
    shape = vector(draw, LENGTHS, n)
    image = Image(np.zeros(shape), axis_labels=tuple(axes.lower()), **place)
    return image, stack_of(image)


def lies_over(
    result: Labels, axes: str, source: Image, stack: Stack, pixels: np.ndarray
) -> bool:
    """Whether pixels of a result lie over those of its source, whatever its plane."""
    ratios = np.array(
        [stack.sizes[a] / n for a, n in zip(axes, result.data.shape, strict=True)]
    )
    here = dict(zip(axes, (ratios * (pixels + 0.5) - 0.5).T, strict=True))
    world = np.array([result.data_to_world(pixel) for pixel in pixels])
    for elsewhere in (0, 7):  # along the axes that the result lacks
        there = [here.get(a, np.full(len(pixels), elsewhere)) for a in stack.axes]
        wanted = [source.data_to_world(pixel) for pixel in np.transpose(there)]
        wanted = np.array(wanted)[:, -result.ndim :]
        if not np.allclose(world, wanted, atol=1e-6 * np.abs(wanted).max()):
            return False
    return True


def labels_at(place: Placement) -> Labels:
    return Labels(np.zeros(place.shape, int), **place.keywords())


@given(sources(), st.data())
def test_a_result_lies_over_its_image(
    source: tuple[Image, Stack], data: st.DataObject
) -> None:
    image, stack = source
    place = Placement.of_result(image, stack)
    pixels = np.reshape(
        vector(data.draw, st.integers(0, 9), 3 * len(place.axes)), (3, -1)
    )
    assert lies_over(labels_at(place), place.axes, image, stack, pixels)
    resized = place.resized(Y=data.draw(LENGTHS), X=data.draw(LENGTHS))
    assert lies_over(labels_at(resized), place.axes, image, stack, pixels)


@given(sources(), st.data())
def test_a_plane_lies_over_its_image(
    source: tuple[Image, Stack], data: st.DataObject
) -> None:
    image, stack = source
    place = Placement.of_plane(image, stack)
    place = place.resized(Y=data.draw(LENGTHS), X=data.draw(LENGTHS))
    pixels = np.reshape(
        vector(data.draw, st.integers(0, 9), 3 * len(place.axes)), (3, -1)
    )
    assert lies_over(labels_at(place), place.axes, image, stack, pixels)


@given(sources(tied=False))
def test_only_axes_that_are_needed_are_kept(source: tuple[Image, Stack]) -> None:
    image, stack = source
    plane_last = set(stack.axes[-2:]) == set("YX")
    place = Placement.of_plane(image, stack)
    assert (len(place.axes) == 2) == plane_last
    if "C" in stack.axes and plane_last:
        leads = stack.axes.startswith("C")
        assert ("C" in Placement.of_result(image, stack).axes) == (not leads)


@given(sources(["ZYX"]), sources(["XTY"]))
@settings(max_examples=50)
def test_a_layer_that_is_there_is_put_in_place(
    source: tuple[Image, Stack], other: tuple[Image, Stack]
) -> None:
    place, before = (Placement.of_layer(*each) for each in (source, other))
    layer = labels_at(replace(before, shape=place.shape))
    place.apply_to(layer)
    pixels = np.random.default_rng(0).integers(0, 9, (3, layer.ndim))
    assert lies_over(layer, place.axes, *source, pixels)
    assert layer.axis_labels == ("z", "y", "x")


def test_a_result_has_all_coordinates_of_its_image() -> None:
    affine = np.diag([1, 2, 2, 1])
    source = Image(
        np.zeros((4, 8, 9)),
        scale=(3, 2, 2),
        translate=(1, 2, 3),
        rotate=30,
        shear=[0.1, 0.2, 0.3],
        affine=affine,
        units=("second", "micrometer", "micrometer"),
        axis_labels=("time", "row", "column"),
    )
    result = labels_at(Placement.of_result(source, stack_of(source)))
    for name in ("scale", "translate", "rotate", "shear"):
        assert np.array_equal(getattr(result, name), getattr(source, name))
    assert np.array_equal(result.affine.affine_matrix, source.affine.affine_matrix)
    assert result.units == source.units
    assert result.axis_labels == source.axis_labels


def test_a_result_without_channels_is_turned_as_its_image_is() -> None:
    turned = np.eye(4)
    turned[1:3, 1:3] = [[0.6, -0.8], [0.8, 0.6]]
    turned[1:3, 3] = 5, 7
    source = Image(
        np.zeros((2, 8, 9)),
        axis_labels=("c", "y", "x"),
        scale=(1, 2, 3),
        translate=(0, 4, 5),
        affine=turned,
    )
    place = Placement.of_result(source, stack_of(source))
    assert (place.axes, place.shape) == ("YX", (8, 9))
    assert place.scale == (2, 3)
    turned[0, 1] = 0.5  # its rows lead through the channels
    source.affine = turned
    place = Placement.of_result(source, stack_of(source))
    assert (place.axes, place.shape) == ("CYX", (1, 8, 9))


def test_axes_that_are_tied_to_others_are_not_left_out() -> None:
    source = Image(np.zeros((3, 8, 9)), rotate=(30, 20, 10))
    place = Placement.of_layer(source, stack_of(source))
    for axes in ("Z", "X"):
        with pytest.raises(ValueError, match=rf"{axes!r} of 'ZYX'; keep them"):
            place.without(axes)


def test_small_and_large_units_are_not_taken_for_each_other() -> None:
    affine = np.eye(4)
    affine[1, 0] = 1e-11  # a third of a pixel for each hour
    source = Image(
        np.zeros((3, 8, 9)),
        scale=(3600, 1e-7, 1e-7),
        affine=affine,
        axis_labels=("t", "y", "x"),
    )
    assert Placement.of_plane(source, stack_of(source)).axes == "TYX"


@pytest.mark.parametrize("axes", ["YX", "XY", "ZYX", "XZY", "TCYX", "YXC"])
def test_a_plane_is_found_where_it_was_put(axes: str) -> None:
    shape = tuple({"T": 3, "C": 2, "Z": 4, "Y": 5, "X": 6}[axis] for axis in axes)
    source = Image(np.zeros(shape), axis_labels=tuple(axes.lower()))
    stack = stack_of(source)
    rng = np.random.default_rng(0)
    planes = rng.integers(0, 9, (stack.n_planes, 5, 6))
    place = Placement.of_result(source, stack)
    labels = np.zeros(place.shape, int)
    for number, plane in enumerate(planes):
        labels[place.index(number)] = place.oriented(plane)
    again = Stack.from_array(labels, place.axes)
    if "C" in place.axes:
        again = again.channel(0)
    for number, plane in enumerate(planes):
        assert np.array_equal(again.plane(number), plane)
    everywhere = Placement.of_plane(source, stack)
    shown = Stack.from_array(everywhere.filled(planes[0]), everywhere.axes)
    if "C" in shown.axes:
        shown = shown.channel(1)
    assert all(
        np.array_equal(shown.plane(number), planes[0])
        for number in range(shown.n_planes)
    )


def test_a_plane_in_colour_fills_the_other_axes() -> None:
    source = Image(np.zeros((2, 8, 9, 3)), rgb=True, rotate=(30, 20, 10))
    place = Placement.of_plane(source, stack_of(source))
    plane = np.random.default_rng(0).random((8, 9, 3))
    filled = place.filled(plane)
    assert filled.shape == (2, 8, 9, 3)
    assert np.array_equal(filled[1], plane)
    assert np.shares_memory(filled, plane)


def test_a_stack_of_a_file_lies_by_its_own_calibration() -> None:
    stack = Stack.from_array(
        np.zeros((3, 8, 9)),
        "TYX",
        scale=(5, 0.5, 0.25),
        translate=(1, 2, 3),
        units=("second", "micrometer", "micrometer"),
    )
    again = stack_of(Image(stack.data, **Placement.of_stack(stack).keywords()))
    assert again.axes == "TYX"
    for name in ("scale", "translate", "units"):
        assert getattr(again, name) == getattr(stack, name)
