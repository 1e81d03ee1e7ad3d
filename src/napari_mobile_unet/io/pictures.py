"""PNG, JPEG and BMP: grey values or colours, and the ids of label pictures."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from napari_mobile_unet.io.content import Content, RequestError, check_position
from napari_mobile_unet.later import Image

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.types import Plane

_DEEP = {
    b"\x10\x02": cv2.IMREAD_COLOR,
    b"\x10\x04": cv2.IMREAD_GRAYSCALE,
    b"\x10\x06": cv2.IMREAD_COLOR,
}
"""Bits and colour type in the header of PNG files that Pillow narrows to 8 bits, and
how OpenCV reads them: RGB, grey with alpha, RGBA."""
_HEADER = 26
"""Bytes of a PNG file up to these two."""


def read_picture(
    path: Path, position: int | None = None, as_labels: bool = False
) -> Content:
    """Return the pixels of a picture, a grey one without its alpha.

    The frames of an animated PNG are times. Of several pictures in a JPEG file (MPO)
    those of the size of the first are positions.

    Parameters
    ----------
    path : Path
        PNG, JPEG or BMP.
    position : int, optional
        Of one of several pictures.
    as_labels : bool
        Whether the indices of a palette are wanted, which are ids, or its colours.

    Raises
    ------
    OSError
        If it is no picture, or cut off.
    ValueError
        If there is no such position, or the format does not keep ids.
    """
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            form, frames = image.format, _frames(path, image, as_labels)
            if getattr(image, "default_image", False):
                del frames[:1]  # it stands for the animation where that is not shown
    except Image.DecompressionBombError as error:
        raise OSError(
            f"pictures of up to 178 million pixels are read; {path} has more; convert "
            "it to TIFF"
        ) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise OSError(
            f"{path} is not a readable {path.suffix} picture; copy or convert it again"
        ) from error
    if not frames:
        raise RequestError(
            f"animated pictures are read in 8 bits; {path} has 16; convert it to TIFF"
        )
    if as_labels and form in ("JPEG", "MPO"):
        raise RequestError(
            f"labels need a format that keeps each id, which JPEG does not; received "
            f"{path}; save them as PNG or TIFF"
        )
    check_position(path, position, len(frames))
    first = frames[position or 0]
    axes = "YXS" if first.ndim == 3 else "YX"
    if position is not None or len(frames) == 1:
        return Content(first, axes)
    alike, others = [], []
    for number, frame in enumerate(frames):
        if (frame.shape, frame.dtype) == (first.shape, first.dtype):
            alike.append(frame)
        else:
            others.append(number)
    content = Content(first, axes)
    if len(alike) > 1:
        content = Content(np.stack(alike), ("T" if form == "PNG" else "P") + axes)
    content.leave_out_images(others, " of another size")
    return content


def _frames(path: Path, image: Image.Image, as_labels: bool) -> list[Plane]:
    """Return all pictures in a file, (Y, X) or (Y, X, samples), if they can be read."""
    with path.open("rb") as file:
        header = file.read(_HEADER)
    bits = header[-2] if image.format == "PNG" else 8
    count = getattr(image, "n_frames", 1)
    if bits == 16 and count > 1:  # whose parts Pillow does not put together rightly
        return []
    if bits == 16 and header[-2:] in _DEEP:
        return [_deep_pixels(path, _DEEP[header[-2:]])]
    frames = []
    for number in range(count):
        image.seek(number)
        frames.append(_pixels(image, as_labels))
    if as_labels and image.mode == "L" and bits in (2, 4):
        frames = [frame // (255 // (2**bits - 1)) for frame in frames]  # as stored
    return frames


def _deep_pixels(path: Path, flags: int) -> Plane:
    """Return a PNG file of 16 bits with colours or alpha as numbers."""
    with Image.open(path) as image:
        image.verify()  # OpenCV complains on standard error of files that are cut off
    coded = np.fromfile(path, np.uint8)  # it opens no names outside ASCII
    flags |= cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
    pixels: Any = cv2.imdecode(coded, flags)
    grey: Plane = pixels
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB) if pixels.ndim == 3 else grey


def _pixels(image: Image.Image, as_labels: bool) -> Plane:
    """Return the current picture of a file as numbers."""
    if image.mode in ("P", "PA"):
        image = image.convert("P") if as_labels else image.convert("RGB")
    elif image.mode == "CMYK":
        image = image.convert("RGB")
    pixels: Plane = np.array(image)  # a view of Pillow's memory cannot be written to
    return pixels[..., 0] if image.mode in ("LA", "La") else pixels
