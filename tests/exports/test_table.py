"""Tables under the names of other programs, and as files."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_mobile_unet.exports.naming import NAMINGS, known_names, rename
from napari_mobile_unet.exports.table import write_table
from napari_mobile_unet.objects.calibration import Calibration
from napari_mobile_unet.objects.columns import COLUMNS, GROUPS
from napari_mobile_unet.objects.measure import measure

SIZES = Calibration((2.0, 0.5), "micrometer")


@pytest.fixture(scope="module")
def table():
    labels = np.zeros((2, 20, 30), np.uint16)
    labels[:, 4:8, 10:22] = 7
    grey = np.stack([labels * 10, labels * 20], axis=1)
    scale = (60, *SIZES.steps)
    units = ("s", "micrometer", "micrometer")
    found = measure(labels, grey, axes="TCYX", scale=scale, units=units, groups=GROUPS)
    return found.assign(confidence=0.5)


def test_values_are_those_of_each_program(table):
    ours = table.iloc[1]
    imagej = rename(table, "imagej", SIZES).iloc[1]
    assert imagej[["Label", "Frame"]].tolist() == [7, 2]
    # In the unit, from the edge of the first pixel; a box has a corner and a size.
    assert imagej[["X", "Y"]].tolist() == [(15.5 + 0.5) * 0.5, (5.5 + 0.5) * 2]
    assert imagej[["BX", "BY", "Width", "Height"]].tolist() == [5, 8, 6, 8]
    assert imagej["Area"] == 48 == ours["area_micrometer2"]
    assert imagej["Major"] == ours["axis_major_length_micrometer"]
    assert imagej["Angle"] == pytest.approx(0)  # it lies along X
    assert np.isnan(imagej["Perim."])  # pixels are no squares
    assert imagej[["Mean_0", "RawIntDen_1"]].tolist() == [70, 140 * 48]
    qupath = rename(table, "qupath", SIZES).iloc[1]
    assert qupath["Area µm^2"] == 48
    assert qupath["Centroid Y µm"] == 12
    assert qupath["1: Mean"] == 140
    profiler = rename(table, "cellprofiler", SIZES).iloc[1]
    assert profiler["AreaShape_Area"] == 48 == ours["area"]
    assert profiler["AreaShape_Center_X"] == 15.5
    assert profiler["Intensity_MeanIntensity_0"] == 70
    scikit = rename(table, "scikit-image", SIZES).iloc[1]
    assert scikit["area [µm²]"] == scikit["area_px"] == 48
    assert scikit[["centroid-0_px", "centroid-0 [µm]"]].tolist() == [5.5, 11]
    assert scikit[["bbox-0", "bbox-3"]].tolist() == [4, 22]
    assert scikit["intensity_mean_1"] == 140
    assert scikit["frame"] == 1


@pytest.mark.parametrize("naming", NAMINGS)
def test_nothing_is_lost_or_there_twice(table, naming):
    renamed = rename(table, naming, SIZES)
    assert renamed.columns.is_unique
    assert len(renamed) == len(table)
    assert renamed["confidence"].tolist() == [0.5, 0.5]
    if naming in known_names() and naming != "scikit-image":
        assert not {"area", "area_micrometer2", "centroid_y"} & set(renamed)
        assert "corrected_intensity_0" in renamed  # which none of them has
    plain = measure(np.ones((3, 4), int), groups=["size", "place"])
    assert rename(plain, naming, Calibration((1, 1))).columns.is_unique


def test_volumes_keep_their_names_apart():
    volume = measure(
        np.ones((2, 3, 4), int), scale=(2, 1, 1), units=("mm",) * 3, groups=GROUPS
    )
    for naming in NAMINGS:
        renamed = rename(volume, naming, Calibration((2, 1, 1), "mm"))
        assert renamed.columns.is_unique
    assert rename(volume, "imagej", Calibration((2, 1, 1), "mm"))["Z"][0] == 2


def test_files(table, tmp_path, monkeypatch):
    write_table(table, tmp_path / "t.csv", SIZES)
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "t.csv"), table, check_dtype=False
    )
    write_table(table, tmp_path / "t.parquet", SIZES)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "t.parquet"), table)
    from pyarrow import parquet

    schema = parquet.read_schema(tmp_path / "t.parquet")
    assert schema.field("area").metadata[b"unit"] == b"px\xc2\xb2"
    assert schema.field("area_micrometer2").metadata[b"unit"].decode() == "µm²"
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ValueError, match=r"pip install .*\[parquet\]"):
        write_table(table, tmp_path / "u.parquet", SIZES)
    with pytest.raises(ValueError, match=r"written as \.csv or"):
        write_table(table, tmp_path / "t.xlsx", SIZES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "t.parquet"]


def test_the_documentation_has_every_column_and_name():
    text = (Path(__file__).parents[2] / "docs" / "measuring.md").read_text("utf-8")
    for column in COLUMNS:
        assert f"`{column.name}" in text
        assert column.meaning in text
    for names in known_names().values():
        assert all(theirs in text for theirs in names.values())
