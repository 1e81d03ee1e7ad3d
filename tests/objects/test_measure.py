"""Tables of objects against hand-computed values and scikit-image."""

from __future__ import annotations

import logging
from importlib.metadata import version

import dask.array as da
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.measure import regionprops_table

from napari_mobile_unet.images.channels import ChannelInfo
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.objects.calibration import Calibration
from napari_mobile_unet.objects.columns import GROUPS, names_in, unit_of
from napari_mobile_unet.objects.measure import measure, measure_plane
from napari_mobile_unet.objects.measurement import Measurement

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
    assert "area_unit2" in measure(Stack.from_array(LABELS, "YX", scale=(2, 2)))
    assert not any("unit" in name or "pixel" in name for name in measure(LABELS))


def test_mixed_units_leave_calibrated_columns_out(caplog):
    with caplog.at_level(logging.WARNING):
        table = measure(LABELS, scale=(2, 2), units=("mm", "micrometer"))
    assert table.columns.tolist() == measure(LABELS).columns.tolist()
    assert "must have one unit, got mm, micrometer" in caplog.text


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


def test_labels_bring_their_calibration_or_take_that_of_the_image():
    near = {"scale": (2, 3), "units": ("mm", "mm")}
    far = {"scale": (5, 5), "units": ("micrometer", "micrometer")}
    image = Stack.from_array(IMAGE, "YX", **far)
    own = measure(Stack.from_array(LABELS, "YX", **near), image)
    assert own["area_mm2"].tolist() == [6, 36]
    assert measure(LABELS, image, **near)["area_mm2"].tolist() == [6, 36]
    lent = measure(Stack.from_array(LABELS, "YX"), image)
    assert lent["area_micrometer2"].tolist() == [25, 150]
    moved = measure(Stack.from_array(np.stack([LABELS]), "TYX"), IMAGE[None])
    assert moved["t"].tolist() == [0, 0]


PROPERTIES = {
    2: ["perimeter", "feret_diameter_max", "axis_major_length", "axis_minor_length",
        "solidity", "extent", "orientation", "eccentricity"],
    3: ["axis_major_length", "axis_minor_length", "extent"],
}  # fmt: skip
GREY = ("mean", "std", "min", "max", "median")


@pytest.mark.skipif(
    version("scikit-image") < "0.26", reason="older ones know fewer properties"
)
@settings(max_examples=25, deadline=None)
@given(
    hnp.arrays(
        np.int32,
        hnp.array_shapes(min_dims=2, max_dims=3, max_side=8),
        elements=st.integers(0, 5),
    ),
    st.sampled_from([0.5, 2.0]),
    st.sampled_from([np.uint8, np.float32, np.int64]),
)
def test_all_groups_are_those_of_scikit_image(labels, depth, dtype):
    spacing = (depth, 0.5, 0.5)[-labels.ndim :]
    image = np.random.default_rng(0).uniform(0, 200, (2, *labels.shape)).astype(dtype)
    seen = Stack(
        image,
        "CZYX" if labels.ndim == 3 else "CYX",
        channels=(ChannelInfo("DAPI"), ChannelInfo("anti-tubulin")),
    )
    units = ("mm",) * labels.ndim
    table = measure(labels, seen, scale=spacing, units=units, groups=GROUPS)
    short = measure(labels, scale=spacing, units=units, shape=True)
    names = PROPERTIES[labels.ndim]
    theirs = regionprops_table(labels, properties=names)
    spaced = [name for name in names if name != "perimeter" or depth == 0.5]
    calibrated = regionprops_table(labels, properties=spaced, spacing=spacing)
    close = {"rtol": 1e-9, "atol": 2e-6}  # of a root of a rounding error
    for name in names:
        assert np.allclose(table[name], theirs[name], **close)
        if name in short:
            assert short[name].equals(table[name])
    for name in spaced:
        header = f"{name}_mm"
        if header in table:
            assert np.allclose(table[header], calibrated[name], **close)
    lengths = [name for name in spaced if name.endswith(("length", "max", "meter"))]
    assert {f"{name}_mm" for name in lengths} <= set(table)
    for suffix, channel in zip(("_dapi", "_anti_tubulin"), image, strict=True):
        wanted = tuple(f"intensity_{name}" for name in GREY)
        grey = regionprops_table(labels, channel, properties=wanted)
        for name in GREY:
            ours = table[f"{name}_intensity{suffix}"]
            assert np.allclose(ours, grey[f"intensity_{name}"], rtol=1e-6)
        sums = [channel[labels == own].sum(dtype=float) for own in table["label"]]
        assert np.allclose(table[f"sum_intensity{suffix}"], sums)
        outside = channel[labels == 0]
        level = np.median(outside) if len(outside) else np.nan
        less = table[f"mean_intensity{suffix}"] - level
        assert np.allclose(table[f"corrected_intensity{suffix}"], less, equal_nan=True)


def test_a_part_of_a_frame_is_measured_as_in_the_whole():
    rng = np.random.default_rng(0)
    labels = np.kron(rng.integers(0, 30, (2, 9, 9)), np.ones((1, 5, 5), int))
    image = Stack(rng.normal(size=labels.shape), "TYX")
    found = Stack.from_array(labels, "TYX", scale=(30, 2, 1), units=("s", "mm", "mm"))
    measurement = Measurement(
        found, Calibration((2, 1), "mm"), {"": image}, names_in(GROUPS)
    )
    whole = measurement.table(1, labels[1])
    assert whole["time_s"].tolist() == [30] * len(whole)
    ids = whole["label"].tolist()[3:6]
    part = measurement.table(1, labels[1], ids=[*ids, 10_000])
    expected = whole[whole["label"].isin(ids)].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, expected)
    assert len(measurement.table(1, labels[1], ids=[10_000])) == 0


