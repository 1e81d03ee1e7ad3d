from __future__ import annotations

import gc
import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr

from napari_mobile_unet.commands.console import describe
from napari_mobile_unet.images.grid import Grid
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io import ome_tiff
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image
from napari_mobile_unet.recipes.recipe import Recipe

if TYPE_CHECKING:
    from pathlib import Path

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
        ("furlong", 2.5, (2.5, 1.0, 1.0), "pixel"),
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


def test_samples_that_are_no_colours_are_channels(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    settings = {"photometric": "minisblack", "planarconfig": "contig", "metadata": None}
    samples = np.zeros((64, 48, 4), np.uint8)
    tifffile.imwrite(path, samples, extrasamples=[0, 0, 0], **settings)
    assert read_stack(path).axes == "YXC"


@pytest.mark.parametrize("lazy_bytes", [1000, ome_tiff.LAZY_BYTES])
def test_ome_images_of_one_shape_are_positions(
    lazy_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ome_tiff, "LAZY_BYTES", lazy_bytes)
    path = tmp_path / "a.ome.tif"
    notes = {"axes": "ZYX", "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm"}
    with tifffile.TiffWriter(path, ome=True) as file:
        for first in (0, 3, 6):
            file.write(PLANES[first : first + 3], metadata=notes)
        file.write(PLANES[:2, :9], metadata=notes)
    stack = read_stack(path)
    assert isinstance(stack.data, np.ndarray) == (lazy_bytes > 1000)
    assert stack.sizes == {"P": 3, "Z": 3, "Y": 64, "X": 48}
    assert stack.scale == (1, 1, 1, 0.5)
    assert stack.left_out == "1 further image"
    for number in range(9):
        np.testing.assert_array_equal(stack.plane(number), PLANES[number])
    content = path.read_bytes()
    path.write_bytes(content[: 7 * PLANES[0].size])
    with pytest.raises(OSError, match="cut off"):
        read_stack(path)


def test_of_ome_images_in_several_files_the_one_here_is_read(tmp_path: Path) -> None:
    names = ("a.ome.tif", "b.ome.tif")
    xml = "".join(
        f'<Image ID="Image:{n}" Name="{n}"><Pixels ID="Pixels:{n}" Type="uint8" '
        'DimensionOrder="XYCZT" SizeX="48" SizeY="64" SizeC="1" SizeZ="1" SizeT="1">'
        f'<TiffData IFD="0" PlaneCount="1"><UUID FileName="{name}">urn:uuid:{n:036}'
        "</UUID></TiffData></Pixels></Image>"
        for n, name in enumerate(names)
    )
    for n, name in enumerate(names):
        notes = (
            '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy'
            f'.org/Schemas/OME/2016-06" UUID="urn:uuid:{n:036}">{xml}</OME>'
        )
        tifffile.imwrite(
            tmp_path / name, PLANES[n], description=notes.encode(), metadata=None
        )
    for n, name in enumerate(names):
        stack = read_stack(tmp_path / name)
        np.testing.assert_array_equal(stack.plane(0), PLANES[n])
        assert stack.left_out == "1 further image"


def test_what_is_not_read_of_a_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    colours = np.zeros((3, 256), np.uint16)
    with tifffile.TiffWriter(path) as file:
        file.write(PLANES[0], photometric="palette", colormap=colours)
        for height in (30, 20):
            file.write(PLANES[0, :height])
    stack = read_stack(path)
    assert stack.sizes == {"Y": 64, "X": 48}
    assert describe(stack, Recipe()).endswith(
        "; not read: 2 further images and the palette of colours in its file"
    )


@pytest.mark.parametrize("unit", ["angstrom", "kilometer", "foot", "pixel"])
def test_sizes_come_back_whatever_their_unit(unit: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    stack = Stack(PLANES, Grid("ZYX", scale=(40, 4.2, 4.2), units=(unit,) * 3))
    write_image(path, stack)
    assert read_stack(path).scale == (40, 4.2, 4.2)
    assert read_stack(path).units == (unit,) * 3
