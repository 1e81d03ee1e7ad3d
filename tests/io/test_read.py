from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from napari_mobile_unet.images.grid import Grid
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io import ome_tiff
from napari_mobile_unet.io.atomic import atomic_path
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image, write_labels

if TYPE_CHECKING:
    from collections.abc import Callable

PLANES = np.random.default_rng(0).integers(0, 255, (10, 64, 48), np.uint8)
MICROMETER, PIXEL, SECOND = "micrometer", "pixel", "second"


def write_tiff(path: Path, array: np.ndarray, **settings: Any) -> Path:
    tifffile.imwrite(path, array, photometric="minisblack", **settings)
    return path


def test_ome_metadata_give_axes_sizes_and_units(tmp_path: Path) -> None:
    array = np.arange(3 * 2 * 5 * 8 * 9, dtype=np.uint16).reshape(3, 2, 5, 8, 9)
    metadata = {
        "axes": "TCZYX",
        "PhysicalSizeX": 0.2,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": 200.0,
        "PhysicalSizeYUnit": "nm",
        "PhysicalSizeZ": 1.5,
        "TimeIncrement": 2.0,
        "TimeIncrementUnit": "min",
    }
    path = write_tiff(tmp_path / "a.ome.tif", array, ome=True, metadata=metadata)
    stack = read_stack(path)
    assert (stack.axes, stack.axes_source, stack.name) == (
        *("TCZYX", "metadata", "a.ome.tif"),
    )
    assert stack.scale == (2.0, 1.0, 1.5, 200.0, 0.2)
    assert stack.units == ("minute", PIXEL, MICROMETER, "nanometer", MICROMETER)
    np.testing.assert_array_equal(stack.data, array)


@pytest.mark.parametrize("unit", ["micron", "um", "\\u00B5m"])
def test_imagej_metadata_give_axes_sizes_and_units(unit: str, tmp_path: Path) -> None:
    metadata = {"axes": "TZCYX", "unit": unit, "spacing": 0.5, "finterval": 3.0}
    path = write_tiff(
        tmp_path / "a.tif",
        np.zeros((3, 5, 2, 8, 9), np.uint16),
        imagej=True,
        resolution=(5, 4),
        metadata=metadata,
    )
    stack = read_stack(path)
    assert (stack.axes, stack.axes_source) == ("TZCYX", "metadata")
    assert stack.scale == (3.0, 0.5, 1.0, 0.25, 0.2)
    assert stack.units == (SECOND, MICROMETER, PIXEL, MICROMETER, MICROMETER)


