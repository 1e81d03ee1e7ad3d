"""TIFF with its axes, pixel sizes and units, as ImageJ and OME write them."""

from __future__ import annotations

import logging
import math
import threading
import weakref
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import tifffile
import zarr

from napari_mobile_unet.axes import AXES, iter_windows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_mobile_unet.stack import Stack

_COLOURS = {tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR}

TILE = 1024
"""Height and width of a tile in pixels."""
TILED = 4096
"""Planes longer than this are written in tiles; not all readers know tiles."""
LAZY_BYTES = 2**28
"""From this size on a file is read plane by plane, when a plane is asked for."""

SYMBOLS = {
    "nanometer": "nm",
    "micrometer": "µm",
    "millimeter": "mm",
    "centimeter": "cm",
    "meter": "m",
    "inch": "in",
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


def read_tiff(path: Path) -> dict[str, Any]:
    """Return array, axes, scale and units of a TIFF file, for ``Stack.from_array``.

    Raises
    ------
    OSError
        If it is no TIFF file, or cut off.
    """
    with _complaints() as complaints, ExitStack() as opened:
        try:
            file = opened.enter_context(tifffile.TiffFile(path))
        except (tifffile.TiffFileError, ValueError, KeyError, IndexError) as error:
            raise OSError(
                f"{path} is not a TIFF file, whatever its name; convert it first"
            ) from error
        if not file.series or 0 in file.series[0].shape:
            raise OSError(f"a TIFF file must hold an image; {path} holds none")
        series = file.series[0]
        _check_whole(file, path, complaints)
        axes = series.axes
        unknown = set(axes) - set(AXES)
        colour = series.keyframe.photometric in _COLOURS
        if not colour or series.sizes.get("S", 3) not in (3, 4):
            axes = axes.replace("S", "C")
        if series.nbytes >= LAZY_BYTES:
            data: Any = zarr.open_array(series.aszarr(level=0), mode="r")
            weakref.finalize(data, opened.pop_all().close)
        else:
            data = series.asarray()
        if unknown:  # a pile of pages that nobody named
            return {"data": data, **({"rgb": True} if axes.endswith("S") else {})}
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


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what tifffile logs in this thread, which nobody else then sees."""
    collected: list[str] = []
    thread = threading.get_ident()

    def others(record: logging.LogRecord) -> bool:
        if record.thread == thread:
            collected.append(record.getMessage())
        return record.thread != thread

    logger = logging.getLogger("tifffile")
    logger.addFilter(others)
    try:
        yield collected
    finally:
        logger.removeFilter(others)


def _check_whole(file: tifffile.TiffFile, path: Path, complaints: list[str]) -> None:
    """Refuse a file that ends before its pixels or its pages do.

    tifffile would give zeros, or only the pages that it finds.
    """
    series, size, end = file.series[0], path.stat().st_size, 0
    missing = False
    if series.dataoffset is not None:
        end = series.dataoffset + series.nbytes
    else:
        for page in series.pages:
            if page is None:
                missing = True
            elif page.parent is file:  # OME images may go on in other files
                pairs = zip(page.dataoffsets, page.databytecounts, strict=False)
                end = max(end, *(offset + count for offset, count in pairs))
    # Where the chain of pages or a tag points past the end, it is only logged.
    lost = [
        text for text in complaints if "page offset" in text or "value offset" in text
    ]
    if end > size or missing or lost:
        raise OSError(
            f"a TIFF file must hold all its pages and pixels; {path} ends at byte "
            f"{size}, too early: it was cut off; copy it again"
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
    if "Z" in scale and (spacing := _size(notes.get("spacing", 1.0))):
        scale["Z"], units["Z"] = spacing, unit
    if "T" in scale and (interval := _size(notes.get("finterval"))):
        scale["T"], units["T"] = interval, "second"


def _ome_sizes(xml: str, scale: dict[str, float], units: dict[str, str]) -> None:
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


def write_tiff(path: Path, stack: Stack) -> None:
    """Write a stack as OME-TIFF, compressed without loss.

    With positions, which OME keeps in images of their own, it is a TIFF file whose axes
    tifffile knows, but not its pixel sizes.

    What is not a NumPy array is read and written plane by plane, and large planes
    tile by tile.

    Raises
    ------
    OSError
        If it cannot be written.
    ValueError
        If OME-TIFF cannot hold its type.
    """
    stack = _for_tiff(stack)
    notes: dict[str, Any] = {"axes": stack.axes, "Name": stack.name}
    spatial = stack.axes.replace("S", "")
    for axis, step, unit in zip(spatial, stack.scale, stack.units, strict=True):
        if unit == "pixel" or axis == "C":
            continue
        name = "TimeIncrement" if axis == "T" else f"PhysicalSize{axis}"
        notes[name], notes[f"{name}Unit"] = step, SYMBOLS.get(unit, unit)
    whole = isinstance(stack.data, np.ndarray)
    tiled = not whole and max(stack.plane_shape) > TILED
    dtype = np.dtype(stack.data.dtype)
    size = math.prod(stack.data.shape) * dtype.itemsize
    tifffile.imwrite(
        path,
        stack.data if whole else _iter_tiles(stack) if tiled else _iter_planes(stack),
        shape=stack.data.shape,
        dtype=dtype,
        tile=(TILE, TILE) if tiled else None,
        ome="P" not in stack.axes,
        bigtiff=size > 2**32 - 2**25,
        photometric="rgb" if "S" in stack.axes else "minisblack",
        compression="zlib",
        metadata=notes,
    )


def _for_tiff(stack: Stack) -> Stack:
    """Return a stack that OME-TIFF can hold, in axes and type."""
    dtype = np.dtype(stack.data.dtype)
    if dtype.kind in "iu" and dtype.itemsize > 4:
        raise ValueError(
            f"OME-TIFF holds whole numbers of 32 bits at most; received {dtype}; "
            "convert them, or write .zarr"
        )
    if not isinstance(stack.data, np.ndarray):
        return stack
    dtype = np.dtype({"bool": "uint8", "float16": "float32"}.get(dtype.name, dtype))
    axes = [axis for axis in stack.axes if axis not in "YXS"]
    axes += [axis for axis in "YXS" if axis in stack.axes]
    data = stack.data.transpose([stack.axes.index(axis) for axis in axes])
    return stack.on_axes(data.astype(dtype, copy=False), "".join(axes))


def _iter_planes(stack: Stack) -> Iterator[NDArray[Any]]:
    return (stack.plane(number) for number in range(stack.n_planes))


def _iter_tiles(stack: Stack) -> Iterator[NDArray[Any]]:
    for number in range(stack.n_planes):
        for window in iter_windows(stack.plane_shape, TILE):
            yield stack.plane(number, window)
