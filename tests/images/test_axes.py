from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_mobile_unet.images.axes import flatten, guess_axes, suggest_axes
from napari_mobile_unet.images.stack import Stack


@given(st.data())
def test_each_pixel_goes_to_its_plane(data: st.DataObject) -> None:
    others = data.draw(st.sets(st.sampled_from("PTCZS")))
    axes = "".join(data.draw(st.permutations([*"YX", *sorted(others)])))
    sizes = {
        a: data.draw(st.integers(3, 4) if a == "S" else st.integers(1, 4)) for a in axes
    }
    array = np.arange(np.prod(list(sizes.values()))).reshape(list(sizes.values()))
    index = {axis: data.draw(st.integers(0, size - 1)) for axis, size in sizes.items()}
    number = 0
    for axis in axes:
        if axis in "PTZ":
            number = number * sizes[axis] + index[axis]
    channel = index.get("C", 0) * sizes.get("S", 1) + index.get("S", 0)
    flat = flatten(array, axes)
    pixel = flat[number, index["Y"], index["X"], channel]
    assert pixel == array[tuple(index.values())]
    assert flat.size == array.size


def test_channels_and_samples_are_merged_channels_first() -> None:
    array = np.arange(2 * 3).reshape(2, 1, 1, 3)
    assert flatten(array, "CYXS").ravel().tolist() == [0, 1, 2, 3, 4, 5]
    assert flatten(array.transpose(3, 1, 2, 0), "SYXC").ravel().tolist() == [
        *(0, 1, 2, 3, 4, 5)
    ]


@pytest.mark.parametrize(
    ("shape", "rgb", "guess"),
    [
        ((64, 48), None, "YX"),
        ((64, 3), None, "YX"),
        ((5, 64, 48), None, "ZYX"),
        ((64, 48, 3), None, "YXS"),
        ((64, 48, 4), None, "YXS"),
        ((64, 48, 4), False, "ZYX"),
        ((4, 48, 4), None, "ZYX"),
        ((4, 4, 4), True, "YXS"),
        ((5, 64, 48, 3), None, "ZYXS"),
    ],
)
def test_axes_beyond_doubt_are_guessed(
    shape: tuple[int, ...], rgb: bool | None, guess: str
) -> None:
    assert guess_axes(shape, rgb) == guess
    stack = Stack.from_array(np.zeros(shape), rgb=rgb)
    assert (stack.axes, stack.axes_source) == (guess, "shape")


def test_ambiguous_axes_are_asked_for_and_a_likely_answer_is_at_hand() -> None:
    with pytest.raises(ValueError) as caught:
        guess_axes((2, 3, 5, 64, 64))
    assert str(caught.value) == (
        "axes of a 5-D image (2, 3, 5, 64, 64) cannot be guessed; "
        "name them, for example axes='TCZYX'"
    )
    with pytest.raises(ValueError, match="axes='TZYX'"):
        guess_axes((2, 3, 64, 64))
    assert suggest_axes((2, 3, 64, 64)) == "TZYX"
    assert suggest_axes((2, 3, 5, 64, 64)) == "TCZYX"
    assert suggest_axes((2, 5, 64, 64, 3)) == "TZYXS"
    for shape in [(5,), (1,) * 6]:
        with pytest.raises(ValueError, match="2 to 5 dimensions"):
            suggest_axes(shape)


@pytest.mark.parametrize(
    ("shape", "axes", "said"),
    [
        ((4, 5, 6), "QYX", "'Q' in 'QYX'"),
        ((4, 5, 6), "YYX", "must differ; received 'YYX'"),
        ((4, 5, 6), "ZTX", "include Y and X"),
        ((4, 5, 6), "YX", r"'YX' for 3 dimensions \(4, 5, 6\)"),
        ((4, 5, 6), "YXS", "3 or 4 samples"),
        ((0, 5), "YX", "a pixel on each axis"),
    ],
)
def test_axes_that_do_not_fit_are_refused(
    shape: tuple[int, ...], axes: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        Stack.from_array(np.zeros(shape), axes)
    assert "\n" not in str(caught.value)


def test_colour_that_is_not_there_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"3 or 4 samples .* \(4, 5, 6\); pass rgb=Fal"
    ):
        Stack.from_array(np.zeros((4, 5, 6)), rgb=True)
