from __future__ import annotations

import json
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pydantic import ValidationError
from skimage import filters, io

from napari_mobile_unet.images.pixels import luminance
from napari_mobile_unet.thresholding.histogram import count, count_planes
from napari_mobile_unet.thresholding.otsu import multi_otsu, otsu
from napari_mobile_unet.thresholding.threshold import Threshold, classify

# Only pictures that lie in scikit-image's own wheel: the others are downloads.
PICTURES = [
    "astronaut", "brick", "camera", "cell", "chelsea", "clock_motion", "coffee",
    "coins", "grass", "gravel", "horse", "ihc", "microaneurysms", "moon",
    "motorcycle_left", "page", "text",
]  # fmt: skip
RAMP = np.array(  # two clear classes: 0-2 and 8-9
    [
        [0, 1, 1, 2, 2],
        [1, 0, 1, 8, 9],
        [0, 1, 9, 8, 8],
        [2, 1, 8, 9, 9],
        [1, 0, 1, 2, 1],
    ]
)
INTEGERS = hnp.arrays(
    np.int16,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=8),
    elements=st.integers(-20, 20),
)


def picture(name):
    image = io.imread(Path(skimage.data.__file__).with_name(f"{name}.png"))
    return luminance(image[..., :3]) if image.ndim == 3 else image


def two_nuclei(dtype, seed=0):
    """Return noise of two means, a fifth of it bright, over most of the type."""
    rng = np.random.default_rng(seed)
    mean = np.where(rng.random((256, 256)) < 0.2, 0.6, 0.2)
    values = rng.normal(mean, 0.05).clip(0, 1)
    if np.dtype(dtype).kind == "f":
        return values.astype(dtype)
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    return (low + values * (high - low)).astype(dtype)


def weighted_variance_within(image, thresholds):
    classes = classify(image, thresholds)
    parts = [image[classes == k] for k in range(len(thresholds) + 1)]
    return sum(p.size / image.size * p.var() for p in parts if p.size)


def squares_between(image, thresholds):
    """Return Σ w μ² of the classes, exactly: largest where they separate best."""
    values, counts = np.unique(image, return_counts=True)
    classes = np.searchsorted(thresholds, values, side="left")
    total = Fraction(0)
    for k in set(classes.tolist()):
        pixels = [int(n) for n in counts[classes == k]]
        moment = sum(
            n * int(v) for n, v in zip(pixels, values[classes == k], strict=True)
        )
        total += Fraction(moment**2, sum(pixels))
    return total


@pytest.mark.parametrize("name", PICTURES)
def test_otsu_agrees_with_opencv_and_scikit_image(name):
    image = picture(name)

    threshold = otsu(image).threshold

    assert threshold == filters.threshold_otsu(image)
    assert threshold == cv2.threshold(image, 0, 255, cv2.THRESH_OTSU)[0]


@pytest.mark.parametrize("classes", [3, 4])
@pytest.mark.parametrize("name", PICTURES)
def test_multi_otsu_agrees_with_scikit_image_or_separates_better(name, classes):
    # scikit-image sums the counts in float32 and so misses some optima by a level.
    image = picture(name)

    ours = multi_otsu(image, classes).thresholds
    theirs = filters.threshold_multiotsu(image, classes)

    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2)
    if list(ours) != theirs.tolist():
        assert squares_between(image, ours) > squares_between(image, theirs)


def test_16_bit_otsu_agrees_with_opencv_and_is_not_worse_than_scikit_image():
    image = two_nuclei("uint16")

    threshold = otsu(image).threshold

    assert threshold == cv2.threshold(image, 0, 65535, cv2.THRESH_OTSU)[0]
    theirs = filters.threshold_otsu(image)
    assert abs(threshold - theirs) <= 16
    assert squares_between(image, [threshold]) >= squares_between(image, [theirs])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_float_otsu_agrees_with_scikit_image_at_the_same_bins(dtype):
    image = two_nuclei(dtype)

    result = otsu(image)

    theirs = filters.threshold_otsu(image.astype(float), nbins=65536)
    assert result.threshold == pytest.approx(theirs, abs=0.002)
    assert weighted_variance_within(image.astype(float), [result.threshold]) <= (
        weighted_variance_within(image.astype(float), [theirs]) * (1 + 1e-9)
    )


