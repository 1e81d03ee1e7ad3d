from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr

from napari_mobile_unet.io import ome_tiff
from napari_mobile_unet.io.read import read_stack

if TYPE_CHECKING:
    from collections.abc import Callable

MICROMETER, PIXEL, SECOND = "micrometer", "pixel", "second"
PLANES = np.random.default_rng(0).integers(0, 255, (10, 64, 48), np.uint8)


def write_tiff(path: Path, array: np.ndarray, **settings: Any) -> Path:
    tifffile.imwrite(path, array, photometric="minisblack", **settings)
    return path


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
