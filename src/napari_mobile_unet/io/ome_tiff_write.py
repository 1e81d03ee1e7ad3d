"""Stacks to OME-TIFF, whole or plane by plane."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.axes import without
from napari_mobile_unet.images.units import BASE, PIXEL, factor, kind_of
from napari_mobile_unet.images.windows import WHOLE, iter_windows
from napari_mobile_unet.io.notes import annotation
from napari_mobile_unet.later import tifffile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import Plane

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
    "nanosecond": "ns",
    "microsecond": "µs",
    "millisecond": "ms",
    "second": "s",
    "minute": "min",
    "hour": "h",
    "day": "d",
    PIXEL: PIXEL,
}
"""Units by the symbols that OME-XML has for them; others are converted."""
TILE = 1024
"""Height and width of a tile in pixels."""
TILED = 4096
"""Planes longer than this are written in tiles; not all readers know tiles."""


def write_tiff(path: Path, stack: Stack, note: str = "") -> None:
    """Write a stack as OME-TIFF, compressed without loss.

    Positions become images of their own, one after the other. The place of the first
    pixel is noted as that of the stage. What is not a NumPy array is read and written
    plane by plane, and large planes tile by tile. A note is kept with the first image.

    Raises
    ------
    OSError
        If it cannot be written.
    ValueError
        If OME-TIFF cannot hold its type.
    """
    dtype = _type_for_tiff(np.dtype(stack.data.dtype))
    if isinstance(stack.data, np.ndarray):
        ends = "".join(axis for axis in "YXS" if axis in stack.axes)
        axes = without(stack.axes, ends) + ends
        order = [stack.axes.index(axis) for axis in axes]
        data = stack.data.transpose(order).astype(dtype, copy=False)
        stack = stack.on_axes(data, axes)
    tiled = max(stack.plane_shape) > TILED and not isinstance(stack.data, np.ndarray)
    axes = without(stack.axes, "P")
    size = math.prod(stack.data.shape) * dtype.itemsize
    with tifffile.TiffWriter(path, ome=True, bigtiff=size > 2**32 - 2**25) as file:
        for position in range(stack.sizes.get("P", 1)):
            file.write(
                _pixels(stack, position, dtype, tiled),
                shape=tuple(stack.sizes[axis] for axis in axes),
                dtype=dtype,
                tile=(TILE, TILE) if tiled else None,
                photometric="rgb" if "S" in axes else "minisblack",
                compression="zlib",
                metadata=_metadata(stack, axes) | annotation("" if position else note),
            )


def _type_for_tiff(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type that OME-TIFF can hold such numbers in."""
    if dtype.kind in "iu" and dtype.itemsize > 4:
        raise ValueError(
            f"OME-TIFF holds whole numbers of 32 bits at most; received {dtype}; "
            "convert them, or write .zarr"
        )
    wider = {"bool": "uint8", "float16": "float32"}
    return np.dtype(wider.get(dtype.name, dtype.newbyteorder("=")))


def _pixels(
    stack: Stack, position: int, dtype: np.dtype[Any], tiled: bool
) -> Plane | Iterator[Plane]:
    """Return the pixels of a position, or yield them plane by plane or in tiles."""
    if isinstance(stack.data, np.ndarray):
        data: Plane = stack.data
        return data.take(position, stack.axes.index("P")) if "P" in stack.axes else data
    numbers: Any = np.arange(stack.n_planes).reshape(stack.batch_shape)
    if "P" in stack.axes:
        numbers = numbers.take(position, stack.batch_axes.index("P"))
    windows = list(iter_windows(stack.plane_shape, TILE)) if tiled else [WHOLE]
    return (
        stack.plane(number, window).astype(dtype, copy=False)
        for number in numbers.ravel().tolist()
        for window in windows
    )


def _metadata(stack: Stack, axes: str) -> dict[str, Any]:
    """Return what OME-XML notes of an image: its name, and where its pixels lie."""
    grid = stack.grid.select(without(axes, "S"))
    planes: dict[str, Any] = {}
    found: dict[str, Any] = {"axes": axes, "Name": stack.name}
    for axis, step, first, unit in zip(
        grid.axes, grid.scale, grid.translate, grid.units, strict=True
    ):
        if axis not in "TZYX" or (unit, step, first) == (PIXEL, 1, 0):
            continue
        if axis == "T" and unit == PIXEL:
            continue  # a time has no other unit than those of time
        symbol, by = _symbol(unit)
        name = "TimeIncrement" if axis == "T" else f"PhysicalSize{axis}"
        found[name], found[f"{name}Unit"] = step * by, symbol
        if first and axis != "T":
            planes |= {f"Position{axis}": first * by, f"Position{axis}Unit": symbol}
    count = math.prod(stack.sizes[axis] for axis in without(axes, "YXS"))
    if stack.channels and len(stack.channels) == stack.sizes.get("C", 1):
        found["Channel"] = _channels(stack)
    found["Plane"] = {name: [value] * count for name, value in planes.items()}
    return found


def _channels(stack: Stack) -> dict[str, list[str | int | None]]:
    """Return names and colours as OME-XML has them; these are 32 bits with a sign."""
    numbers: list[str | int | None] = []
    for channel in stack.channels:
        rgba = int(channel.colour.lstrip("#") or "0", 16) << 8 | 0xFF
        numbers.append((rgba + 2**31) % 2**32 - 2**31 if channel.colour else None)
    names: list[str | int | None] = [channel.name or None for channel in stack.channels]
    return {"Name": names, "Color": numbers}


def _symbol(unit: str) -> tuple[str, float]:
    """Return how OME-XML writes a unit, and by what its values are multiplied."""
    try:
        known = unit if unit in SYMBOLS else BASE[kind_of(unit)]
        return SYMBOLS[known], factor(unit, known)
    except ValueError:  # a unit that napari may know, but that is none of length
        return unit, 1.0