def test_planes_of_volumes_and_surfaces():
    labels = np.zeros((6, 20, 20), np.uint8)
    labels[2:5, 4:14, 4:14] = 3
    labels[1, 1, 1] = 4
    table = measure(
        labels, scale=(2, 1, 1), units=("mm",) * 3, groups=("place", "hull")
    )
    assert table["plane"].tolist() == [3, 1]
    assert table["position_z_mm"].tolist() == [6, 2]
    # Marching cubes cut the corners of a block of 6 × 10 × 10 mm: 440 mm² less some.
    assert table["surface_mm2"][0] == pytest.approx(440, rel=0.12)
    assert table["solidity"][0] == pytest.approx(1)
    assert table["surface"][1] > 0


def test_colours_are_measured_each():
    rgb = np.stack([IMAGE, IMAGE + 20, IMAGE + 40], axis=-1)
    table = measure(LABELS, rgb, axes="YXS", groups=["intensity"])
    means = [f"mean_intensity_{name}" for name in ("red", "green", "blue")]
    assert rows(table, *means) == [[15, 35, 55], [4.5, 24.5, 44.5]]
    with pytest.raises(ValueError, match=r"groups place, .* received colour"):
        measure(LABELS, rgb, axes="YXS", groups=["colour"])


def test_shape_of_hand_computed_objects():
    labels = np.zeros((12, 12), int)
    labels[2:5, 1:10] = 1_000_000_000  # 3 × 9, lying
    table = measure(labels, shape=True)
    assert table["label"].tolist() == [1_000_000_000]
    assert table["solidity"][0] == 1
    assert table["perimeter"][0] == 20  # between the centres of its outer pixels
    assert table["feret_diameter_max"][0] == pytest.approx(
        85**0.5
    )  # 9 and 2, edge to edge
    assert abs(table["orientation"][0]) == pytest.approx(np.pi / 2)
    assert table["axis_major_length"][0] == pytest.approx(4 * (80 / 12) ** 0.5)
    assert not {"perimeter", "solidity"} & set(measure(labels))


def test_pixels_that_are_no_squares_have_no_calibrated_perimeter():
    table = measure(LABELS, scale=(2, 1), units=("mm", "mm"), shape=True)
    assert "perimeter" in table
    assert "perimeter_mm" not in table
    assert table["axis_major_length_mm"][1] == pytest.approx(4)  # 4 √(2² · 1/4)


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
@pytest.mark.parametrize("in_full", [False, True])
def test_without_objects_the_columns_stay(axes, in_full):
    shape = (2,) * (len(axes) - 2) + (4, 5)
    settings = {"axes": axes, "scale": (2,) * len(axes), "units": ("mm",) * len(axes)}
    settings["shape"] = in_full
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
        (LABELS, {"image": IMAGE[:3], "axes": "YX"}, r"\(3, 5\), got YX and \(4, 5\)"),
        (LABELS, {"image": IMAGE.astype(complex)}, "complex128"),
        (LABELS, {"axes": "QX"}, "'QX'"),
        (LABELS, {"scale": (1, 2, 3), "units": ("mm",) * 2}, "each axis of the .* YX"),
        (LABELS, {"scale": (1, 2), "units": ("mm",)}, "each axis of the labels, YX"),
        (LABELS, {"scale": (2, 2)}, "given together, got scale=.* units=None"),
        (LABELS, {"units": ("mm", "mm")}, "given together, got scale=None"),
        (Stack(LABELS[None], "TYX"), {"image": Stack(IMAGE[None], "ZYX")}, "got TYX"),
        (np.zeros((2, 2, 2, 2), int), {}, "cannot be guessed"),
    ],
)
def test_bad_input_is_refused_in_one_line(labels, settings, says):
    with pytest.raises(ValueError, match=says) as error:
        measure(labels, **settings)
    assert "\n" not in str(error.value)


def test_measure_plane_refuses_another_size():
    with pytest.raises(ValueError, match="same height and width"):
        measure_plane(LABELS, IMAGE[:, :2])


@pytest.mark.parametrize("dtype", [">u2", ">i8"])
def test_ids_in_the_other_byte_order_are_the_same(dtype: str) -> None:
    labels = LABELS.astype(dtype)
    labels[labels == 7] = 30_000
    table = measure(labels, labels.astype(">f4"))
    assert table["label"].tolist() == [2, 30_000]
    assert table["area"].tolist() == [1, 6]
    assert table["mean_intensity"].tolist() == [2, 30_000]


def test_a_group_of_columns_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match=r"groups .*; received sizes; choose some of"):
        names_in(["shape", "sizes"])


@pytest.mark.parametrize(
    ("header", "unit", "expected"),
    [
        ("area", None, "px²"),
        ("area_um2", "um", "um²"),
        ("area_micrometer2", "micrometer", "µm²"),
        ("centroid_y", None, "px"),
        ("centroid_y_mm", "mm", "mm"),
        ("axis_major_length_mm", "mm", "mm"),
        ("axis_major_length", "mm", "px"),
        ("orientation", "mm", "rad"),
        ("solidity", "mm", ""),
        ("somebody's own", "mm", ""),
    ],
)
def test_a_column_tells_its_unit(header, unit, expected):
    assert unit_of(header, unit) == expected
