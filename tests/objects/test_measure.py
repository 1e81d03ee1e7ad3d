"""Tables of objects against hand-computed values and scikit-image."""

from __future__ import annotations

import logging

import dask.array as da
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.measure import regionprops_table

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.objects.measure import measure, measure_plane

LABELS = np.array(
    [
        [0, 7, 7, 7, 0],
        [0, 7, 7, 7, 0],
        [0, 0, 0, 0, 0],
        [2, 0, 0, 0, 0],
    ],
    np.uint16,
)
IMAGE = np.arange(20, dtype=np.uint8).reshape(4, 5)


def rows(table, *columns):
    return table[list(columns)].to_numpy().tolist()


def test_hand_computed():
    table = measure(LABELS, IMAGE)
    assert table["label"].tolist() == [2, 7]
    assert rows(table, "centroid_y", "centroid_x") == [[3, 0], [0.5, 2]]
    assert table["area"].tolist() == [1, 6]
    boxes = rows(table, "bbox_y_min", "bbox_y_max", "bbox_x_min", "bbox_x_max")
    assert boxes == [[3, 4, 0, 1], [0, 2, 1, 4]]
    assert table["equivalent_diameter"][1] == pytest.approx(2.7639532)  # √(4·6/π)
    # Second moments 1/4 along y and 2/3 along x: √(1 - 3/8).
    assert table["eccentricity"].tolist() == pytest.approx([0, 0.625**0.5])
    grey = rows(table, "mean_intensity", "min_intensity", "max_intensity")
    assert grey == [[15, 15, 15], [4.5, 1, 8]]


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(
        np.int32,
        hnp.array_shapes(min_dims=2, max_dims=3, max_side=8),
        elements=st.integers(0, 5),
    )
)
def test_agrees_with_scikit_image(labels):
    image = np.random.default_rng(0).normal(size=labels.shape)
    axes = "zyx"[-labels.ndim :]
    names = {
        "label": "label",
        "area": "area" if labels.ndim == 2 else "volume",
        "equivalent_diameter_area": "equivalent_diameter",
        "intensity_mean": "mean_intensity",
        "intensity_min": "min_intensity",
        "intensity_max": "max_intensity",
        **{f"centroid-{i}": f"centroid_{axis}" for i, axis in enumerate(axes)},
        **{f"bbox-{i}": f"bbox_{axis}_min" for i, axis in enumerate(axes)},
        **{f"bbox-{i + len(axes)}": f"bbox_{a}_max" for i, a in enumerate(axes)},
    }
    if labels.ndim == 2:
        names["eccentricity"] = "eccentricity"
    properties = {name.split("-")[0] for name in names}
    theirs = pd.DataFrame(regionprops_table(labels, image, sorted(properties)))
    ours = measure(labels, image)
    assert set(ours.columns) == set(names.values())
    pd.testing.assert_frame_equal(
        ours,
        theirs.rename(columns=names)[ours.columns.tolist()],
        check_dtype=False,
        atol=2e-7,  # of an eccentricity near 0: the root of a rounding error
    )


def test_calibrated_columns():
    table = measure(LABELS, scale=(0.5, 0.25), units=("micrometer", "micrometer"))
    assert table["area_micrometer2"].tolist() == [0.125, 0.75]
    assert table["equivalent_diameter_micrometer"][1] == pytest.approx(0.9772050)
    volume = np.stack([LABELS, LABELS])
    table = measure(volume, scale=(2, 0.5, 0.25), units=("mm",) * 3)
    assert rows(table, "volume", "volume_mm3") == [[2, 0.5], [12, 3]]
    assert table["equivalent_diameter_mm"][1] == pytest.approx(1.7894005)  # ∛(6·3/π)
    assert "area_unit2" in measure(LABELS, scale=(2, 2))
    assert not any("unit" in name or "pixel" in name for name in measure(LABELS))


def test_mixed_units_leave_calibrated_columns_out(caplog):
    with caplog.at_level(logging.WARNING):
        table = measure(LABELS, scale=(2, 2), units=("mm", "micrometer"))
    assert table.columns.tolist() == measure(LABELS).columns.tolist()
    assert "have units" in caplog.text


def test_time_is_measured_frame_by_frame():
    labels = np.stack([LABELS, np.where(LABELS == 7, 7, 0).astype(np.uint16)])
    table = measure(labels, axes="TYX", scale=(5, 2, 2), units=("s", "mm", "mm"))
    assert rows(table, "label", "t", "area_mm2") == [[2, 0, 4], [7, 0, 24], [7, 1, 24]]
    assert table.columns[:2].tolist() == ["label", "t"]
    moved = measure(np.moveaxis(labels, 0, 2), axes="YXT")
    assert rows(moved, "label", "t", "area") == rows(table, "label", "t", "area")


def test_any_order_of_axes():
    labels = np.random.default_rng(0).integers(0, 4, (2, 3, 4, 5))
    image = np.random.default_rng(1).random((2, 3, 4, 5))
    expected = measure(labels, image, axes="TZYX")
    turned = measure(
        labels.transpose(3, 1, 0, 2), image.transpose(3, 1, 0, 2), axes="XZTY"
    )
    pd.testing.assert_frame_equal(turned, expected)


