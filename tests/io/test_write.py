from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dask.array
import numpy as np
import pytest
import yaozarrs
import zarr

from napari_mobile_unet.images.grid import Grid
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io import ome_zarr_write
from napari_mobile_unet.io.ome_zarr_write import write_zarr
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image, write_labels_into

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


@pytest.mark.parametrize(
    ("unit", "written"),
    [("yard", 914_400.0), ("parsec", 3.0856775814913674e22)],
)
def test_units_without_a_symbol_in_ome_are_converted(
    unit: str, written: float, tmp_path: Path
) -> None:
    path = tmp_path / "a.tif"
    write_image(path, Stack(PLANES, Grid("ZYX", (1, 2, 2), (0, 3, 0), (unit,) * 3)))
    back = read_stack(path)
    assert back.units == (MICROMETER,) * 3
    assert back.scale == pytest.approx((written, 2 * written, 2 * written), rel=1e-9)
    assert back.translate == pytest.approx((0, 3 * written, 0), rel=1e-9)


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("axes", ["PZYX", "ZPYX", "PYXS"])
def test_positions_come_back_with_their_sizes(
    axes: str, lazy: bool, tmp_path: Path
) -> None:
    shape = tuple({"P": 3, "Z": 4, "Y": 8, "X": 9, "S": 3}[axis] for axis in axes)
    array = np.random.default_rng(4).integers(0, 255, shape, np.uint8)
    scale = tuple(0.5 if axis in "YX" else 1.0 for axis in axes if axis != "S")
    units = tuple(MICROMETER if axis in "YX" else PIXEL for axis in axes if axis != "S")
    data = dask.array.from_array(array, chunks=1) if lazy else array
    write_image(tmp_path / "a.tif", Stack(data, Grid(axes, scale, (), units)))
    back = read_stack(tmp_path / "a.tif")
    first = "P" + axes.replace("P", "")
    order = [axes.index(axis) for axis in first]
    assert (back.axes, back.left_out) == (first, "")
    assert back.grid.select("YX").scale == (0.5, 0.5)
    assert back.grid.select("YX").units == (MICROMETER, MICROMETER)
    np.testing.assert_array_equal(back.data, array.transpose(order))


def levels_of(path: Path) -> list[tuple[np.ndarray, list[float], list[float]]]:
    """Return pixels, scale and translation of each level."""
    attributes: Any = zarr.open_group(path, mode="r").attrs.asdict()
    attributes = attributes.get("ome", attributes)
    levels = []
    for level in attributes["multiscales"][0]["datasets"]:
        steps = {s["type"]: s[s["type"]] for s in level["coordinateTransformations"]}
        array = zarr.open_array(path / level["path"], mode="r")
        levels.append((np.asarray(array), steps["scale"], steps.get("translation")))
    return levels


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("labels", [False, True])
def test_large_planes_have_coarser_levels(
    lazy: bool, labels: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ome_zarr_write, "CHUNK", 8)
    array = np.random.default_rng(5).integers(0, 2**16, (2, 19, 33), np.uint16)
    data = dask.array.from_array(array, chunks=(1, 5, 7)) if lazy else array
    grid = Grid("ZYX", (2, 0.5, 0.25), (1, 0, 3), (MICROMETER,) * 3)
    write_image(tmp_path / "a.zarr", Stack(data, grid), labels=labels)
    levels = levels_of(tmp_path / "a.zarr")
    assert [a.shape[1:] for a, *_ in levels] == [(19, 33), (10, 17), (5, 9), (3, 5)]
    np.testing.assert_array_equal(levels[0][0], array)
    for number, (pixels, scale, translation) in enumerate(levels):
        size = 2**number
        assert scale == [2, 0.5 * size, 0.25 * size]
        # The edges of the field stay where they are.
        assert translation == [1, 0.25 * (size - 1), 3 + 0.125 * (size - 1)]
        if number and labels:
            np.testing.assert_array_equal(pixels, array[:, ::size, ::size])
        elif number:
            fine = levels[number - 1][0].astype(float)
            inner = fine[:, : fine.shape[1] // 2 * 2, : fine.shape[2] // 2 * 2]
            means = inner.reshape(2, inner.shape[1] // 2, 2, -1, 2).mean((2, 4))
            np.testing.assert_array_equal(
                pixels[:, : means.shape[1], : means.shape[2]], np.rint(means)
            )
    back = read_stack(tmp_path / "a.zarr")
    np.testing.assert_array_equal(np.asarray(back.data), array)
    assert (back.grid, back.name) == (grid, "a.zarr")
    assert read_stack(tmp_path / "a.zarr" / "2").scale == (2, 2, 1)


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("axes", ["YX", "CYX", "TCZYX", "PZYX", "TPYX", "YXS"])
def test_what_is_written_is_valid_ngff(
    axes: str, zarr_format: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ome_zarr_write, "CHUNK", 8)
    path = tmp_path / "a.zarr"
    shape = tuple({"Y": 20, "X": 9, "S": 3}.get(axis, 2) for axis in axes)
    image = Stack.from_array(
        np.zeros(shape, np.uint8),
        axes,
        scale=[0.5] * len(axes.replace("S", "")),
        units=[
            SECOND if axis == "T" else MICROMETER if axis in "ZYX" else PIXEL
            for axis in axes.replace("S", "")
        ],
    )
    write_zarr(path, image, zarr_format)
    labels = np.zeros(image.labels_shape, np.uint16)
    write_labels_into(path, "cells", image.on_axes(labels, image.labels_axes))
    write_labels_into(path, "cells", image.on_axes(labels, image.labels_axes))
    alone = tmp_path / "labels.zarr"
    write_zarr(
        alone, image.on_axes(labels, image.labels_axes), zarr_format, labels=True
    )
    for folder in (path, alone):
        yaozarrs.validate_zarr_store(folder)
    for folder in (path, path / "labels", path / "labels" / "cells", alone):
        text = (folder / ("zarr.json" if zarr_format == 3 else ".zattrs")).read_text()
        kind = type(yaozarrs.validate_ome_json(text)).__module__
        assert kind.startswith(f"yaozarrs.v0{zarr_format + 2}")
    listed = read_stack(path / "labels")
    assert (listed.name, listed.axes) == ("a.zarr/labels", image.labels_axes)
