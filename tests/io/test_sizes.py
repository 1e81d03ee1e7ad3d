"""Sizes of objects in micrometres, from files of any kind, axes and unit."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import example, given, settings
from hypothesis import strategies as st

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.images.units import factor
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image
from napari_mobile_unet.objects.measure import measure

MICROMETERS = {
    "nm": 1e-3,
    "nanometer": 1e-3,
    "um": 1.0,
    "µm": 1.0,
    "μm": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "micrometre": 1.0,
    "mm": 1e3,
    "millimeter": 1e3,
    "cm": 1e4,
    "angstrom": 1e-4,
}
"""Micrometres in a unit, by its spelling."""
OME = ("nm", "µm", "mm", "cm")
LENGTHS = {"T": 2, "C": 1, "Z": 3, "Y": 20, "X": 24}
SIZES = st.integers(1, 5000).map(lambda n: (n, 1000))
"""Pixels as fractions: TIFF's tags have no other numbers."""


def labels_on(axes: str) -> np.ndarray:
    """Return labels with a box of 2 × 5 × 7 pixels in every frame."""
    box = {"T": slice(None), "C": slice(None), "Z": slice(1, 3)}
    box |= {"Y": slice(4, 9), "X": slice(10, 17)}
    labels = np.zeros([LENGTHS[axis] for axis in axes], np.uint16)
    labels[tuple(box[axis] for axis in axes)] = 3
    return labels


def write_imagej(path: Path, axes: str, sizes: dict[str, Any], unit: str) -> None:
    (x, per_x), (y, per_y) = sizes["X"], sizes["Y"]
    # ImageJ writes what is not ASCII by its number.
    written = "".join(c if c.isascii() else f"\\u{ord(c):04X}" for c in unit)
    notes: dict[str, Any] = {"axes": axes, "unit": written}
    if "Z" in axes:
        notes["spacing"] = sizes["Z"][0] / sizes["Z"][1]
    tifffile.imwrite(
        path,
        labels_on(axes),
        imagej=True,
        resolution=((per_x, x), (per_y, y)),
        metadata=notes,
    )


def write_ome(path: Path, axes: str, sizes: dict[str, Any], unit: str) -> None:
    notes: dict[str, Any] = {"axes": axes}
    for axis in set("ZYX") & set(axes):
        notes[f"PhysicalSize{axis}"] = sizes[axis][0] / sizes[axis][1]
        notes[f"PhysicalSize{axis}Unit"] = unit
    tifffile.imwrite(path, labels_on(axes), ome=True, metadata=notes)


def write_ngff(path: Path, axes: str, sizes: dict[str, Any], unit: str) -> None:
    group = zarr.open_group(path, mode="w")
    labels = labels_on(axes)
    group.create_array("0", data=labels)
    scale = [sizes[a][0] / sizes[a][1] if a in "ZYX" else 1 for a in axes]
    steps = [{"type": "scale", "scale": scale}]
    group.attrs["ome"] = {
        "version": "0.5",
        "multiscales": [
            {
                "axes": [
                    {"name": a.lower()} | ({"unit": unit} if a in "ZYX" else {})
                    for a in axes
                ],
                "datasets": [{"path": "0", "coordinateTransformations": steps}],
            }
        ],
    }


def size_of(stack: Stack) -> float:
    """Return the area in µm² or volume in µm³ of the object, the same in all frames."""
    flat = stack.channel(0)
    table = measure(Stack(np.asarray(flat.data), flat.grid))
    unit = flat.units[-1]
    power, name = (3, "volume") if "Z" in flat.axes else (2, "area")
    (size,) = set(table[f"{name}_{unit}{power}"])
    return float(size) * factor(unit, "micrometer") ** power


@st.composite
def files(draw: st.DrawFn) -> tuple[str, str, str, dict[str, tuple[int, int]]]:
    """Return the suffix, axes and unit of a file, and its pixel sizes."""
    form = draw(st.sampled_from(["imagej.tif", "ome.tif", "ome.zarr"]))
    others = draw(st.sets(st.sampled_from("TCZ")))
    order = "TZC" if form == "imagej.tif" else draw(st.permutations("TZC"))
    axes = "".join(axis for axis in order if axis in others) + "YX"
    if form == "ome.zarr":
        axes = "".join(draw(st.permutations(axes)))
    unit = draw(st.sampled_from(OME if form == "ome.tif" else [*MICROMETERS]))
    return form, axes, unit, {axis: draw(SIZES) for axis in "ZYX"}


@example(("imagej.tif", "YX", "μm", dict.fromkeys("ZYX", (1, 1000))), "again.ome.tif")
@settings(max_examples=60)
@given(files(), st.sampled_from(["again.ome.tif", "again.ome.zarr"]))
def test_sizes_agree_whatever_the_file(
    file: tuple[str, str, str, dict[str, tuple[int, int]]], second: str
) -> None:
    form, axes, unit, sizes = file
    write: Any = {
        "imagej.tif": write_imagej,
        "ome.tif": write_ome,
        "ome.zarr": write_ngff,
    }[form]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / form
        write(path, axes, sizes, unit)
        spatial = [axis for axis in "ZYX" if axis in axes]
        pixel = math.prod(n / d * MICROMETERS[unit] for n, d in map(sizes.get, spatial))
        expected = pixel * 5 * 7 * (2 if "Z" in axes else 1)
        first = read_stack(path)
        assert size_of(first) == pytest.approx(expected, rel=1e-9)
        write_image(Path(folder) / second, first)
        again = read_stack(Path(folder) / second)
        assert size_of(again) == pytest.approx(expected, rel=1e-9)
