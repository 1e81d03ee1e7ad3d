"""Objects of other programs, forged and broken ones among them."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import roifile

from napari_mobile_unet.io.read import read_stack

if TYPE_CHECKING:
    from pathlib import Path


def save_seg(path: Path, content: bytes) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|O", "fortran_order": False, "shape": ()}
    )
    path.write_bytes(header.getvalue() + content)


class Runs:
    """What runs a function as it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = str(target)

    def __reduce__(self) -> Any:
        return open, (self.target, "w")


def test_a_pickle_that_runs_something_is_refused_and_not_run(tmp_path: Path) -> None:
    path, made = tmp_path / "a_seg.npy", tmp_path / "made"
    masks = np.ones((2, 2), np.uint16)
    np.save(path, np.array({"masks": masks, "x": Runs(made)}, object))
    with pytest.raises(OSError, match=r"wants to run (_?io|builtins)\.open") as caught:
        read_stack(path, as_labels=True)
    assert not made.exists()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_masks_of_any_protocol_are_read(protocol: int, tmp_path: Path) -> None:
    masks = np.asfortranarray(np.arange(12, dtype=">u4").reshape(3, 4))
    content = {"masks": masks, "outlines": [], "diameter": np.float32(30)}
    pickled = pickle.dumps(np.array(content, object), protocol)
    save_seg(tmp_path / "a_seg.npy", pickled)
    found = read_stack(tmp_path / "a_seg.npy", as_labels=True)
    assert np.array_equal(np.asarray(found.data), masks)


@pytest.mark.parametrize(
    "content",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"cnumpy\nload\n(S'x'\ntR.",
        b"\x80\x02r\xff\xff\xff\x7f.",
        b"\x80\x02N\x72\xff\xff\xff\x7f.",
        b"\x80\x04\x82\x01.",
        b"c_codecs\nencode\nN}V__defaults__\nNs\x86b.",  # changes what it finds
        b"",
        b"\x80\x05",
        b"N.",
    ],
)
def test_forged_pickles_are_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    save_seg(tmp_path / "a_seg.npy", content)
    with pytest.raises(OSError, match="is refused: a pickle is read only if"):
        read_stack(tmp_path / "a_seg.npy", as_labels=True)


def test_a_forged_shape_or_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a_seg.npy"
    pickled = pickle.dumps(np.array({"masks": np.ones((3, 4), np.uint8)}, object), 2)
    save_seg(path, pickled.replace(b"K\x03K\x04\x86", b"K\x03K\xff\x86"))
    with pytest.raises(OSError, match="broken"):
        read_stack(path, as_labels=True)
    save_seg(path, pickled.replace(b"u1", b"V8"))
    with pytest.raises(OSError, match="arrays of numbers"):
        read_stack(path, as_labels=True)


def feature(ring: list[list[float]], **properties: Any) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


SQUARE = [[1, 1], [4, 1], [4, 4], [1, 4], [1, 1]]


def read(path: Path, content: Any, **sizes: int) -> Any:
    path.write_text(json.dumps(content))
    return read_stack(path, as_labels=True, sizes=sizes or None)


def test_objects_without_or_with_a_taken_id_have_new_ones(tmp_path: Path) -> None:
    apart = [[x + 5, y] for x, y in SQUARE]
    below = [[x, y + 5] for x, y in SQUARE]
    objects = [feature(SQUARE, name="7"), feature(apart, name="7"), feature(below)]
    found = read(tmp_path / "a.geojson", objects)
    data = np.asarray(found.data)
    assert [data[2, 2], data[2, 7], data[7, 2]] == [7, 8, 9]
    assert "1 object had the id of another one" in found.notes[1]


def test_overlaps_and_outlines_beyond_the_image_are_said(tmp_path: Path) -> None:
    moved = [[x + 1, y] for x, y in SQUARE]
    far = [[x + 50, y] for x, y in SQUARE]
    objects = [feature(ring) for ring in (SQUARE, moved, far)]
    found = read(tmp_path / "a.geojson", objects, Y=6, X=6)
    assert found.data.shape == (6, 6)
    assert "objects overlap in 6 pixels, which the later one has" in found.notes
    assert "1 of 3 outlines hold no pixel of the image" in found.notes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"type": "FeatureCollection"}, "is a FeatureCollection with geometries"),
        ([feature([[0, float("nan")]])], "a list of corners"),
        ([feature([[0, 0], [1e12, 0], [1e12, 1e12]])], "have at most"),
        ([feature(SQUARE, name="9" * 30)], "whole numbers from 1 to"),
        ({"images": [], "annotations": []}, "received 0 images"),
        ({"images": [{}], "annotations": []}, "COCO has images with id"),
    ],
)
def test_broken_documents_are_refused(
    content: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "a.json", content)


def test_what_is_no_json_or_no_roi_is_refused(tmp_path: Path) -> None:
    for name in ("a.geojson", "a.json", "a.zip", "a.roi", "b_seg.npy"):
        (tmp_path / name).write_bytes(b"\xff{")
        with pytest.raises((OSError, ValueError), match=name):
            read_stack(tmp_path / name, as_labels=True)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