@pytest.mark.parametrize(
    ("image", "threshold"),
    [
        (RAMP.astype(np.uint8), 2),
        (RAMP.astype(np.uint16) * 7000, 14000),
        (RAMP.astype(np.int16) - 100, -98),
        (RAMP.astype(np.int64) - 100, -98),
        (RAMP > 4, 0),
    ],
)
def test_the_threshold_is_the_brightest_value_of_the_background(image, threshold):
    result = otsu(image)

    assert result.threshold == threshold
    np.testing.assert_array_equal(image > result.threshold, RAMP > 4)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_of_any_scale_and_sign_are_split_alike(dtype, scale):
    image = ((RAMP - 5.0) * scale).astype(dtype)
    image[0, 0] = np.nan

    result = otsu(image)

    assert result.excluded == 1
    np.testing.assert_array_equal(image > result.threshold, RAMP > 4)


@given(INTEGERS)
def test_otsu_maximises_between_and_minimises_within(image):
    result = otsu(image)

    candidates = np.unique(image)
    within = [weighted_variance_within(image, [t]) for t in candidates]
    found = weighted_variance_within(image, [result.threshold])
    assert found == pytest.approx(min(within), abs=1e-9)
    at = candidates.astype(int) + 2**15  # int16 starts at -2¹⁵
    np.testing.assert_allclose(result.within_class_variance[at], within, atol=1e-9)
    np.testing.assert_allclose(
        result.between_class_variance[at], image.var() - np.array(within), atol=1e-9
    )


@given(INTEGERS, st.integers(2, 4))
def test_multi_otsu_finds_the_optimum_of_all_splits(image, classes):
    occurring = np.unique(image).tolist()
    assume(len(occurring) >= classes)

    found = multi_otsu(image, classes).thresholds

    best = max(
        squares_between(image, thresholds)
        for thresholds in combinations(occurring[:-1], classes - 1)
    )
    assert float(squares_between(image, found)) == pytest.approx(float(best))


def test_multi_otsu_of_many_bins_equals_two_class_otsu_within_its_outer_split():
    # The optimum is a fixed point: each threshold is Otsu's between its neighbours.
    image = two_nuclei("uint16")

    low, high = multi_otsu(image, 3).thresholds

    assert otsu(image[image <= high]).threshold == low
    assert otsu(image[image > low]).threshold == high


@given(INTEGERS, st.integers(2, 4))
def test_classes_describe_the_pixels(image, classes):
    result = multi_otsu(image, classes)
    index = classify(image, result.thresholds)

    assert sum(result.class_shares) == pytest.approx(1)
    assert 0 <= result.separability <= 1
    for k in range(classes):
        pixels = image[index == k]
        assert result.class_shares[k] == pytest.approx(pixels.size / image.size)
        if pixels.size:
            assert result.class_means[k] == pytest.approx(pixels.mean())
            assert result.class_spreads[k] == pytest.approx(pixels.std())
        else:
            assert np.isnan([result.class_means[k], result.class_spreads[k]]).all()


@given(INTEGERS, st.integers(1, 5), st.integers(-1000, 1000))
def test_scaling_and_offset_carry_over_to_the_threshold(image, factor, offset):
    moved = image.astype(np.int64) * factor + offset

    assert otsu(moved).threshold == otsu(image).threshold * factor + offset


def test_many_pixels_and_a_large_offset_cost_no_precision():
    counts = count(np.array([60000, 60001, 60004, 60005], np.uint16))
    billions = type(counts)(
        counts.counts * 10**12, counts.limits, 0, True, counts.dtype
    )

    result = otsu(billions)

    assert result.threshold == 60001
    assert result.variance == pytest.approx(4.25, rel=1e-12)
    assert result.separability == pytest.approx(4 / 4.25, rel=1e-12)
    assert result.class_means == pytest.approx((60000.5, 60004.5))


