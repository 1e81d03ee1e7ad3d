from __future__ import annotations

import gc
import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr

from napari_mobile_unet.io import ome_tiff
from napari_mobile_unet.io.read import read_stack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MICROMETER, PIXEL, SECOND = "micrometer", "pixel", "second"
PLANES = np.random.default_rng(0).integers(0, 255, (10, 64, 48), np.uint8)


KINDS: dict[str, dict[str, Any]] = {
    "plain": {"metadata": None},
    "shaped": {},
    "imagej": {"imagej": True},
    "ome": {"ome": True, "metadata": {"axes": "ZYX"}},
    "compressed": {"compression": "zlib"},
    "plain compressed": {"metadata": None, "compression": "zlib"},
    "ome compressed": {"ome": True, "metadata": {"axes": "ZYX"}, "compression": "zlib"},
}


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
    assert stack.scale == (2.0, 1.0, 1.5, 0.2, 0.2)
    assert stack.units == ("minute", PIXEL, *[MICROMETER] * 3)
    np.testing.assert_array_equal(stack.data, array)


@pytest.mark.parametrize("unit", ["micron", "um", "\\u00B5m", "µm", "\\u03bcm"])
def test_imagej_metadata_give_axes_sizes_and_units(unit: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    metadata = {"axes": "TZCYX", "unit": "UNIT", "spacing": 0.5, "finterval": 3.0}
    array = np.zeros((3, 5, 2, 8, 9), np.uint16)
    tifffile.imwrite(path, array, imagej=True, resolution=(5, 4), metadata=metadata)
    with tifffile.TiffFile(path, mode="r+b") as file:
        tag = file.pages.first.tags["ImageDescription"]
        tag.overwrite(tag.value.replace("UNIT", unit).encode("latin-1", "replace"))
    stack = read_stack(path)
    assert (stack.axes, stack.axes_source) == ("TZCYX", "metadata")
    assert stack.scale == (3.0, 0.5, 1.0, 0.25, 0.2)
    assert stack.units == (SECOND, MICROMETER, PIXEL, MICROMETER, MICROMETER)


def test_each_axis_of_imagej_may_have_a_unit_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    metadata = {"axes": "TZYX", "unit": "micron", "spacing": 300.0, "finterval": 1.5}
    metadata |= {"yunit": "nm", "zunit": "nm", "tunit": "min"}
    metadata |= {"xorigin": 4.0, "yorigin": "left", "zorigin": -2.0}
    array = np.zeros((2, 3, 8, 9), np.uint8)
    tifffile.imwrite(path, array, imagej=True, resolution=(4, 0.002), metadata=metadata)
    stack = read_stack(path)
    assert stack.units == ("minute", *[MICROMETER] * 3)
    assert stack.scale == pytest.approx((1.5, 0.3, 0.5, 0.25))
    assert stack.translate == pytest.approx((0.0, 0.6, 0.0, -1.0))
    assert stack.notes == ()


@pytest.mark.parametrize(
    ("resolution", "unit", "size"),
    [
        ((20_000, 40_000), "centimeter", (0.5, 0.25)),
        ((11, 11), "centimeter", (1e4 / 11, 1e4 / 11)),
        ((9, 9), "centimeter", None),  # pixels of more than a millimetre
        ((300 / 2.54, 300 / 2.54), "centimeter", None),
        ((28.35, 28.35), "centimeter", None),
        ((25_400, 25_400), "inch", None),
        ((72, 72), "inch", None),
        ((20_000, 20_000), None, None),
    ],
)
def test_resolution_tags_count_where_they_are_no_printing_size(
    resolution: tuple[float, float], unit: str | None, size: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path,
        PLANES,
        photometric="minisblack",
        resolution=resolution,
        resolutionunit=unit,
        metadata=None,
    )
    stack = read_stack(path)
    x, y = size or (1, 1)
    said = "the pixel size is that of its TIFF resolution tags"
    assert stack.grid.select("YX").scale == pytest.approx((y, x))
    assert stack.notes == ((said,) if size else ())


@pytest.mark.parametrize(
    ("times", "unit", "interval"),
    [
        ([0.5, 2.5, 4.5], "s", (2.0, SECOND)),
        ([0, 1000.4, 1999.9], "ms", (999.95, "millisecond")),
        ([0, 2, 5], "s", (1.0, PIXEL)),
        ([0, 0, 0], "s", (1.0, PIXEL)),
    ],
)
def test_times_of_planes_give_the_interval_if_they_are_even(
    times: list[float], unit: str, interval: tuple[float, str], tmp_path: Path
) -> None:
    path = tmp_path / "a.ome.tif"
    planes = {"DeltaT": list(np.repeat(times, 2)), "DeltaTUnit": [unit] * 6}
    metadata = {"axes": "TZYX", "Plane": planes}
    write_tiff(path, PLANES[:6].reshape(3, 2, 64, 48), ome=True, metadata=metadata)
    stack = read_stack(path)
    assert (stack.scale[0], stack.units[0]) == interval
    assert "the times of its planes" in " ".join(stack.notes)
    metadata |= {"TimeIncrement": 7, "TimeIncrementUnit": "s"}
    write_tiff(path, PLANES[:6].reshape(3, 2, 64, 48), ome=True, metadata=metadata)
    assert (read_stack(path).scale[0], read_stack(path).notes) == (7, ())


@pytest.mark.parametrize("position", ["µm", "mm", None])
def test_the_stage_says_where_an_ome_image_lies(
    position: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "a.ome.tif"
    plane = {"PositionX": 3.0} | ({"PositionXUnit": position} if position else {})
    metadata = {"axes": "YX", "PhysicalSizeX": 500, "PhysicalSizeXUnit": "nm"}
    metadata |= {"PhysicalSizeY": 0.5, "PhysicalSizeYUnit": "µm", "Plane": plane}
    write_tiff(path, PLANES[0], ome=True, metadata=metadata)
    stack = read_stack(path)
    assert stack.scale == (0.5, 0.5)
    there = {"µm": 3.0, "mm": 3000.0, None: 0.0}[position]
    assert stack.translate == pytest.approx((0, there))


def test_compressed_tiff_files_that_are_cut_off_are_refused(
    cut_off: Callable[[Path], None], tmp_path: Path
) -> None:
    path = write_tiff(tmp_path / "a.tif", PLANES, compression="zlib", metadata=None)
    cut_off(path)
    with pytest.raises(OSError, match=r"a\.tif ends at byte"):
        read_stack(path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.95])
def test_files_that_are_cut_off_anywhere_are_refused(
    kind: str, share: float, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PLANES, photometric="minisblack", **KINDS[kind])
    np.testing.assert_array_equal(read_stack(path).data, PLANES)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(OSError, match=r"a\.tif") as caught:
        read_stack(path)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_what_others_hear_from_tifffile_is_left_alone() -> None:
    assert logging.getLogger("tifffile").level == logging.NOTSET
    assert not logging.getLogger("tifffile").filters


def test_a_file_read_plane_by_plane_is_closed_with_its_array(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ome_tiff, "LAZY_BYTES", 1000)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PLANES, imagej=True, metadata={"axes": "ZYX"})
    stack = read_stack(path)
    assert isinstance(stack.data, zarr.Array)
    np.testing.assert_array_equal(stack.plane(7), PLANES[7])
    del stack
    gc.collect()  # a handle left open would warn here, and warnings are errors


