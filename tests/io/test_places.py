"""Sizes and places of pixels, from files that other programs could have written."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_mobile_unet.images.grid import Grid
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.images.units import factor
from napari_mobile_unet.io.content import upright_axes
from napari_mobile_unet.io.ome_zarr_write import write_zarr
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image

if TYPE_CHECKING:
    from pathlib import Path

SIZES = {"T": 3, "C": 2, "Z": 4, "Y": 5, "X": 6}
LENGTHS = {
    "um": Fraction(1),
    "µm": Fraction(1),
    "μm": Fraction(1),
    "micron": Fraction(1),
    "microns": Fraction(1),
    "micrometer": Fraction(1),
    "Micrometre": Fraction(1),
    "nm": Fraction(1, 1000),
    "nanometer": Fraction(1, 1000),
    "Å": Fraction(1, 10_000),
    "mm": Fraction(1000),
    "cm": Fraction(10_000),
    "meter": Fraction(1_000_000),
    "inch": Fraction(25_400),
}
"""Spellings of units in µm."""
TIMES = {
    "s": Fraction(1),
    "sec": Fraction(1),
    "seconds": Fraction(1),
    "ms": Fraction(1, 1000),
    "min": Fraction(60),
    "hours": Fraction(3600),
}
"""Spellings of units in seconds."""


@dataclass
class Axis:
    """Size and unit of a pixel, as a file has them."""

    step: Fraction
    unit: str
    first: Fraction = Fraction(0)

    @property
    def in_base(self) -> float:
        """In µm or seconds."""
        return float(self.step * (LENGTHS | TIMES)[self.unit])

    @property
    def first_in_base(self) -> float:
        return float(self.first * (LENGTHS | TIMES)[self.unit])


numbers = st.builds(Fraction, st.integers(1, 20_000), st.integers(1, 1000))
lengths = st.builds(
    Axis, numbers, st.sampled_from(list(LENGTHS)), st.builds(lambda n: n - 5, numbers)
)
times = st.builds(Axis, numbers, st.sampled_from(list(TIMES)))
places = st.fixed_dictionaries({"T": times, "Z": lengths, "Y": lengths, "X": lengths})


def array_on(axes: str) -> np.ndarray:
    """Return numbered pixels."""
    shape = [SIZES[axis] for axis in axes]
    return np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)


def write_imagej(path: Path, axes: str, axis: dict[str, Axis]) -> str:
    axes = "".join(letter for letter in "TZCYX" if letter in axes)
    metadata: dict[str, Any] = {"axes": axes, "unit": axis["X"].unit}
    metadata |= {"yunit": axis["Y"].unit, "zunit": axis["Z"].unit}
    metadata |= {"tunit": axis["T"].unit, "finterval": float(axis["T"].step)}
    metadata |= {"spacing": float(axis["Z"].step)}
    for letter in "XYZ":  # counted in pixels
        origin = -axis[letter].first / axis[letter].step
        metadata[f"{letter.lower()}origin"] = float(origin)
    # What is not ASCII is escaped.
    metadata = {
        key: value.encode("ascii", "backslashreplace").decode().replace("\\x", "\\u00")
        if isinstance(value, str)
        else value
        for key, value in metadata.items()
    }
    resolution = [axis[letter].step.as_integer_ratio()[::-1] for letter in "XY"]
    tifffile.imwrite(
        path, array_on(axes), imagej=True, resolution=resolution, metadata=metadata
    )
    return axes


def write_ome(path: Path, axes: str, axis: dict[str, Axis]) -> str:
    axes = "".join(letter for letter in axes if letter not in "YX") + "YX"
    metadata: dict[str, Any] = {"axes": axes, "Plane": {}}
    planes = int(np.prod([SIZES[letter] for letter in axes[:-2]]))
    for letter, place in axis.items():
        name = "TimeIncrement" if letter == "T" else f"PhysicalSize{letter}"
        metadata |= {name: float(place.step), f"{name}Unit": place.unit}
        if letter != "T":
            position = {f"Position{letter}": [float(place.first)] * planes}
            position[f"Position{letter}Unit"] = [place.unit] * planes
            metadata["Plane"] |= position
    tifffile.imwrite(
        path, array_on(axes), ome=True, photometric="minisblack", metadata=metadata
    )
    return axes


def write_ngff(path: Path, axes: str, axis: dict[str, Axis], version: str) -> str:
    group = zarr.open_group(path, mode="w", zarr_format=2 if version == "0.4" else 3)
    group.create_array("s0", shape=array_on(axes).shape, dtype="u2")[...] = array_on(
        axes
    )
    plain = Axis(Fraction(2), "um")
    along = [axis.get(letter, plain) for letter in axes]
    # Half of the scale is that of the level, the other that of all of them.
    level = [float(place.step) / 2 for place in along]
    first = [float(place.first) / 2 for place in along]
    image = {
        "axes": [
            {
                "name": letter.lower(),
                "type": {"T": "time", "C": "channel"}.get(letter, "space"),
            }
            | ({"unit": axis[letter].unit} if letter in axis else {})
            for letter in axes
        ],
        "datasets": [
            {
                "path": "s0",
                "coordinateTransformations": [
                    {"type": "scale", "scale": level},
                    {"type": "translation", "translation": first},
                ],
            }
        ],
        "coordinateTransformations": [
            {"type": "scale", "scale": [1.0 if name == "C" else 2.0 for name in axes]}
        ],
    }
    attributes = {"version": version, "multiscales": [image]}
    group.attrs.update(attributes if version == "0.4" else {"ome": attributes})
    return axes


def write_tags(path: Path, axes: str, axis: dict[str, Axis]) -> str:
    resolution = []
    for letter in "XY":
        axis[letter].unit, axis[letter].first = "cm", Fraction(0)
        axis[letter].step = Fraction(axis[letter].step.numerator, 10**9)
        resolution.append(axis[letter].step.as_integer_ratio()[::-1])
    tifffile.imwrite(
        path,
        array_on("YX"),
        photometric="minisblack",
        resolution=resolution,
        resolutionunit="centimeter",
        metadata=None,
    )
    return "YX"


WRITERS: dict[str, Any] = {
    "imagej.tif": write_imagej,
    "ome.tif": write_ome,
    "plain.tif": write_tags,
    "0.4.zarr": lambda *args: write_ngff(*args, "0.4"),
    "0.5.zarr": lambda *args: write_ngff(*args, "0.5"),
}


@pytest.mark.parametrize("kind", WRITERS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    axis=places,
    optional=st.sets(st.sampled_from("TCZ")),
    order=st.permutations("TCZYX"),
)
def test_sizes_are_those_that_the_file_states(
    kind: str,
    axis: dict[str, Axis],
    optional: set[str],
    order: list[str],
    tmp_path: Path,
) -> None:
    wanted = "".join(letter for letter in order if letter in optional | {"Y", "X"})
    path = tmp_path / kind
    written = WRITERS[kind](path, wanted, axis)
    stack = read_stack(path)
    assert stack.axes == upright_axes(written)
    turned = [written.index(letter) for letter in stack.axes]
    np.testing.assert_array_equal(stack.data, array_on(written).transpose(turned))
    for letter, step, first, unit in zip(
        stack.axes, stack.scale, stack.translate, stack.units, strict=True
    ):
        if letter == "C":
            assert (step, unit) == (1, "pixel")
            continue
        by = factor(unit, "second" if letter == "T" else "micrometer")
        assert by * step == pytest.approx(axis[letter].in_base, rel=1e-9)
        if letter in "ZYX":
            there = axis[letter].first_in_base
            assert by * first == pytest.approx(there, rel=1e-9, abs=1e-9 * abs(step))
    spatial = {
        unit for a, unit in zip(stack.axes, stack.units, strict=True) if a in "ZYX"
    }
    assert len(spatial) == 1


UNITS = ("micrometer", "nanometer", "angstrom", "inch", "pixel")


@pytest.mark.parametrize("form", ["tif", "zarr 2", "zarr 3"])
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    optional=st.sets(st.sampled_from("TCZ")),
    order=st.permutations("TCZYX"),
    length=st.sampled_from(UNITS),
    time=st.sampled_from(("second", "millisecond", "minute", "hour")),
    numbers=st.lists(st.floats(1e-3, 1e3), min_size=8, max_size=8),
)
def test_what_is_written_comes_back(
    form: str,
    optional: set[str],
    order: list[str],
    length: str,
    time: str,
    numbers: list[float],
    tmp_path: Path,
) -> None:
    axes = "".join(letter for letter in order if letter in optional | {"Y", "X"})
    units = {"T": time, "C": "pixel"}
    steps = dict(zip("TZYX", numbers[:4], strict=True))
    firsts = dict(zip("ZYX", numbers[4:7], strict=True))
    grid = Grid(
        axes,
        tuple(steps.get(axis, 1.0) for axis in axes),
        tuple(firsts.get(axis, 0.0) for axis in axes),
        tuple(units.get(axis, length) for axis in axes),
    )
    stack = Stack(array_on(axes), grid)
    path = tmp_path / f"a.{form[:4].strip()}"
    if form == "zarr 2":
        write_zarr(path, stack, 2)
    else:
        write_image(path, stack)
    back = read_stack(path)
    assert set(back.axes) == set(axes)
    assert back.axes[-2:] == "YX"
    assert form != "tif" or back.axes == axes.replace("Y", "").replace("X", "") + "YX"
    assert form == "tif" or back.axes == "".join(a for a in "TCZYX" if a in axes)
    same = grid.select(back.axes)
    assert back.units == same.units
    assert back.scale == pytest.approx(same.scale, rel=1e-12)
    assert back.translate == pytest.approx(same.translate, rel=1e-12)
    moved = [axes.index(axis) for axis in back.axes]
    np.testing.assert_array_equal(back.data, array_on(axes).transpose(moved))
