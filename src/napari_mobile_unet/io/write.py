"""Results to files, each whole or not there at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr

from napari_mobile_unet.images.pixels import labels_type
from napari_mobile_unet.io.atomic import atomic_path
from napari_mobile_unet.io.ome_tiff import write_tiff
from napari_mobile_unet.io.ome_zarr import (
    list_labels,
    note,
    write_zarr,
)
from napari_mobile_unet.io.read import TIFF

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack


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
