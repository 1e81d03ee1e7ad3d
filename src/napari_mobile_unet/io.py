"""Files to stacks, and results to files that are whole or not there at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import imageio.v3 as iio
import numpy as np
import zarr

from napari_mobile_unet.images.pixels import labels_type
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.ngff import (
    list_labels,
    note,
    read_zarr,
    write_zarr,
    zarr_root,
)
from napari_mobile_unet.tiff import read_tiff, write_tiff
from napari_mobile_unet.whole_files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_mobile_unet.images.grid import AxesSource


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


def write_image(path: str | Path, stack: Stack) -> None:
    """Write a stack to a ``.tif`` (OME-TIFF) or ``.zarr`` (OME-Zarr), by suffix.

    The axes keep their order where the format allows: TIFF ends with YX or YXS,
    OME-Zarr is TCZYX, with RGB samples as channels. OME-TIFF lacks bool and
    float16, which become uint8 and float32, and holds no translation.

    Raises
    ------
    OSError
        If it cannot be written.
    ValueError
        If the suffix is another, or the format cannot hold the image.
    """
    path = Path(path)
    check_suffix(path)
    if stack.axes != stack.batch_axes + "YX":  # of others no plane can be written alone
        stack = stack.on_axes(np.asarray(stack.data), stack.axes)
    with atomic_path(path) as beside:
        if path.suffix.lower() == ".zarr":
            write_zarr(beside, stack)
        else:
            write_tiff(beside, stack)


def check_suffix(path: Path) -> None:
    """Refuse a format that images are not written in.

    Raises
    ------
    ValueError
        If the suffix is neither that of TIFF nor that of Zarr.
    """
    if path.suffix.lower() not in (*TIFF, ".zarr"):
        raise ValueError(
            f"images are written as .tif or .zarr; received {path.name}; change it"
        )


def write_labels_into(image: str | Path, name: str, labels: Stack) -> None:
    """Write labels into an OME-Zarr image, as its ``labels/<name>``.

    Parameters
    ----------
    image : path-like
        The OME-Zarr image.
    name : str
        Of the labels; earlier ones of this name are replaced.
    labels : Stack
        On the image's axes without C.

    Raises
    ------
    OSError
        If they cannot be written.
    """
    image = Path(image)
    zarr_format = list_labels(image, name)
    with atomic_path(image / "labels" / name) as beside:
        write_zarr(beside, labels, zarr_format)
        group = zarr.open_group(beside, mode="a")
        note(group, {"image-label": {"source": {"image": "../../"}}})


def write_labels(path: str | Path, labels: Any, source: Stack) -> None:
    """Write labels with the coordinates of their image.

    Parameters
    ----------
    path : path-like
        ``.tif`` or ``.zarr``; see ``write_image``.
    labels : ndarray of int
        On ``source.labels_axes``; written in the smallest unsigned type that holds
        every id, of 16 bits at least.
    source : Stack
        The image that was segmented.

    Raises
    ------
    OSError
        If they cannot be written.
    ValueError
        If they are no labels of this image, or the suffix is another.
    """
    if labels.dtype.kind not in "biu" or labels.min(initial=0) < 0:
        raise ValueError(
            f"labels are whole numbers, 0 for background; received {labels.dtype} "
            f"from {labels.min(initial=0)}; convert them to an unsigned type"
        )
    if labels.shape != source.labels_shape:
        raise ValueError(
            f"labels have the shape of their image without C and S, "
            f"{source.labels_shape}; received {labels.shape}; resize them"
        )
    dtype = labels_type(int(labels.max(initial=0)))
    write_image(path, source.on_axes(labels.astype(dtype), source.labels_axes))