def test_a_damaged_zip_of_rois_is_named_in_one_line(
    method: int, tmp_path: Path
) -> None:
    path = tmp_path / "a.zip"
    roi = roifile.ImagejRoi.frompoints(np.eye(3, 2) * 9, name="a")
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.roi", roi.tobytes())
    content = bytearray(path.read_bytes())
    content[45:60] = b"\xff" * 15
    path.write_bytes(content)
    with pytest.raises(
        OSError, match=r"a\.zip holds no whole ROIs of ImageJ"
    ) as caught:
        read_stack(path, as_labels=True)
    assert "\n" not in str(caught.value)


def test_a_line_of_imagej_is_no_object(tmp_path: Path) -> None:
    line = roifile.ImagejRoi.frompoints([[1, 1], [5, 5]], name="a line")
    line.roitype = roifile.ROI_TYPE.POLYLINE
    line.tofile(tmp_path / "a.roi")
    with pytest.raises(ValueError, match="objects are areas; ROI 'a line'"):
        read_stack(tmp_path / "a.roi", as_labels=True)


def test_rois_of_imagej_itself_are_filled(tmp_path: Path) -> None:
    box = roifile.ImagejRoi(roitype=roifile.ROI_TYPE.RECT)
    box.left, box.top, box.right, box.bottom = 2, 1, 5, 3
    box.name = "0002-0003"
    roifile.roiwrite(tmp_path / "a.zip", [box], mode="w")
    found = read_stack(tmp_path / "a.zip", as_labels=True, sizes={"Y": 6, "X": 7})
    assert np.argwhere(np.asarray(found.data)).tolist() == [
        [y, x] for y in (1, 2) for x in (2, 3, 4)
    ]


def test_outlines_are_no_images(tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text("[]")
    with pytest.raises(ValueError, match="an image file is one of"):
        read_stack(tmp_path / "a.geojson")


def test_json_that_was_cut_off_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text('{"type": "FeatureColl')
    with pytest.raises(OSError, match=r"not whole JSON .*; copy or export it again"):
        read_stack(tmp_path / "a.geojson", as_labels=True)


def test_a_point_is_no_object(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [1, 2]}
    features = [{"type": "Feature", "geometry": point}]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (tmp_path / "a.geojson").write_text(text)
    with pytest.raises(ValueError, match="feature 0 is 'Point'; remove it, or make an"):
        read_stack(tmp_path / "a.geojson", as_labels=True)


@pytest.mark.parametrize(
    ("size", "counts", "said"),
    [
        ([4, 5], [3, 2], r"cover its image of 4 × 5; those of annotation 7 cover 5 "),
        ([4, 5], [30, -10], r"those of annotation 7 cover 20 pixels; export it again"),
        ([5, 4], [20], r"size of their image, \(4, 5\); that of annotation 7 has \(5"),
    ],
)
def test_runs_that_do_not_fit_their_image_are_refused(
    size: list[int], counts: list[int], said: str, tmp_path: Path
) -> None:
    drawn = {"size": size, "counts": counts}
    text = json.dumps(
        {
            "images": [{"id": 1, "height": 4, "width": 5}],
            "annotations": [{"id": 7, "image_id": 1, "segmentation": drawn}],
        }
    )
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=said):
        read_stack(tmp_path / "a.json", as_labels=True)


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({"outlines": 1}, "has none; save it again"),
        ({"masks": np.zeros((2, 3))}, r"are float64 of shape \(2, 3\); save it again"),
        ({"masks": np.zeros(3, int)}, r"are int64 of shape \(3,\); save it again"),
    ],
)
def test_masks_that_are_none_are_refused(
    stored: dict[str, Any], said: str, tmp_path: Path
) -> None:
    save_seg(tmp_path / "a_seg.npy", pickle.dumps(np.array(stored, object), 2))
    with pytest.raises(OSError, match=said):
        read_stack(tmp_path / "a_seg.npy", as_labels=True)


def test_masks_that_count_from_minus_1_count_from_0(tmp_path: Path) -> None:
    masks = np.array([[-1, 0], [1, 1]])
    stored = np.array({"masks": masks}, object)
    save_seg(tmp_path / "a_seg.npy", pickle.dumps(stored, 2))
    read = read_stack(tmp_path / "a_seg.npy", as_labels=True)
    assert read.data[:].tolist() == [[0, 1], [2, 2]]


def test_a_file_of_another_layout_of_numpy_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "a_seg.npy").open("wb") as file:
        np.lib.format.write_array(
            file, np.array({"masks": 1}, object), version=(2, 0), allow_pickle=True
        )
    with pytest.raises(OSError, match=r"a NPY file of version \(2, 0\)"):
        read_stack(tmp_path / "a_seg.npy", as_labels=True)


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        (b"\x80\x02\x82\x01.", "it uses EXT1"),
        (b"(i__main__\nx\n.", "it uses INST"),
        (b"]r\xff\xff\xff\x7f.", "it numbers parts that it does not have"),
    ],
)
def test_codes_that_run_or_fill_memory_are_named(
    codes: bytes, said: str, tmp_path: Path
) -> None:
    save_seg(tmp_path / "a_seg.npy", codes)
    with pytest.raises(OSError, match=said):
        read_stack(tmp_path / "a_seg.npy", as_labels=True)
