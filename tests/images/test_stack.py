from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_mobile_unet.images.axes import flatten
from napari_mobile_unet.images.grid import Grid
from napari_mobile_unet.images.stack import Stack

DTYPES = ["bool", "uint8", "int16", "uint16", ">u2", "int64", "float32", "float64"]


@st.composite
def named_arrays(draw: st.DrawFn) -> tuple[np.ndarray, str]:
    """Return an array of any real type with axes in any order."""
    others = draw(st.sets(st.sampled_from("PTCZS")))
    axes = "".join(draw(st.permutations([*"YX", *sorted(others)])))
    shape = [draw(st.integers(3, 4) if a == "S" else st.integers(1, 4)) for a in axes]
    dtype = draw(st.sampled_from(DTYPES))
    return draw(
        arrays(dtype, tuple(shape), elements={"allow_nan": False})
        if np.dtype(dtype).kind == "f"
        else arrays(dtype, tuple(shape))
    ), axes


@given(named_arrays(), st.integers(1, 7))
def test_batches_are_the_flattened_planes_without_alpha(
    named: tuple[np.ndarray, str], size: int
) -> None:
    array, axes = named
    stack = Stack(array, axes)
    if "S" in axes:
        array = array.take(range(3), axes.index("S"))
    wanted = flatten(array, axes)
    n = stack.n_planes
    batches = [stack.batch(first, min(first + size, n)) for first in range(0, n, size)]
    assert all(planes.dtype.isnative for planes in batches)
    np.testing.assert_array_equal(np.concatenate(batches), wanted)
    last = stack.plane(stack.n_planes - 1)
    np.testing.assert_array_equal(last.reshape(wanted.shape[1:]), wanted[-1])
    assert last.ndim == (3 if set("CS") & set(axes) else 2)


@given(named_arrays())
def test_labels_of_planes_come_back_onto_the_axes(
    named: tuple[np.ndarray, str],
) -> None:
    stack = Stack(*named)
    labels = np.arange(np.prod(stack.labels_shape)).reshape(stack.labels_shape)
    planes = flatten(labels, stack.labels_axes)[..., 0]
    np.testing.assert_array_equal(stack.assemble(planes), labels)
    lazily = stack.assemble((plane for plane in planes), dtype=np.uint32)
    assert lazily.dtype == np.uint32
    np.testing.assert_array_equal(lazily, labels)


ARRAY = np.arange(3 * 2 * 4 * 5 * 6, dtype=np.uint16).reshape(3, 2, 4, 5, 6)