def test_pages_that_nobody_named_are_a_guess(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif", PLANES, metadata=None)
    assert (read_stack(path).axes, read_stack(path).axes_source) == ("ZYX", "shape")
    given = read_stack(path, "tyx")
    assert (given.axes, given.axes_source) == ("TYX", "given")


def test_the_callers_axes_keep_the_sizes_of_axes_of_that_name(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    metadata = {"axes": "ZYX", "unit": "um", "spacing": 2.0}
    write_tiff(path, PLANES, imagej=True, resolution=(4, 4), metadata=metadata)
    assert read_stack(path).scale == (2.0, 0.25, 0.25)
    assert read_stack(path, "TYX").scale == (1.0, 0.25, 0.25)
    assert read_stack(path, "TYX").units == (PIXEL, MICROMETER, MICROMETER)


def test_large_tiff_files_are_read_plane_by_plane(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ome_tiff, "LAZY_BYTES", 1000)
    path = write_tiff(tmp_path / "a.tif", PLANES, imagej=True, metadata={"axes": "ZYX"})
    stack = read_stack(path)
    assert isinstance(stack.data, zarr.Array)
    np.testing.assert_array_equal(stack.plane(7), PLANES[7])
    stack.data.store.close()


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.npy"])
@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 3), (1, 1)])
def test_pictures_in_grey_and_colour(
    name: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    array = np.random.default_rng(1).integers(0, 255, shape, np.uint8)
    if name.endswith("npy"):
        np.save(tmp_path / name, array)
    else:
        iio.imwrite(tmp_path / name, array)
    stack = read_stack(tmp_path / name)
    assert stack.axes == ("YX" if len(shape) == 2 else "YXS")
    np.testing.assert_array_equal(stack.plane(0), array)


def test_alpha_is_left_out(tmp_path: Path) -> None:
    colour = np.dstack([PLANES[0], PLANES[1], PLANES[2], PLANES[3]])
    iio.imwrite(tmp_path / "rgba.png", colour)
    np.testing.assert_array_equal(
        read_stack(tmp_path / "rgba.png").plane(0), colour[..., :3]
    )
    iio.imwrite(tmp_path / "grey.png", colour[..., :2], mode="LA", plugin="pillow")
    np.testing.assert_array_equal(read_stack(tmp_path / "grey.png").plane(0), PLANES[0])


def test_a_palette_becomes_the_colours_it_stands_for(tmp_path: Path) -> None:
    image = Image.fromarray(np.eye(6, 8, dtype=np.uint8))
    image.putpalette([0, 0, 0, 250, 10, 20])
    image.save(tmp_path / "a.png")
    plane = read_stack(tmp_path / "a.png").plane(0)
    assert plane.shape == (6, 8, 3)
    assert plane[0, :2].tolist() == [[250, 10, 20], [0, 0, 0]]


def test_colour_of_16_bits_keeps_them(tmp_path: Path) -> None:
    cv2.imwrite(
        str(tmp_path / "a.png"), np.full((8, 9, 3), (1, 2000, 60000), np.uint16)
    )
    plane = read_stack(tmp_path / "a.png").plane(0)
    assert plane.dtype == np.uint16
    assert plane[4, 4].tolist() == [60000, 2000, 1]


def test_inks_of_a_jpeg_become_rgb(tmp_path: Path) -> None:
    inks = np.zeros((8, 9, 4), np.uint8)
    iio.imwrite(tmp_path / "a.jpg", inks, mode="CMYK", plugin="pillow")
    plane = read_stack(tmp_path / "a.jpg").plane(0)
    assert plane.shape == (8, 9, 3)
    assert plane.min() > 250  # no ink is white


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr_gives_axes_sizes_and_units(version: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=2 if version == "0.4" else 3)
    array = group.create_array("full", shape=(2, 5, 8, 9), dtype="u2")
    array[...] = 7
    units = [{}, *[{"unit": MICROMETER}] * 3]
    image = {
        "axes": [
            {"name": name, **unit} for name, unit in zip("czyx", units, strict=True)
        ],
        "datasets": [
            {
                "path": "full",
                "coordinateTransformations": [
                    {"type": "scale", "scale": [1, 2, 0.5, 0.5]},
                    {"type": "translation", "translation": [0, 1, 0, 0]},
                ],
            },
            {"path": "half"},
        ],
        "coordinateTransformations": [{"type": "scale", "scale": [1, 3, 1, 1]}],
    }
    if version == "0.4":
        group.attrs["multiscales"] = [image]
    else:
        group.attrs["ome"] = {"version": "0.5", "multiscales": [image]}
    stack = read_stack(path)
    assert (stack.axes, stack.axes_source) == ("CZYX", "metadata")
    assert stack.scale == (1.0, 6.0, 0.5, 0.5)
    assert stack.translate == (0.0, 3.0, 0.0, 0.0)
    assert stack.units == (PIXEL, *[MICROMETER] * 3)
    assert isinstance(stack.data, zarr.Array)


def test_a_zarr_array_may_name_its_axes(tmp_path: Path) -> None:
    made = {"shape": (2, 5, 8, 9), "dtype": "u1"}
    zarr.create_array(tmp_path / "a.zarr", **made, dimension_names=["t", "c", "y", "x"])
    assert read_stack(tmp_path / "a.zarr").axes == "TCYX"
    zarr.create_array(tmp_path / "b.zarr", **made, dimension_names=["q", "c", "y", "x"])
    with pytest.raises(ValueError, match=r"b\.zarr: .* cannot be guessed"):
        read_stack(tmp_path / "b.zarr")


def cut_off(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing.tif": (lambda path: None, "there is none at"),
    "empty.tif": (Path.touch, "is empty"),
    "text.tif": (lambda path: path.write_text("hello"), "not a TIFF"),
    "text.png": (lambda path: path.write_text("hello"), "not a readable"),
    "text.npy": (lambda path: path.write_text("hello"), "not a whole NPY"),
    "folder.tif": (Path.mkdir, "is a folder"),
    "folder": (Path.mkdir, "name what is in it"),
    "empty.zarr": (Path.mkdir, "no Zarr"),
    "file.zarr": (lambda path: path.write_text("hello"), "is a file"),
    "group.zarr": (
        lambda path: zarr.open_group(path, mode="w"),
        "without an OME image",
    ),
    "unknown.czi": (lambda path: path.write_text("hello"), "must be one of"),
    "objects.npy": (lambda path: np.save(path, np.array([{}])), "not a whole NPY"),
    "zero.npy": (lambda path: np.save(path, np.zeros((0, 5))), "a pixel on each axis"),
    "line.npy": (lambda path: np.save(path, np.zeros(5)), "2 to 5 dimensions"),
    "complex.npy": (lambda path: np.save(path, np.zeros((5, 5), complex)), "real"),
    "five.npy": (lambda path: np.save(path, np.zeros((1,) * 5)), "cannot be guessed"),
    "complex.tif": (
        lambda path: tifffile.imwrite(path, np.zeros((5, 5), "c8")),
        "real",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_in_one_line(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    make, said = BAD[name]
    make(tmp_path / name)
    with pytest.raises((OSError, ValueError), match=said) as caught:
        read_stack(tmp_path / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.npy", "deep.png"])
def test_pictures_that_are_cut_off_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "a.npy":
        np.save(path, PLANES)
    elif name == "deep.png":
        noise = np.random.default_rng(2).integers(0, 60000, (64, 48, 3), np.uint16)
        cv2.imwrite(str(path), noise)
    else:
        iio.imwrite(path, PLANES[0])
    cut_off(path)
    with pytest.raises(OSError, match=name):
        read_stack(path)


def test_compressed_tiff_files_that_are_cut_off_are_refused(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif", PLANES, compression="zlib", metadata=None)
    cut_off(path)
    with pytest.raises(OSError, match=r"a\.tif ends at byte"):
        read_stack(path)


def test_a_zarr_image_without_its_array_is_refused(tmp_path: Path) -> None:
    group = zarr.open_group(tmp_path / "a.zarr", mode="w")
    image = {"axes": [{"name": "y"}, {"name": "x"}], "datasets": [{"path": "0"}]}
    group.attrs["ome"] = {"version": "0.5", "multiscales": [image]}
    with pytest.raises(OSError, match="lacks the array '0'"):
        read_stack(tmp_path / "a.zarr")


SOURCE = Stack(
    np.zeros((3, 2, 5, 8, 9), np.uint8),
    Grid(
        "TCZYX",
        (2.0, 1.0, 0.5, 0.25, 0.2),
        (0.0, 0.0, 1.0, 2.0, 3.0),
        (SECOND, PIXEL, MICROMETER, MICROMETER, MICROMETER),
    ),
)


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif", "a.zarr"])
@pytest.mark.parametrize(
    ("first", "dtype"), [(0, np.uint16), (2**16, np.uint32), (2**31, np.uint32)]
)
def test_labels_come_back_as_they_were(
    name: str, first: int, dtype: type, tmp_path: Path
) -> None:
    labels = np.arange(first, first + 3 * 5 * 8 * 9).reshape(3, 5, 8, 9)
    write_labels(tmp_path / name, labels, SOURCE)
    back = read_stack(tmp_path / name)
    assert (back.axes, back.data.dtype) == ("TZYX", dtype)
    assert back.scale == SOURCE.labels_scale
    assert back.units == SOURCE.labels_grid.units
    if name.endswith("zarr"):
        assert back.translate == SOURCE.labels_grid.translate
    np.testing.assert_array_equal(np.asarray(back.data), labels)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_labels_in_zarr_are_cut_into_planes(tmp_path: Path) -> None:
    write_labels(tmp_path / "a.zarr", np.zeros((3, 5, 8, 9), int), SOURCE)
    group = zarr.open_group(tmp_path / "a.zarr", mode="r")
    assert group["0"].chunks == (1, 1, 8, 9)
    assert group.attrs["ome"]["version"] == "0.5"
    write_labels(tmp_path / "a.zarr", np.ones((3, 5, 8, 9), int), SOURCE)  # again
    assert np.asarray(read_stack(tmp_path / "a.zarr").data).min() == 1


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.array([[-1, 2]]), "received int64 from -1"),
        (np.zeros((1, 2)), "received float64"),
        (np.zeros((2, 2), int), r"\(1, 2\); received \(2, 2\)"),
        (np.array([[2**33, 0]]), "32 bits at most"),
    ],
)
def test_what_are_no_labels_is_refused(
    labels: np.ndarray, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=said):
        write_labels(tmp_path / "a.tif", labels, Stack(np.zeros((1, 2)), "YX"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("axes", "shape", "in_tiff", "in_zarr"),
    [
        ("XY", (9, 8), "YX", "YX"),
        ("YXZ", (8, 9, 5), "ZYX", "ZYX"),
        ("ZTYX", (5, 3, 8, 9), "ZTYX", "TZYX"),
        ("YXC", (8, 9, 2), "CYX", "CYX"),
        ("ZYXS", (5, 8, 9, 3), "ZYXS", "CZYX"),
        ("SYX", (3, 8, 9), "YXS", "CYX"),
    ],
)
def test_images_are_written_in_the_order_of_the_format(
    axes: str, shape: tuple[int, ...], in_tiff: str, in_zarr: str, tmp_path: Path
) -> None:
    image = np.random.default_rng(3).integers(0, 255, shape, np.uint8)
    scale = [2.0 if axis in "ZT" else 1.0 for axis in axes if axis != "S"]
    stack = Stack.from_array(image, axes, scale=scale, units=[MICROMETER] * len(scale))
    for name, wanted in (("a.tif", in_tiff), ("a.zarr", in_zarr)):
        write_image(tmp_path / name, stack)
        back = read_stack(tmp_path / name)
        assert back.axes == wanted
        assert all(
            back.grid.select(axis).scale == (2.0,) for axis in "Z" if axis in axes
        )
        np.testing.assert_array_equal(
            back.plane(back.n_planes - 1), stack.plane(stack.n_planes - 1)
        )


@pytest.mark.parametrize(
    ("dtype", "in_tiff"),
    [
        ("bool", "uint8"),
        ("float16", "float32"),
        ("float64", "float64"),
        ("i2", "int16"),
    ],
)
def test_types_that_ome_lacks_become_wider(
    dtype: str, in_tiff: str, tmp_path: Path
) -> None:
    image = np.eye(8, 9, dtype=dtype)
    write_image(tmp_path / "a.tif", Stack(image, "YX"))
    back = read_stack(tmp_path / "a.tif")
    assert back.data.dtype == in_tiff
    np.testing.assert_array_equal(back.data, image)


def test_what_a_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="32 bits at most; received int64"):
        write_image(tmp_path / "a.tif", Stack(np.zeros((8, 9), int), "YX"))
    with pytest.raises(ValueError, match="one axis for channels and RGB"):
        write_image(tmp_path / "a.zarr", Stack(np.zeros((2, 8, 9, 3)), "CYXS"))
    with pytest.raises(
        ValueError, match=r"written as \.tif or \.zarr; received a\.png"
    ):
        write_image(tmp_path / "a.png", Stack(np.zeros((8, 9)), "YX"))
    assert not list(tmp_path.iterdir())


def test_a_path_is_whole_or_untouched(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(KeyError), atomic_path(path) as beside:
        beside.write_text("half")
        raise KeyError
    assert path.read_text() == "before"
    with atomic_path(path) as beside:
        beside.write_text("whole")
        assert (beside.suffix, path.read_text()) == (".txt", "before")
    assert path.read_text() == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_whose_successor_fails_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    path.mkdir()
    (path / "kept").touch()
    with pytest.raises(OSError, match=r"a\.zarr cannot be written"), atomic_path(path):
        pass  # nothing was written to take its place
    assert (path / "kept").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.zarr"]


@pytest.mark.parametrize("folder", ["missing", "file"])
def test_a_folder_that_cannot_be_written_is_named(folder: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / folder / "a.tif"
    with pytest.raises(OSError, match="cannot be written") as caught:
        write_labels(path, np.zeros((8, 9), int), Stack(np.zeros((8, 9)), "YX"))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_ngff_axes_may_have_words_for_names(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    pixels = np.zeros((2, 3, 20, 20), np.uint8)
    write_image(path, Stack.from_array(pixels, "TCYX", scale=(5, 1, 0.5, 0.5)))
    group = zarr.open_group(path, mode="r+")
    content = group.attrs.asdict()
    words = ("time", "channel", "row", "column")
    axes = content["ome"]["multiscales"][0]["axes"]
    for word, axis in zip(words, axes[:1] + axes[1:2] + axes[-2:], strict=True):
        axis["name"] = word
    group.attrs.put(content)
    with pytest.raises(ValueError, match="R"):
        read_stack(path)
    named = read_stack(path, "TCZYX" if len(axes) == 5 else "TCYX")
    assert named.sizes["C"] == 3
