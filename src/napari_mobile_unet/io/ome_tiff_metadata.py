"""Pixel sizes and units in the notes of TIFF files, as ImageJ and OME write them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

if TYPE_CHECKING:
    from collections.abc import Iterator

    import tifffile

SYMBOLS = {
    "picometer": "pm",
    "angstrom": "Å",
    "nanometer": "nm",
    "micrometer": "µm",
    "millimeter": "mm",
    "centimeter": "cm",
    "meter": "m",
    "kilometer": "km",
    "inch": "in",
    "foot": "ft",
    "microsecond": "µs",
    "millisecond": "ms",
    "second": "s",
    "minute": "min",
    "hour": "h",
    "day": "d",
}
"""Names of units, as napari and NGFF know them, with their symbols in OME-XML."""
_NAMES = {symbol.lower(): name for name, symbol in SYMBOLS.items()}
_NAMES |= {"um": "micrometer", "micron": "micrometer", "sec": "second"}


def imagej_sizes(
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
    if "Z" in scale and (spacing := _size(notes.get("spacing", 1.0))):
        scale["Z"], units["Z"] = spacing, unit
    if "T" in scale and (interval := _size(notes.get("finterval"))):
        scale["T"], units["T"] = interval, "second"


def ome_sizes(xml: str, scale: dict[str, float], units: dict[str, str]) -> None:
    """Write the pixel sizes of the first image of an OME-XML into scale and units."""
    pixels = next(_elements(xml, "Pixels"), None)
    if pixels is None:
        return
    names = {axis: f"PhysicalSize{axis}" for axis in "XYZ"} | {"T": "TimeIncrement"}
    for axis, name in names.items():
        value = _size(pixels.get(name))
        if axis in scale and value:
            usual = "s" if axis == "T" else "µm"
            scale[axis] = value
            units[axis] = _unit(pixels.get(f"{name}Unit", usual))


def _elements(xml: str, name: str) -> Iterator[ElementTree.Element]:
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:  # broken notes are no reason to refuse pixels
        return
    yield from (e for e in root.iter() if e.tag.rpartition("}")[2] == name)


def _size(value: Any) -> float:
    """Return a distance between pixels, whose sign some programs use; 0 for none."""
    try:
        size = abs(float(value))
    except (TypeError, ValueError):
        return 0.0
    return size if math.isfinite(size) else 0.0


def _unit(text: str | None) -> str:
    """Return a unit by its full name; "pixel" where it is not known."""
    # ImageJ escapes the micro sign, and Unicode has two of it.
    short = (text or "").strip().lower().replace("\\u00b5", "µ").replace("μ", "µ")
    full = short.replace("metre", "meter").removesuffix("s")
    name = _NAMES.get(short) or _NAMES.get(full, full)
    return name if name in SYMBOLS else "pixel"
