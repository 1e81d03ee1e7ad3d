"""Files to stacks, and results to files that are whole or not there at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import imageio.v3 as iio
import numpy as np

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.ome_tiff import read_tiff
from napari_mobile_unet.io.ome_zarr import (
    read_zarr,
    zarr_root,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_mobile_unet.types import AxesSource


PICTURES = {".png", ".jpg", ".jpeg", ".bmp"}
TIFF = {".tif", ".tiff"}
SUFFIXES = {*PICTURES, *TIFF, ".npy", ".zarr"}
"""Suffixes of the files (and, for .zarr, folders) that can be read."""


def read_stack(path: str | Path, axes: str | None = None) -> Stack:
    """Return an image file as a stack, with its axes, pixel sizes and units.

    Parameters
    ----------
    path : path-like
        TIFF (ImageJ, OME or plain), PNG, JPEG, BMP, NPY, or a Zarr array or
        OME-Zarr image: its first, finest level, or the one named: image.zarr/1.
    axes : str, optional
        A letter of "PTCZYXS" for each dimension; goes before the file's own.

    Returns
    -------
    Stack
        Lazy for Zarr and for large TIFF files.

    Raises
    ------
    OSError
        If the file is missing, empty, cut off, or not what its suffix says.
    ValueError
        If the axes do not fit, or its pixels are not real numbers.
    """
    path = Path(path)
    suffix = ".zarr" if zarr_root(path) else path.suffix.lower()
    if not path.exists():
        raise FileNotFoundError(f"an image file is needed; there is none at {path}")
    if path.is_dir() and suffix != ".zarr":
        raise ValueError(
            f"an image is a file, or a .zarr folder; {path} is a folder of others; "
            f"name what is in it, such as {path / '*.tif'}"
        )
    if suffix not in SUFFIXES:
        raise ValueError(
            f"{path} must be one of {', '.join(sorted(SUFFIXES))}; convert it first"
        )
    if path.is_dir() != (suffix == ".zarr"):
        kind = "folder" if path.is_dir() else "file"
        raise ValueError(f"{path} is a {kind}, which {suffix} is not; name an image")
    if path.is_file() and path.stat().st_size == 0:
        raise OSError(
            f"an image file must have content; {path} is empty; copy it again"
        )
    try:
        found = _READERS[suffix](path)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # decoders raise anything, from KeyError to zlib.error
        fault = " ".join(str(error).split())
        raise OSError(
            f"{path} could not be read as {suffix}: {fault}; copy or convert it again"
        ) from error
    try:
        if axes and found.get("axes"):
            found = _renamed(found, axes.upper())
        known: AxesSource | None = "metadata" if found.get("axes") else None
        return Stack.from_array(
            **{"name": path.name, **found, "axes": axes or found.get("axes")},
            axes_source="given" if axes else known,
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _renamed(found: dict[str, Any], axes: str) -> dict[str, Any]:
    """Return what was read with other axes; those of the same name keep their size."""
    known = [axis for axis in found["axes"] if axis != "S"]
    kept: dict[str, Any] = {**found, "axes": axes}
    for name, default in (("scale", 1.0), ("translate", 0.0), ("units", "pixel")):
        if name in found:
            values = dict(zip(known, found[name], strict=True))
            kept[name] = [values.get(axis, default) for axis in axes if axis != "S"]
    return kept


def _read_picture(path: Path) -> dict[str, Any]:
    try:
        if _is_deep_colour(path):  # which Pillow would narrow to 8 bits
            coded = np.fromfile(path, np.uint8)
            pixels = cv2.imdecode(coded, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
            if pixels is None:
                raise ValueError("it is cut off")
            pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
        else:
            inks = iio.immeta(path, plugin="pillow")["mode"] == "CMYK"
            pixels = iio.imread(path, plugin="pillow", mode="RGB" if inks else None)
    except (OSError, ValueError, SyntaxError) as error:
        raise OSError(
            f"{path} is not a readable {path.suffix} picture; copy or convert it again"
        ) from error
    if pixels.ndim == 3 and pixels.shape[-1] == 2:  # grey and alpha
        pixels = pixels[..., 0]
    return {"data": pixels, "axes": "YXS" if pixels.ndim == 3 else "YX"}


def _is_deep_colour(path: Path) -> bool:
    """Return whether a file is a PNG of 16-bit RGB or RGBA, by its header."""
    with path.open("rb") as file:
        head = file.read(26)
    return head.startswith(b"\x89PNG") and head[24:] in (b"\x10\x02", b"\x10\x06")


def _read_npy(path: Path) -> dict[str, Any]:
    try:
        return {"data": np.load(path, mmap_mode="r", allow_pickle=False)}
    except (ValueError, EOFError) as error:
        raise OSError(
            f"{path} is not a whole NPY file of numbers; save it again with numpy.save"
        ) from error


_READERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    **dict.fromkeys(PICTURES, _read_picture),
    **dict.fromkeys(TIFF, read_tiff),
    ".npy": _read_npy,
    ".zarr": read_zarr,
}