@pytest.mark.parametrize(
    "image",
    [
        np.full((3, 3), 7, np.uint8),
        np.full((3, 3), 65535, np.uint16),
        np.full((3, 3), 0.1, np.float32),
        np.full((1, 1), -4.0),
        np.array([np.nan, 5.0, np.inf]),
        np.ones((2, 2), bool),
    ],
)
@pytest.mark.parametrize("classes", [2, 4])
def test_one_value_is_its_own_threshold_and_nothing_lies_above(image, classes):
    result = multi_otsu(image, classes)

    value = float(image[np.isfinite(image)][0])
    assert result.thresholds == (value,) * (classes - 1)
    assert result.constant
    assert result.separability == 0
    for foreground in ("bright", "dark", "auto"):
        settings = Threshold(classes=classes, foreground=foreground)
        assert not settings.mask(image.reshape(1, -1), result).any()


@pytest.mark.parametrize("image", [np.array([3, 200], np.uint8), np.array([3.0, 200])])
def test_two_values_separate_wholly(image):
    result = otsu(image)

    assert result.separability == pytest.approx(1)
    assert result.class_means == (3, 200)
    assert result.class_spreads == (0, 0)
    assert multi_otsu(image, 4).class_shares == (0.5, 0.5, 0, 0)


def test_all_nan_and_too_few_classes_are_refused():
    with pytest.raises(ValueError, match="no finite values"):
        otsu(np.full((2, 2), np.nan))
    with pytest.raises(ValueError, match="no finite values"):
        otsu(count(np.full((2, 2), np.nan), limits=(0, 1)))
    with pytest.raises(ValueError, match="at least 2, got 1"):
        multi_otsu(RAMP, 1)


def test_at_splits_the_same_counts_elsewhere():
    result = otsu(RAMP.astype(np.uint8))

    moved = result.at(0.5, 8)

    assert moved.thresholds == (0.5, 8)
    assert moved.class_shares == (4 / 25, 17 / 25, 4 / 25)
    assert moved.histogram is result.histogram
    assert result.at(0).separability < result.separability
    assert result.at(result.threshold).separability == result.separability


@pytest.mark.parametrize("thresholds", [(), (3, 2), (2, 2), (np.nan,)])
def test_at_refuses_thresholds_out_of_order(thresholds):
    with pytest.raises(ValueError, match="must be finite and in ascending order"):
        otsu(RAMP).at(*thresholds)


def test_summary_is_json_even_with_an_empty_class():
    summary = json.loads(
        json.dumps(multi_otsu(np.full(4, 9, np.uint8)).summary(), allow_nan=False)
    )

    assert summary == {
        "thresholds": [9, 9],
        "separability": 0,
        "class_shares": [1, 0, 0],
        "class_means": [9, None, None],
        "excluded": 0,
    }


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "float64"])
def test_classify_counts_the_thresholds_below(dtype):
    plane = np.array([[0, 1, 2], [3, 4, 5]], dtype)

    classes = classify(plane, [1, 3.5])

    assert classes.dtype == np.uint8
    assert classes.tolist() == [[0, 0, 1], [1, 2, 2]]


def test_float_masks_hold_the_share_that_was_counted():
    image = two_nuclei("float32")
    settings = Threshold()
    split = settings.split(image)

    assert settings.mask(image, split).mean() == split.class_shares[1]


@pytest.mark.parametrize(
    ("foreground", "expected"),
    [("bright", [0, 0, 0, 1, 0]), ("dark", [1, 1, 1, 0, 0]), ("auto", [0, 0, 0, 1, 0])],
)
def test_foreground_is_one_side_without_nan(foreground, expected):
    plane = np.array([[1, 1, 2, 9, np.nan]])
    settings = Threshold(foreground=foreground)

    assert settings.mask(plane, settings.split(plane)).astype(int).tolist() == [
        expected
    ]


def test_auto_takes_dark_objects_on_a_bright_ground():
    plane = np.array([[200, 210, 20, 205]], np.uint8)
    settings = Threshold(foreground="auto")
    split = settings.split(plane)

    assert settings.side(split) == "dark"
    assert settings.mask(plane, split).tolist() == [[False, False, True, False]]


