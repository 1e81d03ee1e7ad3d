"""Files to stacks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.io.content import Content, RequestError, check_position
from napari_mobile_unet.io.ome_tiff import read_tiff
from napari_mobile_unet.io.ome_zarr import read_zarr
from napari_mobile_unet.io.outlines.names import OBJECTS, holds_objects
from napari_mobile_unet.io.paths import PICTURES, SUFFIXES, TIFF, name_of, zarr_root
from napari_mobile_unet.io.pictures import read_picture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_mobile_unet.images.stack import Stack


def read_stack(
    path: str | Path,
    axes: str | None = None,
    *,
    position: int | None = None,
    as_labels: bool = False,
    sizes: Mapping[str, int] | None = None,
) -> Stack:
    """Return an image file as a stack, with its axes, pixel sizes and units.

    Parameters
    ----------
    path : path-like
        TIFF (ImageJ, OME or plain), PNG, JPEG, BMP, NPY, or a Zarr array or
        OME-Zarr image: its first, finest level, or the one named: image.zarr/1.
    axes : str, optional
        A letter of "PTCZYXS" for each dimension; goes before the file's own.
    position : int, optional
        Of one of several images in the file, from 0. By default the first is read,
        together with those that are like it; ``left_out`` names the others.
    as_labels : bool
        Whether the file holds labels. Of a picture with a palette these are the
        indices, not the colours; JPEG, which does not keep ids, is refused. Outlines
        and masks of other programs are read as well: ImageJ's .zip and .roi, GeoJSON,
        COCO's .json and Cellpose's _seg.npy.
    sizes : mapping of str to int, optional
        Length of each axis of the image that outlines belong to; by default what
        their file tells, or what they span.

    Returns
    -------
    Stack
        With Y before X, behind the axes that number planes. Lazy for Zarr and for
        large TIFF files. Its ``notes`` tell what the file left open.

    Raises
    ------
    OSError
        If the file is missing, empty, cut off, or not what its suffix says.
    ValueError
        If the axes do not fit, its pixels are not real numbers, or there is no such
        position.
    """
    path = Path(path)
    suffix = _suffix(path, as_labels)
    try:
        content = _read(path, suffix, position, as_labels, sizes)
    except (RequestError, MemoryError):
        raise
    except OSError as error:
        if error.errno is None:
            raise
        raise type(error)(
            f"{path} could not be read ({error.strerror}); copy it again, or see that "
            "it may be read"
        ) from error
    except Exception as error:  # decoders raise anything, from KeyError to zlib.error
        fault = " ".join(f"{type(error).__name__}: {error}".split())
        raise OSError(
            f"{path} could not be read ({fault}); copy or convert it again"
        ) from error
    try:
        return content.stack(name_of(path), axes)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _suffix(path: Path, as_labels: bool) -> str:
    """Return the suffix by which a file is read; that of a Zarr folder is .zarr.

    Raises
    ------
    OSError
        If there is no such file, or nothing in it.
    ValueError
        If it is of another kind.
    """
    suffix = ".zarr" if zarr_root(path) else path.suffix.lower()
    if not path.exists():
        raise FileNotFoundError(f"an image file is needed; there is none at {path}")
    if path.is_dir() and suffix != ".zarr":
        raise ValueError(
            f"an image is a file, or a .zarr folder; {path} is a folder without Zarr "
            f"metadata; name what is in it, such as {path / '*.tif'}"
        )
    usable = SUFFIXES | OBJECTS if as_labels else SUFFIXES
    if suffix not in usable:
        raise ValueError(
            f"an image file is one of {', '.join(sorted(usable))}; received {path}; "
            "convert it first"
        )
    if path.is_file() and suffix == ".zarr":
        raise ValueError(f"a .zarr image is a folder; {path} is a file; name another")
    if path.is_file() and path.stat().st_size == 0:
        raise OSError(
            f"an image file must have content; {path} is empty; copy it again"
        )
    return suffix


def _read(
    path: Path,
    suffix: str,
    position: int | None,
    as_labels: bool,
    sizes: Mapping[str, int] | None,
) -> Content:
    if as_labels and holds_objects(path):
        from napari_mobile_unet.io.outlines.read import read_objects  # which few need

        check_position(path, position, 1)
        return read_objects(path, sizes)
    if suffix in PICTURES:
        return read_picture(path, position, as_labels)
    if suffix in TIFF:
        return read_tiff(path, position)
    return read_zarr(path, position) if suffix == ".zarr" else _read_npy(path, position)


def _read_npy(path: Path, position: int | None) -> Content:
    check_position(path, position, 1)
    try:
        return Content(np.load(path, mmap_mode="r", allow_pickle=False))
    except (ValueError, EOFError) as error:
        raise OSError(
            f"{path} is not a whole NPY file of numbers; save it again with numpy.save"
        ) from error
