"""Labels to the files of other programs and back, each opened with its own library."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import roifile
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools.coco import COCO

from napari_mobile_unet.exports import export_labels, import_labels
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.ome_zarr import labels_in
from napari_mobile_unet.io.write import write_image

if TYPE_CHECKING:
    from pathlib import Path

DRAWN = ["a.zip", "a.geojson", "a.json", "a_seg.npy"]
NAMES = [*DRAWN, "a.ome.tif", "a.ome.zarr"]


@pytest.fixture
def hard() -> np.ndarray:
    """Return labels with all that outlines may get wrong."""
    labels = np.zeros((24, 30), np.int32)
    labels[0:9, 0:9] = 3  # at the border, with a hole and an island in it
    labels[2:7, 2:7] = 0
    labels[4, 4] = 3
    labels[9, 9] = 3  # touches at a corner
    labels[0:9, 9:14] = 70_001  # touches along a side
    labels[12, 3] = 8  # one pixel
    labels[14, 2:20] = 9  # lines
    labels[16:24, 29] = 10
    labels[20:22, 2:4] = labels[20:22, 10:12] = 11  # two pieces
    return labels


def pixels(stack: Stack) -> np.ndarray:
    return np.asarray(stack.squeeze().data)


@pytest.mark.parametrize("name", NAMES)
def test_labels_come_back_exactly(name: str, hard: np.ndarray, tmp_path: Path) -> None:
    export_labels(hard, tmp_path / name)
    assert np.array_equal(pixels(import_labels(tmp_path / name, hard.shape)), hard)


@pytest.mark.parametrize("name", DRAWN)
@given(
    labels=arrays(
        np.int64,
        array_shapes(min_dims=2, max_dims=2, max_side=7),
        elements=st.sampled_from([0, 0, 1, 2, 70_000]),
    )
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_labels_come_back(name: str, labels: np.ndarray, tmp_path: Path) -> None:
    export_labels(labels, tmp_path / name)
    assert np.array_equal(
        np.asarray(import_labels(tmp_path / name, labels.shape).data), labels
    )


@pytest.mark.parametrize(
    ("axes", "names"),
    [("ZYX", DRAWN), ("TYX", DRAWN[:3]), ("TZYX", DRAWN[:3])],
)
def test_planes_keep_their_place(
    axes: str, names: list[str], hard: np.ndarray, tmp_path: Path
) -> None:
    stack = np.zeros((2, 3, *hard.shape), np.int32)
    stack[0, 1], stack[1, 2] = hard, hard * 2
    shape = stack.shape[-len(axes) :]
    labels = Stack.from_array(stack[1] if len(axes) == 3 else stack, axes)
    for name in names:
        export_labels(labels, tmp_path / name)
        sizes = dict(zip(axes, shape, strict=True))
        found = import_labels(tmp_path / name, sizes)
        assert found.axes == axes
        assert np.array_equal(np.asarray(found.data), np.asarray(labels.data))


@pytest.mark.parametrize("name", ["a.geojson", "a.json", "a_seg.npy"])
def test_a_file_that_tells_the_size_needs_no_image(name: str, tmp_path: Path) -> None:
    labels = np.zeros((20, 30), np.uint8)
    labels[2, 3] = 1
    export_labels(labels, tmp_path / name)
    found = import_labels(tmp_path / name)
    assert np.array_equal(np.asarray(found.data), labels)
    assert found.notes == ()


def test_outlines_alone_span_what_they_need_and_say_so(tmp_path: Path) -> None:
    labels = np.zeros((20, 30), np.uint8)
    labels[2, 3] = 1
    export_labels(labels, tmp_path / "a.zip")
    found = import_labels(tmp_path / "a.zip")
    assert found.data.shape == (3, 4)
    assert "its size was not stored" in found.notes[0]


def test_imagej_finds_names_planes_and_paths(hard: np.ndarray, tmp_path: Path) -> None:
    stack = Stack.from_array(np.stack([hard, hard])[None], "TZYX")
    export_labels(stack, tmp_path / "a.zip")
    export_labels(stack, tmp_path / "a.zip")  # replaced, not added to
    rois = {roi.name: roi for roi in roifile.roiread(tmp_path / "a.zip")}
    assert len(rois) == 2 * 6
    ring = rois["label 3, z 2"]
    assert ring.composite
    assert (ring.z_position, ring.t_position) == (2, 0)
    assert (ring.left, ring.top, ring.right, ring.bottom) == (0, 0, 10, 10)
    assert len(ring.coordinates(multi=True)) == 4
    line = rois["label 9, z 1"]
    assert line.roitype == roifile.ROI_TYPE.TRACED
    assert line.coordinates().tolist() == [[20, 14], [20, 15], [2, 15], [2, 14]]


def test_coordinates_beyond_those_of_simple_rois(tmp_path: Path) -> None:
    labels = np.zeros((3, 70_000), np.uint8)
    labels[1, 5], labels[1:, 69_998:] = 1, 2
    export_labels(labels, tmp_path / "a.zip")
    assert np.array_equal(pixels(import_labels(tmp_path / "a.zip")), labels)


def test_geojson_is_valid_and_tells_what_qupath_asks(
    hard: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "a.geojson"
    export_labels(hard, path, locked={9}, classes={9: "Nucleus"})
    features = json.loads(path.read_text())["features"]
    for feature in features:
        geometry = shapely.from_geojson(json.dumps(feature["geometry"]))
        label = feature["properties"]["measurements"]["Label"]
        assert geometry.is_valid
        assert geometry.area == np.count_nonzero(hard == label)
    (line,) = (f["properties"] for f in features if f["properties"]["name"] == "9")
    assert line["objectType"] == "annotation"
    assert line["isLocked"]
    assert line["classification"] == {"name": "Nucleus"}
    assert sum(f["properties"]["isLocked"] for f in features) == 1


# pycocotools is not yet as NumPy 2 wants it.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_pycocotools_finds_the_same_masks(hard: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    export_labels(hard, path, image="cells.tif")
    coco = COCO(path)
    annotations = coco.loadAnns(coco.getAnnIds())
    assert [a["id"] for a in annotations] == list(range(1, 7))
    assert [a["label"] for a in annotations] == [3, 8, 9, 10, 11, 70_001]
    for found in annotations:
        mask = hard == found["label"]
        assert np.array_equal(coco.annToMask(found).astype(bool), mask)
        y, x = np.nonzero(mask)
        assert found["bbox"] == [
            x.min(), y.min(), np.ptp(x) + 1, np.ptp(y) + 1,
        ]  # fmt: skip
        assert found["area"] == mask.sum()


def test_compressed_runs_are_read(hard: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    export_labels(hard, path)
    coco, content = COCO(path), json.loads(path.read_text())
    for found in content["annotations"]:
        runs = coco.annToRLE(found)
        found["segmentation"] = {**runs, "counts": runs["counts"].decode()}
    path.write_text(json.dumps(content))
    assert np.array_equal(pixels(import_labels(path)), hard)


def test_cellpose_finds_the_keys_that_it_looks_for(
    hard: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "a_seg.npy"
    export_labels(hard, path, image="cells.tif", locked={9})
    found = np.load(path, allow_pickle=True).item()
    assert found["filename"] == "cells.tif"
    assert np.array_equal(found["masks"], hard)
    assert set(np.unique(found["outlines"])) == set(np.unique(hard))
    assert found["outlines"][3, 1] == 3  # between border and hole
    # Objects as they are met: 3, 70001, 8, 9, 10, 11.
    assert found["ismanual"].tolist() == [False, False, False, True, False, False]
    assert len(found["zdraw"]) == 6


@pytest.mark.parametrize(
    ("name", "form", "message"),
    [
        ("a.png", None, "change the suffix"),
        ("a.json", "imagej", "imagej has the suffix .zip or .roi"),
        ("a.zip", "svg", "a format is one of imagej"),
        ("a.roi", None, "holds one outline"),
    ],
)
def test_what_cannot_be_written_is_one_line(
    name: str, form: str | None, message: str, hard: np.ndarray, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        export_labels(hard, tmp_path / name, form)
    assert not list(tmp_path.iterdir())


def test_labels_go_into_the_group_of_their_image(tmp_path: Path) -> None:
    image, labels = tmp_path / "a.ome.zarr", np.zeros((20, 30), np.uint16)
    labels[2:9, 3:7] = 300
    write_image(image, Stack.from_array(np.zeros((20, 30), np.uint8)))
    export_labels(labels, image / "labels" / "cells")
    assert np.array_equal(pixels(import_labels(image / "labels" / "cells")), labels)
    assert labels_in(image) == [image / "labels" / "cells"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrong", [np.zeros((4, 5)), np.zeros((4, 5), bool)])
def test_what_is_no_labels_is_refused(
    wrong: np.ndarray, name: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="labels are whole numbers"):
        export_labels(wrong, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_ids_beyond_32_bits_are_refused_for_cellpose(tmp_path: Path) -> None:
    labels = Stack(np.full((4, 4), 2**32, np.int64), "YX")
    with pytest.raises(ValueError, match="32 bits; received 4294967296; renumber"):
        export_labels(labels, tmp_path / "a_seg.npy")
    assert list(tmp_path.iterdir()) == []
