from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import zarr

from napari_mobile_unet.images.grid import Grid
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image

if TYPE_CHECKING:
    from pathlib import Path

MICROMETER, PIXEL, SECOND = "micrometer", "pixel", "second"
PLANES = np.random.default_rng(0).integers(0, 255, (10, 64, 48), np.uint8)


SOURCE = Stack(
    np.zeros((3, 2, 5, 8, 9), np.uint8),
    Grid(
        "TCZYX",
        (2.0, 1.0, 0.5, 0.25, 0.2),
        (0.0, 0.0, 1.0, 2.0, 3.0),
        (SECOND, PIXEL, MICROMETER, MICROMETER, MICROMETER),
    ),
)


def write_labels(path: Path, labels: np.ndarray) -> None:
    write_image(path, SOURCE.on_axes(labels, SOURCE.labels_axes), labels=True)


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif", "a.zarr"])
@pytest.mark.parametrize(
    ("first", "dtype"), [(0, np.uint16), (2**16, np.uint32), (2**31, np.uint32)]
)
def test_labels_come_back_as_they_were(
    name: str, first: int, dtype: type, tmp_path: Path
) -> None:
    labels = np.arange(first, first + 3 * 5 * 8 * 9).reshape(3, 5, 8, 9)
    write_labels(tmp_path / name, labels.astype(dtype))
    back = read_stack(tmp_path / name)
    assert (back.axes, back.data.dtype) == ("TZYX", dtype)
    assert back.scale == SOURCE.labels_scale
    assert back.units == SOURCE.labels_grid.units
    assert back.translate == SOURCE.labels_grid.translate
    np.testing.assert_array_equal(np.asarray(back.data), labels)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_labels_in_zarr_are_cut_into_planes(tmp_path: Path) -> None:
    write_labels(tmp_path / "a.zarr", np.zeros((3, 5, 8, 9), np.uint16))
    group = zarr.open_group(tmp_path / "a.zarr", mode="r")
    assert group["0"].chunks == (1, 1, 8, 9)
    assert group.attrs["ome"]["version"] == "0.5"
    write_labels(tmp_path / "a.zarr", np.ones((3, 5, 8, 9), np.uint16))  # again
    assert np.asarray(read_stack(tmp_path / "a.zarr").data).min() == 1


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


@pytest.mark.parametrize("unit", ["angstrom", "kilometer", "foot", "pixel"])
def test_sizes_come_back_whatever_their_unit(unit: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    stack = Stack(PLANES, Grid("ZYX", scale=(40, 4.2, 4.2), units=(unit,) * 3))
    write_image(path, stack)
    assert read_stack(path).scale == (40, 4.2, 4.2)
    assert read_stack(path).units == (unit,) * 3
