from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from napari_mobile_unet.io import ome_tiff, read
from napari_mobile_unet.io.names import stem_of
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image

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


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing.tif": (lambda path: None, "there is none at"),
    "empty.tif": (Path.touch, "is empty"),
    "text.tif": (lambda path: path.write_text("hello"), "not a TIFF"),
    "text.png": (lambda path: path.write_text("hello"), "not a readable"),
    "text.npy": (lambda path: path.write_text("hello"), "not a whole NPY"),
    "folder.tif": (Path.mkdir, "is a folder"),
    "folder": (Path.mkdir, "without Zarr metadata; name what is in it"),
    "empty.zarr": (Path.mkdir, "no Zarr"),
    "file.zarr": (lambda path: path.write_text("hello"), "is a file"),
    "group.zarr": (
        lambda path: zarr.open_group(path, mode="w"),
        "without an OME image",
    ),
    "unknown.czi": (lambda path: path.write_text("hello"), "is one of"),
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


@pytest.mark.parametrize("name", ["a.npy", "a.png", "a.tif"])
def test_a_file_of_one_image_has_the_position_0(name: str, tmp_path: Path) -> None:
    save(tmp_path / name, PLANES[0])
    np.testing.assert_array_equal(
        read_stack(tmp_path / name, position=0).data, PLANES[0]
    )
    with pytest.raises(ValueError, match="holds 1 image; received 1; choose another"):
        read_stack(tmp_path / name, position=1)


def save(path: Path, array: np.ndarray) -> None:
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".zarr":
        made = zarr.open_group(path, mode="w", zarr_format=2)
        made.create_array("0", shape=array.shape, dtype=array.dtype)[...] = array
        level = {"path": "0"}
        image = {"axes": list("zyx")[-array.ndim :], "datasets": [level]}
        made.attrs["multiscales"] = [image]
    elif array.dtype == np.uint16:
        path.write_bytes(cv2.imencode(path.suffix, array)[1].tobytes())
    else:
        iio.imwrite(path, array)


@pytest.mark.parametrize("name", ["a.npy", "a.tif"])
@pytest.mark.parametrize(
    ("axes", "read"), [("XYZ", "ZYX"), ("yxt", "TYX"), ("YXC", "YXC"), ("XCY", "CYX")]
)
def test_planes_are_upright_whoever_names_the_axes(
    axes: str, read: str, name: str, tmp_path: Path
) -> None:
    if name == "a.npy":
        np.save(tmp_path / name, PLANES)
    else:
        write_tiff(tmp_path / name, PLANES, metadata=None)
    stack = read_stack(tmp_path / name, axes)
    assert (stack.axes, stack.axes_source) == (read, "given")
    order = [axes.upper().index(axis) for axis in read]
    np.testing.assert_array_equal(stack.data, PLANES.transpose(order))
    assert stack.labels_axes == stack.batch_axes + "YX"
    turned = (f"stored as {axes.upper()}, read as {read}",)
    assert stack.notes == (() if axes == read else turned)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize(
    "suffix", [".tif", ".npy", ".png", ".jpg", ".bmp", ".zarr", ".deep.png"]
)
def test_names_need_not_be_utf_8(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9" + suffix.encode())
    array = np.dstack([PLANES[0].astype(np.uint16)] * 3)
    save(path, array if suffix == ".deep.png" else PLANES[0])
    stack = read_stack(path)
    assert stack.name == rf"caf\xe9{suffix}"
    assert stem_of(path).startswith(os.fsdecode(b"caf\xe9"))
    for form in (".tif", ".zarr"):
        written = tmp_path / os.fsdecode(b"\xfc" + form.encode())
        write_image(written, stack.on_axes(PLANES[0], "YX"))
        back = read_stack(written)
        assert back.name == rf"\xfc{form}"
        np.testing.assert_array_equal(back.data, PLANES[0])
    with pytest.raises(FileNotFoundError):
        read_stack(tmp_path / os.fsdecode(b"\xfe.tif"))


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the bytes of small files of each kind, by their names."""
    folder = tmp_path_factory.mktemp("whole")
    small = PLANES[:3, :12, :10]
    imagej = {"imagej": True, "metadata": {"axes": "ZYX", "unit": "um"}}
    ome = {"ome": True, "metadata": {"axes": "ZYX", "PhysicalSizeX": 2.0}}
    write_tiff(folder / "imagej.tif", small, **imagej)
    write_tiff(folder / "ome.tif", small, **ome, compression="zlib")
    write_tiff(folder / "plain.tif", small, metadata=None)
    for name in ("a.png", "a.jpg", "a.bmp"):
        iio.imwrite(folder / name, small[0])
    Image.fromarray(small[0]).convert("P").save(folder / "palette.png")
    frames = [Image.fromarray(plane) for plane in small]
    frames[0].save(folder / "frames.png", save_all=True, append_images=frames[1:])
    save(folder / "deep.png", np.dstack([small[0].astype(np.uint16)] * 3))
    np.save(folder / "a.npy", small)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(draw=st.data())
def test_damaged_files_are_read_or_refused_in_one_line(
    draw: st.DataObject, contents: dict[str, bytes], tmp_path: Path
) -> None:
    name = draw.draw(st.sampled_from(sorted(contents)))
    damaged = bytearray(contents[name])
    for _ in range(draw.draw(st.integers(1, 4))):
        damaged[draw.draw(st.integers(0, min(len(damaged) - 1, 600)))] = draw.draw(
            st.integers(0, 255)
        )
    path = tmp_path / name
    path.write_bytes(damaged[: draw.draw(st.integers(1, len(damaged)))])
    try:
        stack = read_stack(path)
        stack.plane(stack.n_planes - 1)
    except (OSError, ValueError, MemoryError) as error:
        assert "\n" not in str(error)
        assert name in str(error) or isinstance(error, MemoryError)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(draw=st.data())
def test_damaged_ngff_is_read_or_refused_in_one_line(
    draw: st.DataObject, tmp_path: Path
) -> None:
    path = tmp_path / "a.zarr"
    save(path, PLANES[0])
    notes = path / ".zattrs"
    words = notes.read_text()
    place = draw.draw(st.integers(0, len(words)))
    junk = draw.draw(st.sampled_from(["null", "[]", "{}", "7", '"x"', "", ",", "-"]))
    notes.write_text(words[:place] + junk + words[place + len(junk) :])
    try:
        read_stack(path)
    except (OSError, ValueError) as error:
        assert "\n" not in str(error)
        assert "a.zarr" in str(error)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads all")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, PLANES)
    path.chmod(0)
    with pytest.raises(
        PermissionError, match=r"a\.npy could not be read \(Perm.*; copy"
    ):
        read_stack(path)


def test_an_error_of_the_system_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    path = tmp_path / "a.npy"
    np.save(path, PLANES)
    monkeypatch.setattr(read, "_read_npy", fail)
    with pytest.raises(OSError, match=r"a\.npy could not be read \(Input/output error"):
        read_stack(path)