@pytest.mark.parametrize("axes", ["CTYX", "TCYX", "TYXC", "TYXS"])
def test_channels_become_columns(axes):
    labels = np.stack([LABELS, LABELS])
    image = np.stack([np.stack([IMAGE, IMAGE + 20, IMAGE + 40])] * 2)  # TCYX
    image = image.transpose(["TCYX".index(a) for a in axes.replace("S", "C")])
    table = measure(labels, image, axes=axes)
    means = [[15, 35, 55], [4.5, 24.5, 44.5]]
    assert rows(table, *(f"mean_intensity_{c}" for c in range(3))) == means * 2


def test_channels_are_found_by_shape():
    rgb = np.stack([IMAGE, IMAGE, IMAGE], axis=-1)
    assert measure(LABELS, rgb)["max_intensity_2"].tolist() == [15, 8]
    two = np.stack([IMAGE, IMAGE + 1])
    assert measure(LABELS, two)["max_intensity_1"].tolist() == [16, 9]


def test_alpha_is_left_out():
    rgba = np.zeros((4, 5, 4), np.uint8)
    table = measure(LABELS, rgba, axes="YXS")
    assert [name for name in table if name.startswith("mean")] == [
        "mean_intensity_0",
        "mean_intensity_1",
        "mean_intensity_2",
    ]


def test_a_stack_brings_its_calibration():
    stack = Stack.from_array(
        np.stack([IMAGE, IMAGE]), "CYX", scale=(1, 2, 3), units=("pixel", "mm", "mm")
    )
    table = measure(LABELS, stack)
    assert table["area_mm2"].tolist() == [6, 36]
    assert table["mean_intensity_1"].tolist() == [15, 4.5]


def test_lazy_arrays():
    labels, image = np.stack([LABELS] * 3), np.stack([IMAGE] * 3)
    lazy = measure(da.from_array(labels), da.from_array(image), axes="TYX")
    pd.testing.assert_frame_equal(lazy, measure(labels, image, axes="TYX"))


def test_values_that_are_not_finite_are_left_out():
    image = IMAGE.astype(np.float32)
    image[0, 1], image[1, 3], image[3, 0] = np.nan, np.inf, -np.inf
    table = measure(LABELS, image)
    grey = rows(table, "mean_intensity", "min_intensity", "max_intensity")
    assert grey[1] == [4.5, 2, 7]
    assert np.isnan(grey[0]).all()


@pytest.mark.parametrize("axes", ["YX", "ZYX", "TYX", "TZYX"])
def test_without_objects_the_columns_stay(axes):
    shape = (2,) * (len(axes) - 2) + (4, 5)
    settings = {"axes": axes, "scale": (2,) * len(axes), "units": ("mm",) * len(axes)}
    full = measure(np.ones(shape, int), np.ones(shape, np.uint8), **settings)
    empty = measure(np.zeros(shape, int), np.ones(shape, np.uint8), **settings)
    assert len(empty) == 0
    pd.testing.assert_series_equal(empty.dtypes, full.dtypes)


def test_input_is_not_changed():
    labels, image = LABELS.copy(), np.full(LABELS.shape, np.nan)
    measure(labels, image)
    assert (labels == LABELS).all()
    assert np.isnan(image).all()


def test_measure_plane_is_the_short_table():
    table = measure_plane(LABELS, IMAGE)
    columns = ["label", "area", "centroid_y", "centroid_x", "mean_intensity"]
    assert table.columns.tolist() == columns
    pd.testing.assert_frame_equal(table, measure(LABELS, IMAGE)[columns])
    assert measure_plane(LABELS).columns.tolist() == columns[:-1]
    empty = measure_plane(LABELS * 0, IMAGE)
    pd.testing.assert_series_equal(empty.dtypes, table.dtypes)
    rgb = np.stack([IMAGE] * 3, axis=-1)
    assert measure_plane(LABELS, rgb)["mean_intensity_2"].tolist() == [15, 4.5]


@pytest.mark.parametrize(
    ("labels", "settings", "says"),
    [
        (LABELS.astype(float), {}, "whole numbers, got float64"),
        (LABELS > 0, {}, "whole numbers, got bool"),
        (-LABELS.astype(int), {}, "must not be negative, got -7"),
        (LABELS, {"image": IMAGE[:3]}, r"\(3, 5\) and \(4, 5\)"),
        (LABELS, {"image": IMAGE[:3], "axes": "YX"}, r"shape \(3, 5\), got \(4, 5\)"),
        (LABELS, {"image": IMAGE.astype(complex)}, "complex128"),
        (LABELS, {"axes": "QX"}, "'QX'"),
        (LABELS, {"scale": (1, 2, 3)}, "one value for each axis of the labels, YX"),
        (LABELS, {"units": ("mm",)}, "one value for each axis of the labels, YX"),
        (np.zeros((2, 2, 2, 2), int), {}, "cannot be guessed"),
    ],
)
def test_bad_input_is_refused_in_one_line(labels, settings, says):
    with pytest.raises(ValueError, match=says) as error:
        measure(labels, **settings)
    assert "\n" not in str(error.value)


def test_measure_plane_refuses_another_size():
    with pytest.raises(ValueError, match="one height and width"):
        measure_plane(LABELS, IMAGE[:, :2])
