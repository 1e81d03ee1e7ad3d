"""Results to files, each whole or not there at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.io.atomic import atomic_path
from napari_mobile_unet.io.ome_tiff_write import write_tiff
from napari_mobile_unet.io.ome_zarr_write import write_zarr, write_zarr_labels
from napari_mobile_unet.io.paths import TIFF

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack


def write_image(
    path: str | Path, stack: Stack, *, labels: bool = False, note: str = ""
) -> None:
    """Write a stack to a ``.tif`` (OME-TIFF) or ``.zarr`` (OME-Zarr), by suffix.

    The axes keep their order where the format allows: TIFF ends with YX or YXS and
    begins with P, OME-Zarr is TCZYX, with RGB samples as channels. OME-TIFF lacks bool
    and float16, which become uint8 and float32. Large planes in OME-Zarr have coarser
    levels, too.

    Parameters
    ----------
    path : path-like
        Where to.
    stack : Stack
        The image, or labels.
    labels : bool
        Whether these are labels, whose ids are not averaged in coarser levels.
    note : str
        A text that is kept in the file; see ``read_note``.

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
            write_zarr(beside, stack, labels=labels, note=note)
        else:
            write_tiff(beside, stack, note)


def check_suffix(path: Path) -> None:
    """Refuse a format that images are not written in.

    Raises
    ------
    ValueError
        If the suffix is neither that of TIFF nor that of Zarr.
    """
    if path.suffix.lower() not in (*TIFF, ".zarr"):
        raise ValueError(
            f"images are written as .tif or .zarr; received {path.name}; change the "
            "suffix"
        )


def write_labels_into(
    image: str | Path, name: str, labels: Stack, note: str = ""
) -> None:
    """Write labels into an OME-Zarr image, as its ``labels/<name>``.

    Parameters
    ----------
    image : path-like
        The OME-Zarr image.
    name : str
        Of the labels; earlier ones of this name are replaced.
    labels : Stack
        On the image's axes without C.
    note : str
        As for ``write_image``.

    Raises
    ------
    OSError
        If they cannot be written.
    """
    write_zarr_labels(Path(image), name, labels, note)