def test_tissue_in_transmitted_light_is_dark_though_it_has_more_pixels():
    tissue = skimage.data.immunohistochemistry()
    settings = Threshold()
    for image in (tissue, tissue.astype(np.uint16) * 257, tissue / np.float32(255)):
        split = settings.split(image)
        assert split.class_shares[0] > 0.5  # what has fewer pixels is the glass
        assert str(settings.foreground_of(split)) == "dark (auto: transmitted light)"
        mask = settings.mask(image, split)
        assert image[mask].mean() < image[~mask].mean()
    stack = settings.split(count_planes([tissue, tissue]))
    assert stack.foreground == settings.split(tissue).foreground
    grey = settings.split(luminance(tissue))  # this may be anything
    assert str(grey.foreground) == "bright (auto: fewer pixels)"


def test_colour_on_a_dark_ground_and_grey_images_keep_the_class_with_fewer_pixels():
    coins = skimage.data.coins()
    split = Threshold().split(coins)
    assert str(split.foreground) == "bright (auto: fewer pixels)"
    stained = np.zeros((64, 64, 3), np.uint8)
    stained[..., 2] = 20
    stained[:30] = 255, 250, 250  # saturated
    for image in (stained, 255 - stained):
        split = Threshold().split(image)
        dark = bool(image[0, 0, 0] < 100)
        assert split.foreground.side == ("dark" if dark else "bright")
        assert (luminance(image)[Threshold().mask(image, split)] < 128).all() == dark


def test_a_side_that_was_chosen_stays():
    split = otsu(skimage.data.coins())
    chosen = Threshold(foreground="dark").foreground_of(split)
    assert (chosen.side, str(chosen)) == ("dark", "dark")
    assert split.at(200).foreground == split.foreground


def test_masks_of_more_classes_hold_the_outermost():
    plane = np.array([[0, 1, 100, 101, 200, 201]], np.uint8)
    bright, dark = (Threshold(classes=3, foreground=f) for f in ("bright", "dark"))
    split = bright.split(plane)

    assert bright.mask(plane, split).astype(int).tolist() == [[0, 0, 0, 0, 1, 1]]
    assert dark.mask(plane, split).astype(int).tolist() == [[1, 1, 0, 0, 0, 0]]


@pytest.mark.parametrize("foreground", ["bright", "dark"])
@pytest.mark.parametrize("classes", [(1,), (2,), (3,), (2, 3), (1, 3)])
def test_classes_that_are_objects_can_be_named(classes, foreground):
    plane = np.array([[0, 1, 100, 101, 200, np.nan]], np.float32)
    named = Threshold(classes=3, foreground=foreground, object_classes=classes)
    mask = named.mask(plane, named.split(plane))

    assert mask[0, :5].tolist() == [k in classes for k in (1, 1, 2, 2, 3)]
    assert not mask[0, 5]
    assert Threshold.model_validate_json(named.model_dump_json()) == named


def test_values_set_by_hand_replace_otsu():
    plane = np.array([[0, 1, 2, 200]], np.uint8)
    settings = Threshold(values=(0.5,), foreground="bright")
    split = settings.split(plane)

    assert split.thresholds == (0.5,)
    assert settings.mask(plane, split).tolist() == [[False, True, True, True]]


def test_planes_that_do_not_separate_are_left_empty():
    noise = np.random.default_rng(0).normal(100, 3, (64, 64))
    settings = Threshold(min_separability=0.75)  # a normal distribution has 2/π

    assert settings.split(noise).separability == pytest.approx(2 / np.pi, abs=0.02)
    assert not settings.mask(noise, settings.split(noise)).any()
    clear = two_nuclei("uint8")
    assert settings.mask(clear, settings.split(clear)).mean() == pytest.approx(
        0.2, 0.05
    )


def test_colour_is_classified_by_luminance():
    plane = np.zeros((1, 3, 3), np.uint8)
    plane[0, 1], plane[0, 2] = (255, 255, 255), (0, 0, 255)
    settings = Threshold()

    mask = settings.mask(plane, settings.split(plane))
    assert mask.tolist() == [[False, True, False]]
    assert classify(plane, [10]).tolist() == [[0, 1, 1]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"classes": 5}, "less than or equal to 4"),
        ({"values": (1.0, 2.0)}, r"must be 1 threshold.* in ascending order"),
        ({"values": (2.0, 1.0), "classes": 3}, r"got \(2.0, 1.0\)"),
        ({"values": (float("nan"),)}, "finite number"),
        ({"classes": 3, "object_classes": (4,)}, r"classes 1 to 3.* got \(4,\)"),
        ({"classes": 3, "object_classes": (3, 2)}, "in ascending order"),
        ({"object_classes": (1, 2)}, r"some of the classes 1 to 2"),
        ({"method": "adaptive", "object_classes": (1,)}, "no classes to choose"),
        ({"treshold": 1}, "Extra inputs are not permitted"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValidationError, match=message):
        Threshold(**settings)


