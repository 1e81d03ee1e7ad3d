"""Objects that are measured plane by plane are those that are measured at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from napari_mobile_unet.images.grid import Grid
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.objects.calibration import calibration_of
from napari_mobile_unet.objects.measure import measure
from napari_mobile_unet.objects.pieces import (
    extras_of,
    join_pieces,
    pieces_of,
    update_table,
    without_stale,
)

LENGTHS = {"T": 3, "C": 2, "Z": 4, "Y": 40, "X": 50, "S": 3}


def example(axes: str, image_axes: str = "") -> tuple[Stack, Stack | None]:
    """Return calibrated labels that reach over planes and frames, and an image."""
    rng = np.random.default_rng(3)
    shape = [LENGTHS[axis] for axis in axes]
    labels = rng.integers(0, 9, shape) * (rng.random(shape) < 0.3) * 100
    units = ["second" if axis == "T" else "micrometer" for axis in axes]
    scale = [0.5 + n for n in range(len(axes))]
    stack = Stack(labels, Grid(axes, tuple(scale), units=tuple(units)))
    if not image_axes:
        return stack, None
    image = rng.normal(size=[LENGTHS[axis] for axis in image_axes])
    image[..., 2] = np.nan
    return stack, Stack(image, image_axes)


def joined(labels: Stack, image: Stack | None) -> pd.DataFrame:
    pieces = [pieces_of(labels, n, image) for n in range(labels.n_planes)]
    known = calibration_of(labels, image, None, None)
    return join_pieces(pieces, labels.axes, known)


@pytest.mark.parametrize(
    ("axes", "image_axes"),
    [
        ("YX", ""),
        ("YX", "YX"),
        ("ZYX", "ZCYX"),
        ("TYX", "TYX"),
        ("TYX", "TYXS"),
        ("TZYX", "TZYX"),
        ("ZTYX", ""),
    ],
)
@pytest.mark.parametrize("windows", [False, True])
def test_pieces_join_to_what_is_measured_at_once(
    axes: str, image_axes: str, windows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if windows:
        sampling = "napari_mobile_unet.images.sampling"
        monkeypatch.setattr(f"{sampling}.is_large", lambda _: True)
        monkeypatch.setattr(f"{sampling}.BLOCK", 16)
    labels, image = example(axes, image_axes)
    expected = measure(labels, image)
    pd.testing.assert_frame_equal(
        joined(labels, image), expected, check_dtype=False, rtol=1e-12, atol=1e-9
    )


def test_labels_without_objects_have_the_same_columns() -> None:
    labels = Stack(np.zeros((2, 8, 9), int), "ZYX")
    expected = measure(labels, labels)
    assert joined(labels, labels).columns.tolist() == expected.columns.tolist()
    assert len(joined(labels, labels)) == 0


def test_positions_are_measured_apart() -> None:
    labels = np.zeros((2, 8, 9), int)
    labels[0, :3, :3] = labels[1, :2, :2] = 5
    table = joined(Stack(labels, "PYX"), None)
    assert table[["label", "p", "area"]].to_numpy().tolist() == [[5, 0, 9], [5, 1, 4]]


def test_other_columns_are_kept_and_new_objects_have_none() -> None:
    earlier = pd.DataFrame(
        {
            "label": [1, 2, 2],
            "t": [0, 0, 1],
            "area": [5, 5, 5],
            "confidence": [0.1, 0.2, 0.3],
            "class": ["a", "b", "c"],
        }
    )
    measured = pd.DataFrame({"label": [2, 3, 2], "t": [0, 0, 1], "area": [7, 8, 9]})
    table = update_table(earlier, measured)
    assert table["area"].tolist() == [7, 8, 9]
    np.testing.assert_array_equal(table["confidence"], [0.2, np.nan, 0.3])
    assert table["class"].tolist()[::2] == ["b", "c"]
    assert pd.isna(table["class"][1])


def test_a_table_of_objects_over_all_frames_lends_to_each_of_them() -> None:
    earlier: Any = pd.DataFrame({"label": [1], "class": ["a"]})
    measured = pd.DataFrame({"label": [1, 1], "t": [0, 1]})
    assert update_table(earlier, measured)["class"].tolist() == ["a", "a"]


def test_the_confidence_of_an_object_is_that_of_its_planes() -> None:
    objects = pd.DataFrame(
        {
            "label": [1, 1, 2, 2, 3],
            "z": [0, 1, 0, 1, 1],
            "area": [10, 30, 10, 30, 5],
            "mean_intensity": 1.0,
            "confidence": [0.2, 0.6, 0.4, np.nan, np.nan],
            "parent": [0, 0, 1, 1, 0],
        }
    )
    table = extras_of(objects)
    assert table.columns.tolist() == ["label", "confidence", "parent"]
    np.testing.assert_allclose(table["confidence"], [0.5, 0.4, np.nan])
    assert table["parent"].tolist() == [0, 1, 0]


def test_numbers_of_objects_that_changed_are_forgotten():
    labels = np.zeros((20, 20), int)
    labels[2:6, 2:6], labels[10:14, 10:14] = 1, 2
    known = measure(labels, groups=["place", "size", "hull"]).assign(mine=["a", "b"])
    known["corrected_intensity"] = 5.0
    assert without_stale(known, measure(labels)).equals(known)
    labels[14, 10] = 2
    told = without_stale(known, measure(labels))
    assert told["solidity"].isna().tolist() == [False, True]
    assert told["corrected_intensity"].isna().all()
    assert told["mine"].tolist() == ["a", "b"]
    assert told["area"].tolist() == [16, 16]  # which the new table replaces
