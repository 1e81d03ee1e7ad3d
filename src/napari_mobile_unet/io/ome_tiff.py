"""TIFF with its axes, pixel sizes and units, as ImageJ and OME write them."""

from __future__ import annotations

import logging
import math
import threading
import weakref
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
import zarr

from napari_mobile_unet.images.axes import AXES
from napari_mobile_unet.images.windows import iter_windows
from napari_mobile_unet.io.ome_tiff_metadata import SYMBOLS, imagej_sizes, ome_sizes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack

_COLOURS = {tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR}

TILE = 1024
"""Height and width of a tile in pixels."""
TILED = 4096
"""Planes longer than this are written in tiles; not all readers know tiles."""
LAZY_BYTES = 2**28
"""From this size on a file is read plane by plane, when a plane is asked for."""


def read_tiff(path: Path) -> dict[str, Any]:
    """Return array, axes, scale and units of a TIFF file, for ``Stack.from_array``.

    Images of one shape in an OME-TIFF are its positions, on an axis P.

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
        images = _images(file)
        for image in images:
            _check_whole(image, file, path, complaints)
        axes, page = images[0].axes, images[0].keyframe
        unknown = set(axes) - set(AXES)
        colour = page.photometric in _COLOURS
        if not colour or images[0].sizes.get("S", 3) not in (3, 4):
            axes = axes.replace("S", "C")
        axes = "P" * (len(images) > 1) + axes
        data = _pixels(images, opened)
        left_out = []
        if further := len(file.series) - len(images):
            left_out.append(f"{further} further image{'s' * (further > 1)}")
        if page.photometric == tifffile.PHOTOMETRIC.PALETTE:
            left_out.append("the palette of colours")
        found = {"data": data, "left_out": " and ".join(left_out)}
        if unknown:  # a pile of pages that nobody named
            return {**found, **({"rgb": True} if axes.endswith("S") else {})}
        scale, units = dict.fromkeys(axes, 1.0), dict.fromkeys(axes, "pixel")
        if file.is_ome and file.ome_metadata:
            ome_sizes(file.ome_metadata, scale, units)
        elif file.is_imagej:
            imagej_sizes(file, scale, units)
    spatial = axes.replace("S", "")
    return {
        **found,
        "axes": axes,
        "scale": [scale[axis] for axis in spatial],
        "units": [units[axis] for axis in spatial],
    }


def _images(file: tifffile.TiffFile) -> list[tifffile.TiffPageSeries]:
    """Return the first image of a file, and in OME-TIFF its other positions.

    OME-XML may tell of images in other files as well.
    """
    if len(file.series) == 1 or not file.is_ome:
        return file.series[:1]
    here = [
        image
        for image in file.series
        if any(page is not None and page.parent is file for page in image.pages)
    ]
    first, *others = here or file.series
    kind = first.shape, first.axes, first.dtype
    return [first, *(o for o in others if (o.shape, o.axes, o.dtype) == kind)]


def _pixels(images: list[tifffile.TiffPageSeries], opened: ExitStack) -> Any:
    """Return the array of an image, or of its positions; lazy if that is large."""
    if sum(image.nbytes for image in images) < LAZY_BYTES:
        arrays = [image.asarray() for image in images]
        return np.stack(arrays) if len(arrays) > 1 else arrays[0]
    lazy: list[Any] = [zarr.open_array(i.aszarr(level=0), mode="r") for i in images]
    weakref.finalize(lazy[0], opened.pop_all().close)
    if len(lazy) == 1:
        return lazy[0]
    import dask.array  # half a second that few need

    dask_array: Any = dask.array  # typed in some of its releases only
    return dask_array.stack([dask_array.from_array(a, a.chunks) for a in lazy])


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


def _check_whole(
    image: tifffile.TiffPageSeries,
    file: tifffile.TiffFile,
    path: Path,
    complaints: list[str],
) -> None:
    """Refuse a file that ends before the pixels or the pages of an image do.

    tifffile would give zeros, or only the pages that it finds.
    """
    size, end, missing = path.stat().st_size, 0, False
    if image.dataoffset is not None:
        end = image.dataoffset + image.nbytes
    else:
        for page in image.pages:
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
    world = stack.grid.world_axes
    for axis, step, unit in zip(world, stack.scale, stack.units, strict=True):
        if axis in "CPYXZT" and unit == "pixel" and (step == 1 or axis in "CPT"):
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
