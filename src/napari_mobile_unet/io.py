"""Files to stacks, and results to files that are whole or not there at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import imageio.v3 as iio
import numpy as np
import zarr

from napari_mobile_unet.instances import labels_type
from napari_mobile_unet.stack import AxesSource, Stack
from napari_mobile_unet.tiff import read_tiff, write_tiff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PICTURES = {".png", ".jpg", ".jpeg", ".bmp"}
TIFF = {".tif", ".tiff"}
SUFFIXES = {*PICTURES, *TIFF, ".npy", ".zarr"}
"""Suffixes of the files (and, for .zarr, folders) that can be read."""

NGFF_KINDS = {"T": "time", "C": "channel", "Z": "space", "Y": "space", "X": "space"}


def read_stack(path: str | Path, axes: str | None = None) -> Stack:
    """Return an image file as a stack, with its axes, pixel sizes and units.

    Parameters
    ----------
    path : path-like
        TIFF (ImageJ, OME or plain), PNG, JPEG, BMP, NPY, or a Zarr array or
        OME-Zarr image (its first, finest level).
    axes : str, optional
        A letter of "TCZYXS" for each dimension; goes before the file's own.

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
    suffix = path.suffix.lower()
    if not path.exists():
        raise FileNotFoundError(f"an image file is needed; there is none at {path}")
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
    except (ValueError, OSError):
        raise
    except Exception as error:
        raise OSError(
            f"{path} could not be read as {suffix}: {error}; copy or convert it again"
        ) from error
    known: AxesSource | None = None if axes or not found.get("axes") else "metadata"
    if axes and found.get("axes") not in (None, axes.upper()):
        found = {"data": found["data"]}  # its sizes belong to other axes
    found["axes"] = axes or found.get("axes")
    return Stack.from_array(**found, name=path.name, axes_source=known)


def _read_picture(path: Path) -> dict[str, Any]:
    try:
        pixels = iio.imread(path)
    except (OSError, ValueError, SyntaxError) as error:
        raise OSError(
            f"{path} is not a readable {path.suffix} picture; copy or convert it again"
        ) from error
    if pixels.ndim == 3 and pixels.shape[-1] == 2:  # grey and alpha
        pixels = pixels[..., 0]
    return {"data": pixels, "axes": "YXS" if pixels.ndim == 3 else "YX"}


def _read_npy(path: Path) -> dict[str, Any]:
    try:
        return {"data": np.load(path, mmap_mode="r", allow_pickle=False)}
    except (ValueError, EOFError) as error:
        raise OSError(
            f"{path} is not a whole NPY file of numbers; save it again with numpy.save"
        ) from error


def _read_zarr(path: Path) -> dict[str, Any]:
    try:
        node = zarr.open(path, mode="r")
    except Exception as error:
        raise OSError(
            f"{path} holds no Zarr array or image; name the folder with its metadata"
        ) from error
    if isinstance(node, zarr.Array):
        return {"data": node}
    attributes: Any = node.attrs.asdict()
    scales = attributes.get("ome", attributes).get("multiscales")
    if not scales:
        raise OSError(
            f"{path} is a Zarr group without an OME image; name one of its arrays: "
            f"{', '.join(sorted(node.keys())) or 'it has none'}"
        )
    level = scales[0]["datasets"][0]
    described = [
        {"name": a, "unit": None} if isinstance(a, str) else a
        for a in scales[0]["axes"]
    ]
    steps = {t["type"]: t for t in level.get("coordinateTransformations", ())}
    count = len(described)
    return {
        "data": node[level["path"]],
        "axes": "".join(axis["name"].upper() for axis in described),
        "scale": steps.get("scale", {}).get("scale", (1.0,) * count),
        "translate": steps.get("translation", {}).get("translation", (0.0,) * count),
        "units": [axis.get("unit") or "pixel" for axis in described],
    }


_READERS = {
    **dict.fromkeys(PICTURES, _read_picture),
    **dict.fromkeys(TIFF, read_tiff),
    ".npy": _read_npy,
    ".zarr": _read_zarr,
}


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a path beside the final one, and rename it there after the block.

    If the block fails, what it wrote is removed and the final path is untouched.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    try:
        place = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise OSError(
            f"{path} cannot be written ({os.strerror(error.errno or 0)}); "
            "name a folder that exists and is writable"
        ) from error
    try:
        yield place / path.name
        if path.is_dir():
            path.replace(place / "earlier")  # a folder is not replaced in one go
        (place / path.name).replace(path)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def write_image(path: str | Path, stack: Stack) -> None:
    """Write a stack to a ``.tif`` (OME-TIFF) or ``.zarr`` (OME-Zarr), by suffix.

    Raises
    ------
    OSError
        If it cannot be written.
    ValueError
        If the suffix is another.
    """
    path = Path(path)
    if path.suffix.lower() not in (*TIFF, ".zarr"):
        raise ValueError(
            f"images are written as .tif or .zarr; received {path.name}; change it"
        )
    with atomic_path(path) as beside:
        if path.suffix.lower() == ".zarr":
            _write_zarr(beside, stack)
        else:
            write_tiff(beside, stack)


def write_labels(path: str | Path, labels: NDArray[Any], source: Stack) -> None:
    """Write labels with the coordinates of their image.

    Parameters
    ----------
    path : path-like
        ``.tif`` or ``.zarr``.
    labels : ndarray of int
        On ``source.labels_axes``; written in the smallest unsigned type that holds
        every id, of 16 bits at least.
    source : Stack
        The image that was segmented.

    Raises
    ------
    OSError
        If they cannot be written.
    """
    stack = Stack(
        labels.astype(labels_type(int(labels.max(initial=0)))),
        source.labels_axes,
        scale=source.labels_scale,
        translate=source.labels_translate,
        units=source.labels_units,
        name=source.name,
    )
    write_image(path, stack)


def _write_zarr(path: Path, stack: Stack) -> None:
    """Write an OME-Zarr image (NGFF 0.5) of one level, a chunk for each plane."""
    data = np.asarray(stack.data)
    group = zarr.open_group(path, mode="w", zarr_format=3)
    chunks = tuple(
        min(size, 1024) if axis in "YX" else size if axis == "S" else 1
        for axis, size in stack.sizes.items()
    )
    names = [axis.lower() for axis in stack.axes]
    array = group.create_array(
        "0", shape=data.shape, dtype=data.dtype, chunks=chunks, dimension_names=names
    )
    array[...] = data
    axes: list[dict[str, Any]] = []
    for axis, unit in zip(stack.axes.replace("S", ""), stack.units, strict=True):
        entry = {"name": axis.lower(), "type": NGFF_KINDS[axis]}
        axes.append(entry if unit == "pixel" else {**entry, "unit": unit})
    scale, translate = list(stack.scale), list(stack.translate)
    if "S" in stack.axes:  # RGB samples are channels to NGFF
        axes.insert(stack.axes.index("S"), {"name": "c", "type": "channel"})
        scale.insert(stack.axes.index("S"), 1.0)
        translate.insert(stack.axes.index("S"), 0.0)
    steps: list[dict[str, Any]] = [{"type": "scale", "scale": scale}]
    if any(translate):
        steps.append({"type": "translation", "translation": translate})
    level = {"path": "0", "coordinateTransformations": steps}
    image: dict[str, Any] = {"name": stack.name, "axes": axes, "datasets": [level]}
    group.attrs["ome"] = {"version": "0.5", "multiscales": [image]}