def test_settings_survive_json():
    settings = Threshold(classes=3, values=(1.5, 20), scope="plane", foreground="auto")

    assert Threshold.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize("name", ["coins", "camera", "cell", "page", "moon"])
@pytest.mark.parametrize("method", ["triangle", "li", "yen", "isodata", "mean"])
def test_other_methods_agree_with_scikit_image(name, method):
    image = getattr(skimage.data, name)()
    expected = getattr(filters, f"threshold_{method}")(image)
    found = Threshold(method=method).split(image)
    # A threshold belongs to the background here as there; values are whole.
    assert np.array_equal(image > found.threshold, image > expected)
    assert found.separability <= otsu(image).separability


def test_minimum_lies_between_two_peaks_or_says_that_there_are_none():
    rng = np.random.default_rng(0)
    two = np.concatenate([rng.normal(50, 6, 9000), rng.normal(170, 9, 9000)])
    split = Threshold(method="minimum").split(two.clip(0, 255).astype(np.uint8)[None])
    assert 65 < split.threshold < 150
    with pytest.raises(ValueError, match="two peaks"):
        Threshold(method="minimum").split(np.arange(200, dtype=np.uint8)[None])


@pytest.mark.parametrize("method", ["triangle", "li", "yen", "isodata", "mean"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_other_methods_take_any_range(method, dtype):
    rng = np.random.default_rng(1)
    image = rng.normal(100, 5, (64, 64))
    image[20:40, 20:40] += 100
    if dtype != np.uint8:
        image = image * 30 - 500 * (dtype != np.uint16)
    low, high = image.min(), image[20:40, 20:40].mean()
    split = Threshold(method=method).split(image.astype(dtype))
    assert low < split.threshold < high
    constant = np.full((8, 8), 3, dtype)
    assert Threshold(method=method).split(constant).constant


@pytest.mark.parametrize("method", ["triangle", "li", "yen", "isodata", "mean"])
def test_other_methods_take_two_values(method):
    plane = np.zeros((8, 8), np.uint8)
    plane[2:4, 2:4] = 200
    settings = Threshold(method=method)
    mask = settings.mask(plane, settings.split(plane))
    assert np.array_equal(mask, plane > 0)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_adaptive_is_the_one_of_opencv_at_any_depth(dtype):
    image = skimage.data.page()
    settings = Threshold(method="adaptive", foreground="dark", window=31, offset=0.5)
    factor = 257 if dtype == np.uint16 else 1
    plane = (image * dtype(factor)).astype(dtype)
    mask = settings.mask(plane, settings.split(plane))
    spread = image.std()
    expected = cv2.adaptiveThreshold(
        image,
        1,
        cv2.ADAPTIVE_THRESH_GAUSSIAN_C,
        cv2.THRESH_BINARY_INV,
        31,
        0.5 * spread,
    )
    # OpenCV rounds the mean and the difference to whole numbers.
    assert (mask != (expected > 0)).mean() < 0.01


def test_adaptive_leaves_a_constant_plane_and_nan_empty():
    settings = Threshold(method="adaptive")
    constant = np.full((16, 16), 7.0)
    assert not settings.mask(constant, settings.split(constant)).any()
    spots = np.random.default_rng(0).normal(0, 1, (32, 32))
    spots[3, 3] = np.nan
    assert not settings.mask(spots, settings.split(spots))[3, 3]


def test_the_side_does_not_turn_over_where_the_line_is_moved():
    plane = np.full((10, 10), 10, np.uint8)
    plane[:3] = 200
    settings = Threshold(values=(5,))
    assert settings.mask(plane, settings.split(plane)).all()


@pytest.mark.parametrize("dtype", [np.int8, np.int16])
def test_li_is_right_where_differences_do_not_fit_into_the_type(dtype):
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    image = np.array([[low, low + 1, low + 2, 0, high - 1, high]], dtype)
    expected = filters.threshold_li(image.astype(np.int64))
    assert Threshold(method="li").split(image).threshold == expected


def test_adaptive_looks_at_no_missing_or_endless_pixel():
    plane = skimage.data.page()[:96, :96].astype(np.float32)
    settings = Threshold(method="adaptive", foreground="dark", window=31)
    split = settings.split(plane)
    expected = settings.mask(plane, split)
    for odd in (np.nan, np.inf, 3e38):
        holed = plane.copy()
        holed[40, 40] = odd
        mask = settings.mask(holed, split)
        differs = mask != expected
        differs[40, 40] = False
        assert differs.mean() < 0.002


@pytest.mark.parametrize("find", [otsu, lambda a: Threshold().split(a)])
def test_masked_pixels_are_refused_and_not_counted(find):
    image = np.ma.masked_array([[1, 2], [3, 250]], [[0, 0], [0, 1]])
    with pytest.raises(ValueError, match=r"received a masked array; fill it first"):
        find(image)
    assert find(image.filled(1)).threshold == 1
    assert find(np.ma.masked_array(image.data)).threshold == 3


def test_floats_of_80_bits_are_counted_as_64():
    image = np.array([1, 2, 250, 3], np.longdouble)
    assert otsu(image).threshold == otsu(image.astype(float)).threshold
    if np.finfo(np.longdouble).max > np.finfo(float).max:
        beyond = np.append(image, np.finfo(np.longdouble).max)
        assert otsu(beyond).excluded == 1


def test_minimum_needs_two_peaks():
    ramp = np.tile(np.arange(64, dtype=np.uint8), (64, 1))
    with pytest.raises(ValueError, match="two peaks, got one with another number"):
        Threshold(method="minimum").split(ramp)


def test_only_otsu_has_more_classes():
    with pytest.raises(ValidationError, match="'li' has 2 classes, got 3; choose 'ots"):
        Threshold(method="li", classes=3)


@pytest.mark.parametrize("side", ["bright", "dark"])
def test_adaptive_takes_no_pixel_that_is_as_its_surroundings(side):
    halves = np.zeros((40, 60), np.uint8)
    halves[:, 30:] = 9
    settings = Threshold(method="adaptive", foreground=side, window=5, offset=0)
    mask = settings.mask(halves, settings.split(halves))
    assert mask.any()
    assert not mask[:, :25].any() and not mask[:, 35:].any()


def test_numbers_of_classes_count_from_the_darkest_and_leave_out_what_is_no_value():
    plane = np.array([[1, 1, 5, 9, np.nan, np.inf]], np.float32)
    three = Threshold(classes=3)
    assert three.class_numbers(plane).tolist() == [[1, 1, 2, 3, 0, 0]]
    constant = np.full((1, 3), 7.0)
    assert not three.class_numbers(constant).any()  # nothing is separated
    # What a person says is so counts even there.
    assert Threshold(values=(3,)).class_numbers(constant).tolist() == [[2, 2, 2]]
    assert Threshold(values=(3,)).class_numbers(plane).tolist() == [[1, 1, 2, 2, 0, 0]]
    nothing = np.full((2, 2), np.nan)
    assert not three.class_numbers(nothing).any()
    noisy = np.array([[1, 2, 5, 6, 9]])
    separability = three.split(noisy).separability
    for least, found in ((separability, True), (separability + 1e-6, False)):
        settings = three.replace(min_separability=least)
        assert settings.class_numbers(noisy).any() == found
    with pytest.raises(ValueError, match="has no classes to number"):
        Threshold(method="adaptive").class_numbers(plane)


def test_only_classes_of_a_global_method_become_labels():
    assert Threshold(result="classes").class_numbers(np.eye(2)).max() == 2
    for refused in ({"method": "adaptive"}, {"object_classes": (2,)}):
        with pytest.raises(ValidationError, match="labels of classes have all of them"):
            Threshold(result="classes", **refused)