class Watched:
    """An array that notes how much of it is read."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.ndim = array.ndim
        self.read: list[int] = []

    def __getitem__(self, where: object) -> np.ndarray:
        part = self.array[where]
        self.read.append(part.size)
        return part


def test_only_the_batch_in_hand_is_read() -> None:
    watched = Watched(ARRAY)
    stack = Stack(watched, "TCZYX")
    assert watched.read == []
    stack.batch(0, 3)
    assert watched.read == [3 * 2 * 30]  # at one go
    stack.batch(3, 6)
    assert watched.read[1:] == [1 * 2 * 30, 2 * 2 * 30]  # planes 3, then 4 and 5


@pytest.mark.parametrize("kind", ["numpy", "dask", "zarr"])
def test_a_channel_of_any_array(kind: str) -> None:
    data = {
        "numpy": lambda: ARRAY,
        "dask": lambda: da.from_array(ARRAY, chunks=(1, 1, 2, 5, 6)),
        "zarr": lambda: zarr.array(ARRAY, chunks=(1, 1, 4, 5, 6)),
    }[kind]()
    units = ("second", *["pixel"] * 4)
    grid = Grid("TCZYX", scale=(9.0, 1.0, 2.0, 0.5, 0.4), units=units)
    stack = Stack(data, grid)
    channel = stack.channel(1)
    assert isinstance(channel.data, np.ndarray) == (kind == "numpy")
    assert (channel.axes, channel.scale) == ("TZYX", (9.0, 2.0, 0.5, 0.4))
    assert channel.units[0] == "second"
    assert (channel.n_planes, channel.index(7)) == (12, (1, 3))
    np.testing.assert_array_equal(channel.plane(7), ARRAY[1, 1, 3])
    np.testing.assert_array_equal(stack.plane(7), ARRAY[1, :, 3].transpose(1, 2, 0))


def test_a_channel_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=r"channel 5 .* has 2 channels, 0 to 1"):
        Stack(ARRAY, "TCZYX").channel(5)
    with pytest.raises(ValueError, match=r"channel -1 .* has one, 0"):
        Stack(ARRAY[0, 0], "ZYX").channel(-1)


def test_labels_lie_where_the_image_lies() -> None:
    stack = Stack.from_array(
        np.zeros((2, 5, 6, 7, 3)),
        "czyxs",
        scale=[1, 2, 0.5, 0.25],
        translate=[0, 10, 20, 30],
        units=["pixel", "micrometer", "micrometer", "micrometer"],
    )
    assert stack.labels_axes == "ZYX"
    assert stack.labels_shape == (5, 6, 7)
    assert stack.labels_scale == (2.0, 0.5, 0.25)
    assert stack.labels_grid == Grid(
        "ZYX", (2, 0.5, 0.25), (10, 20, 30), ("micrometer",) * 3
    )
    assert stack.axes_source == "given"


def test_smaller_planes_show_the_same_field() -> None:
    grid = Grid("ZYX", (2.0, 0.5, 1.0), (1.0, 0.0, 5.0))
    stack = Stack(np.zeros((4, 8, 6), np.uint8), grid)
    half = stack.with_planes([np.zeros((4, 3, 3), np.float32)] * 4)
    assert half.data.shape == (4, 4, 3, 3)
    # The first pixel covers the first two of before: its centre lies between theirs.
    assert half.grid == Grid("ZYXS", (2.0, 1.0, 2.0), (1.0, 0.25, 5.5))
    assert stack.with_planes(iter(np.zeros((4, 8, 6)))).grid == grid


def test_planes_in_a_lazy_array_stay_lazy() -> None:
    stack = Stack(np.zeros((2, 3, 8, 6), np.uint8), "TZYX")
    planes = np.arange(6 * 4 * 3, dtype=np.float32).reshape(6, 4, 3)
    for lazy in (da.from_array(planes), zarr.array(planes)):
        half = stack.with_planes(lazy)
        assert isinstance(half.data, da.Array)
        assert half.grid == Grid("TZYX", (1, 1, 2, 2), (0, 0, 0.5, 0.5))
        np.testing.assert_array_equal(half.plane(4), planes[4])


@pytest.mark.parametrize("data", [np.zeros((2, 2), complex), [["a", "b"]], [[{}, {}]]])
def test_what_is_not_real_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="real numbers"):
        Stack.from_array(data, "YX")


def test_a_stack_is_squeezed_where_it_lies() -> None:
    watched = Watched(ARRAY[:1, :1])
    stack = Stack(watched, Grid("TCZYX", scale=(9, 1, 2, 0.5, 0.4)))
    squeezed = stack.squeeze()
    assert squeezed.grid == Grid("ZYX", scale=(2, 0.5, 0.4))
    assert sum(watched.read) == 0
    np.testing.assert_array_equal(squeezed.plane(3), ARRAY[0, 0, 3])
    assert squeezed.squeeze() is squeezed
    assert Stack(ARRAY[0, 0, :1, :, :1], "ZYX").squeeze().axes == "YX"


@pytest.mark.parametrize("planes", [[], [np.zeros((5, 6))], [np.zeros((5, 6))] * 3])
def test_labels_of_the_wrong_number_are_refused(planes: list[np.ndarray]) -> None:
    with pytest.raises(ValueError, match="labels need 2 planes"):
        Stack(np.zeros((2, 5, 6)), "ZYX").assemble(planes)


def test_labels_of_the_wrong_shape_are_refused() -> None:
    stack = Stack(np.zeros((2, 5, 6)), "ZYX")
    with pytest.raises(ValueError, match=r"received \(6, 5\) as plane 1"):
        stack.assemble(np.zeros((2, 6, 5)))


@pytest.mark.parametrize("kind", ["numpy", "dask", "zarr"])
def test_channels_are_combined_when_they_are_read(kind: str) -> None:
    image = np.random.default_rng(0).integers(0, 9, (2, 3, 8, 9)).astype(np.uint16)
    data = {
        "numpy": image,
        "dask": da.from_array(image, chunks=(1, 1, 8, 9)),
        "zarr": zarr.create_array({}, data=image, chunks=(1, 1, 8, 9)),
    }[kind]
    stack = Stack(data, Grid("TCYX", scale=(5, 1, 2, 3)))
    for how, expected in (("max", image.max(1)), ("mean", image.mean(1, np.float32))):
        combined = stack.channel(how)
        assert (combined.axes, combined.scale) == ("TYX", (5, 2, 3))
        assert combined.plane(1).dtype == expected.dtype
        assert np.array_equal(combined.plane(1), expected[1])
    assert combined.channel("max") is combined


def test_masked_pixels_are_refused() -> None:
    masked = np.ma.masked_array(np.ones((4, 5)), np.eye(4, 5))
    for data in (masked, da.from_array(masked)):
        with pytest.raises(ValueError, match="masked array; fill it first"):
            Stack.from_array(data)
    assert Stack.from_array(masked.filled(0)).plane(0).sum() == 16
    assert Stack.from_array(np.ma.masked_array(np.ones((4, 5)))).n_planes == 1


def test_floats_of_80_bits_become_64() -> None:
    plane = Stack.from_array(np.full((4, 5), np.longdouble(1.5))).plane(0)
    assert (plane.dtype, plane[0, 0]) == (np.float64, 1.5)
