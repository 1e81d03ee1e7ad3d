from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_mobile_unet.images.pixels import luminance
from napari_mobile_unet.thresholding.histogram import Histogram, count, count_planes

SMALL = hnp.array_shapes(min_dims=1, max_dims=3, max_side=12)


@pytest.mark.parametrize(
    ("dtype", "bins", "limits"),
    [
        ("bool", 2, (0, 1)),
        ("uint8", 256, (0, 255)),
        ("int8", 256, (-128, 127)),
        ("uint16", 65536, (0, 65535)),
        ("int16", 65536, (-32768, 32767)),
        (">u2", 65536, (0, 65535)),
        (">i2", 65536, (-32768, 32767)),
    ],
)
@given(data=st.data())
def test_each_value_of_a_small_type_has_its_bin(dtype, bins, limits, data):
    image = data.draw(hnp.arrays(np.dtype(dtype), SMALL))

    histogram = count(image)

    assert histogram.exact
    assert histogram.limits == limits
    assert histogram.counts.shape == histogram.values.shape == (bins,)
    values, counts = np.unique(image, return_counts=True)
    occurring = np.flatnonzero(histogram.counts)
    assert histogram.values[occurring].tolist() == values.astype(float).tolist()
    assert histogram.counts[occurring].tolist() == counts.tolist()


@pytest.mark.parametrize("dtype", ["int32", "uint32", "int64", "uint64"])
def test_wide_integers_of_a_narrow_span_are_exact(dtype):
    start = np.iinfo(dtype).max - 2**20
    image = np.array([start, start + 3, start + 3, start + 65535], dtype)

    histogram = count(image)

    assert histogram.exact
    assert histogram.counts.shape == (65536,)
    assert np.flatnonzero(histogram.counts).tolist() == [0, 3, 65535]
    assert histogram.counts[3] == 2


def test_wide_integers_of_a_wide_span_are_rounded_to_levels():
    image = np.array([-(2**31), 0, 2**31 - 1], np.int32)

    histogram = count(image)

    assert not histogram.exact
    assert np.flatnonzero(histogram.counts).tolist() == [0, 32768, 65535]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4"])
def test_floats_are_rounded_to_levels_between_their_extremes(dtype):
    image = np.array([[-1.0, np.nan, 0.5], [np.inf, 2.0, -np.inf]], dtype)

    histogram = count(image)

    assert (histogram.limits, histogram.excluded, histogram.total) == ((-1, 2), 3, 3)
    assert np.flatnonzero(histogram.counts).tolist() == [0, 32768, 65535]
    assert histogram.values[32768] == pytest.approx(0.5, abs=histogram.step / 2)
    assert histogram.values[[0, -1]].tolist() == [-1, 2]


@given(
    hnp.arrays(
        np.float64, SMALL, elements=st.floats(-1e6, 1e6, width=64) | st.just(np.nan)
    ).filter(lambda image: np.isfinite(image).any())
)
def test_every_pixel_is_counted_near_its_value_or_excluded(image):
    histogram = count(image)

    finite = np.sort(image[np.isfinite(image)])
    assert histogram.excluded == image.size - finite.size
    counted = np.repeat(histogram.values, histogram.counts)
    np.testing.assert_allclose(counted, finite, rtol=0, atol=histogram.step * 0.5001)


def test_edges_lie_half_a_step_around_the_values():
    histogram = count(np.array([0, 255], np.uint8))

    assert histogram.edges[:3].tolist() == [-0.5, 0.5, 1.5]
    assert histogram.edges[-1] == 255.5


def test_counts_above_the_exact_range_of_float32_stay_exact():
    image = np.zeros((4097, 4097), np.uint8)  # 2²⁴ + 8193 pixels
    image[0, :5] = 7

    counts = count(image).counts

    assert counts[[0, 7]].tolist() == [4097 * 4097 - 5, 5]


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_layout_in_memory_does_not_matter(dtype):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 999, (40, 30, 20)).astype(dtype)

    expected = count(image).counts

    for view in (np.asfortranarray(image), image[::-1], image.transpose(2, 0, 1)):
        np.testing.assert_array_equal(count(view).counts, expected)


def test_the_input_is_not_changed():
    image = np.array([0.0, 1.0, np.nan])
    image.flags.writeable = False

    assert count(image).total == 2


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32"])
def test_planes_add_up_to_the_stack(dtype):
    rng = np.random.default_rng(1)
    stack = (rng.normal(0, 1, (5, 16, 16)) * 9000).astype("int32").astype(dtype)

    together, by_plane = count(stack), count_planes(list(stack))

    np.testing.assert_array_equal(by_plane.counts, together.counts)
    assert by_plane.limits == together.limits


def test_planes_may_come_from_a_function_and_be_empty_of_values():
    planes = [np.full((2, 2), np.nan), np.array([[1.0, 3.0]])]

    histogram = count_planes(lambda: iter(planes))

    assert (histogram.excluded, histogram.total, histogram.limits) == (4, 2, (1, 3))


def test_colour_planes_are_counted_as_luminance():
    plane = np.zeros((2, 2, 3), np.uint8)
    plane[0, 0] = 255, 0, 0

    histogram = count_planes([plane])

    assert np.flatnonzero(histogram.counts).tolist() == [0, 76]  # 0.299 · 255


@pytest.mark.parametrize("dtype", ["uint8", ">u2", "float32", "float64", "int32"])
def test_luminance_of_grey_colour_is_that_grey(dtype):
    grey = np.arange(12).reshape(3, 4)
    plane = np.repeat(grey[..., None], 3, axis=-1).astype(dtype)

    np.testing.assert_allclose(luminance(plane), grey, atol=1e-5)


def test_planes_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"received \(4, 4, 2\); choose one channel"):
        luminance(np.zeros((4, 4, 2)))


def test_values_beyond_given_limits_go_to_the_end_bins():
    counts = count(np.array([-5.0, 0.5, 9.0]), limits=(0, 1)).counts

    assert counts[[0, -1]].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((0, 3)), r"must have pixels to count, got shape \(0, 3\)"),
        (np.zeros(3, complex), "must be bool, integer or float, got complex128"),
        (np.array(["a"]), "must be bool, integer or float"),
        (np.full(4, np.nan), "no finite values to count, got 4 pixels NaN"),
        (np.array([-1.7e308, 1.7e308]), "less than 1e\\+150 apart"),
    ],
)
def test_what_cannot_be_counted_is_said_in_one_line(image, message):
    with pytest.raises(ValueError, match=message) as error:
        count(image)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("planes", "message"),
    [
        ([], "at least one plane"),
        (iter([np.zeros((2, 2))]), "got an iterator"),
        ([np.full((2, 2), np.nan)] * 2, "no finite values"),
        ([np.zeros((2, 2), "u1"), np.zeros((2, 2), "u2")], "got uint8 .* and uint16"),
    ],
)
def test_planes_that_cannot_be_counted_are_refused(planes, message):
    with pytest.raises(ValueError, match=message):
        count_planes(planes)


def test_only_histograms_of_one_binning_add_up():
    one = count(np.array([0.0, 1.0]))
    other = count(np.array([0.0, 2.0]))

    assert isinstance(one + one, Histogram)
    with pytest.raises(ValueError, match="must share data type and limits"):
        one + other
