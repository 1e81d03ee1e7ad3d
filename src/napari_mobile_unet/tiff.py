"""TIFF with its axes, pixel sizes and units, as ImageJ and OME write them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import tifffile
import zarr

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_mobile_unet.stack import Stack

LAZY_BYTES = 2**28
"""From this size on a file is read plane by plane, when a plane is asked for."""

UNITS = {
    "micron": "micrometer",
    "microns": "micrometer",
    "um": "micrometer",
    "µm": "micrometer",
    "μm": "micrometer",
    "\\u00b5m": "micrometer",
    "nm": "nanometer",
    "mm": "millimeter",
    "cm": "centimeter",
    "inch": "inch",
    "s": "second",
    "sec": "second",
    "ms": "millisecond",
    "min": "minute",
    "h": "hour",
}
"""Short and misspelt units, by the names that napari and NGFF know."""

_SHORT = {"micrometer": "µm", "nanometer": "nm", "millimeter": "mm", "second": "s"}

# It warns of oddities that do not touch the pixels; what does is checked here.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)


def read_tiff(path: Path) -> dict[str, Any]:
    """Return array, axes, scale and units of a TIFF file, for ``Stack.from_array``.

    Raises
    ------
    OSError
        If it is no TIFF file, or cut off.
    """
    try:
        file = tifffile.TiffFile(path)
    except (tifffile.TiffFileError, ValueError, KeyError, IndexError) as error:
        raise OSError(
            f"{path} is not a TIFF file, whatever its name; convert it first"
        ) from error
    with file:
        if not file.series or 0 in file.series[0].shape:
            raise OSError(f"a TIFF file must hold an image; {path} holds none")
        series = file.series[0]
        _check_whole(file, path)
        axes = series.axes
        unknown = set(axes) - set("TCZYXS")
        if "S" in axes and series.shape[axes.index("S")] not in (3, 4):
            axes = axes.replace("S", "C")
        if series.nbytes >= LAZY_BYTES:
            data: Any = zarr.open(series.aszarr(), mode="r")
        else:
            data = series.asarray()
        if unknown:  # a pile of pages that nobody named
            return {"data": data}
        scale, units = dict.fromkeys(axes, 1.0), dict.fromkeys(axes, "pixel")
        if file.is_ome and file.ome_metadata:
            _ome_sizes(file.ome_metadata, scale, units)
        elif file.is_imagej:
            _imagej_sizes(file, scale, units)
    spatial = axes.replace("S", "")
    return {
        "data": data,
        "axes": axes,
        "scale": [scale[axis] for axis in spatial],
        "units": [units[axis] for axis in spatial],
    }


def _check_whole(file: tifffile.TiffFile, path: Path) -> None:
    """Refuse a file that ends before its pixels do; tifffile would give zeros."""
    size = path.stat().st_size
    for page in file.series[0].pages:
        if page is None:
            continue
        pairs = zip(page.dataoffsets, page.databytecounts, strict=False)
        end = max((offset + count for offset, count in pairs), default=0)
        if end > size:
            raise OSError(
                f"a TIFF file must hold all its pixels; {path} ends at byte {size}, "
                f"its pixels at {end}: it was cut off; copy it again"
            )


def _imagej_sizes(
    file: tifffile.TiffFile, scale: dict[str, float], units: dict[str, str]
) -> None:
    """Write the pixel sizes that ImageJ noted into scale and units."""
    notes: dict[str, Any] = file.imagej_metadata or {}
    unit = _unit(notes.get("unit"))
    tags = file.series[0].keyframe.tags
    for axis, name in (("X", "XResolution"), ("Y", "YResolution")):
        if axis in scale and name in tags and unit != "pixel":
            pixels, length = tags[name].value
            if pixels and length:
                scale[axis], units[axis] = length / pixels, unit
    if "Z" in scale and unit != "pixel":
        scale["Z"], units["Z"] = float(notes.get("spacing", 1.0)), unit
    if "T" in scale and notes.get("finterval"):
        scale["T"], units["T"] = float(notes["finterval"]), "second"


def _ome_sizes(xml: str, scale: dict[str, float], units: dict[str, str]) -> None:
    """Write the pixel sizes of the first image of an OME-XML into scale and units."""
    pixels = next(_elements(xml, "Pixels"), None)
    if pixels is None:
        return
    names = {axis: f"PhysicalSize{axis}" for axis in "XYZ"} | {"T": "TimeIncrement"}
    for axis, name in names.items():
        value = float(pixels.get(name) or 0)
        if axis in scale and value > 0:
            usual = "s" if axis == "T" else "µm"
            scale[axis] = value
            units[axis] = _unit(pixels.get(f"{name}Unit", usual))


def _elements(xml: str, name: str) -> Iterator[ElementTree.Element]:
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:  # broken notes are no reason to refuse pixels
        return
    yield from (e for e in root.iter() if e.tag.rpartition("}")[2] == name)


def _unit(name: str | None) -> str:
    """Return a unit by its full name; "pixel" where none is known."""
    if not name:
        return "pixel"
    return UNITS.get(name.lower(), name)


def write_tiff(path: Path, stack: Stack) -> None:
    """Write a stack as OME-TIFF, compressed without loss.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    notes: dict[str, Any] = {"axes": stack.axes, "Name": stack.name}
    spatial = stack.axes.replace("S", "")
    for axis, step, unit in zip(spatial, stack.scale, stack.units, strict=True):
        if unit == "pixel" or axis == "C":
            continue
        name = "TimeIncrement" if axis == "T" else f"PhysicalSize{axis}"
        notes[name], notes[f"{name}Unit"] = step, _SHORT.get(unit, unit)
    data = np.asarray(stack.data)
    if data.dtype == bool:
        data = data.astype(np.uint8)
    tifffile.imwrite(
        path,
        data,
        ome=True,
        bigtiff=data.nbytes > 2**32 - 2**25,
        photometric="rgb" if "S" in stack.axes else "minisblack",
        compression="zlib",
        metadata=notes,
    )