@pytest.mark.parametrize(
    ("unit", "spacing", "scale", "name"),
    [
        ("micron", -2.0, (2.0, 0.5, 0.5), "micrometer"),
        ("pixel", 2.5, (2.5, 1.0, 1.0), "pixel"),
        ("", 2.5, (2.5, 1.0, 1.0), "pixel"),
        ("furlong", 2.5, (2.5, 0.5, 0.5), "furlong"),
        ("parsnip", 2.5, (2.5, 0.5, 0.5), "pixel"),  # the ratio is known
    ],
)
def test_odd_calibration(
    unit: str, spacing: float, scale: tuple[float, ...], name: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.tif"
    metadata = {"axes": "ZYX", "unit": unit, "spacing": spacing}
    tifffile.imwrite(path, PLANES, imagej=True, resolution=(2, 2), metadata=metadata)
    assert read_stack(path).scale == scale
    assert read_stack(path).units == (name,) * 3
    said = ("the unit 'parsnip' of Z, Y, X is not understood",)
    assert read_stack(path).notes == (said if unit == "parsnip" else ())


def test_samples_that_are_no_colours_are_channels(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    settings = {"photometric": "minisblack", "planarconfig": "contig", "metadata": None}
    samples = np.zeros((64, 48, 4), np.uint8)
    tifffile.imwrite(path, samples, extrasamples=[0, 0, 0], **settings)
    assert read_stack(path).axes == "YXC"
    colours = np.zeros((64, 48, 5), np.uint8)
    tifffile.imwrite(path, colours, photometric="rgb", extrasamples=[0, 0])
    assert read_stack(path).axes == "YXC"


def test_what_is_not_read_of_a_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    colours = np.zeros((3, 256), np.uint16)
    with tifffile.TiffWriter(path) as file:
        file.write(PLANES[0], photometric="palette", colormap=colours)
        for height in (30, 20):
            file.write(PLANES[0, :height])
    stack = read_stack(path)
    assert stack.sizes == {"Y": 64, "X": 48}
    further = "2 further images (positions 1, 2)"
    assert stack.left_out == f"{further} and the palette of colours"
    assert read_stack(path, position=2).sizes == {"Y": 20, "X": 48}
    assert not read_stack(path, position=2).left_out


def test_zero_may_stand_for_white(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PLANES[0], photometric="miniswhite")
    assert read_stack(path).notes == ("0 stands for white in its file",)
    np.testing.assert_array_equal(read_stack(path).data, PLANES[0])
