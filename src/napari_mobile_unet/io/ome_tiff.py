"""TIFF with its axes, pixel sizes and units, as ImageJ and OME write them."""

from __future__ import annotations

import logging
import re
import threading
import weakref
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.axes import AXES
from napari_mobile_unet.io.content import Content, check_position
from napari_mobile_unet.io.tiff_chain import check_chain
from napari_mobile_unet.io.tiff_images import TiffImage, list_images
from napari_mobile_unet.later import tifffile, zarr

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UNREADABLE = re.compile("failed to read '([^']*)'")
"""What tifffile logs of a file that OME-XML names."""
LAZY_BYTES = 2**28
"""From this size on a file is read plane by plane, when a plane is asked for."""


def read_tiff(path: Path, position: int | None = None) -> Content:
    """Return the pixels of a TIFF file, and where they lie.

    Parameters
    ----------
    path : Path
        Of the file.
    position : int, optional
        Of one of its images. By default it is the first, and in an OME-TIFF all that
        are like it in shape, type and pixel size: its positions, on an axis P.

    Raises
    ------
    OSError
        If it is no TIFF file, cut off, or other files belong to it that are not there.
    ValueError
        If there is no such position.
    """
    with _complaints() as complaints, ExitStack() as opened:
        try:
            file = opened.enter_context(tifffile.TiffFile(path))
        except (tifffile.TiffFileError, ValueError, KeyError, IndexError) as error:
            raise OSError(
                f"{path} is not a TIFF file, whatever its name; convert it first"
            ) from error
        check_chain(file)
        if not file.series or 0 in file.series[0].shape:
            raise OSError(f"a TIFF file must hold an image; {path} holds none")
        check_position(path, position, len(file.series))
        images = list_images(file, path)
        chosen, content = _choose(images, file, position)
        for image in chosen:
            _check_whole(image, path, complaints)
        content.data = _pixels([image.series for image in chosen], opened)
    series = chosen[0].series
    axes, photometric = series.axes, series.keyframe.photometric
    colours = tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR
    if photometric not in colours or chosen[0].sizes.get("S", 3) not in (3, 4):
        axes = axes.replace("S", "C")
    if set(axes) <= set(AXES):
        content.axes = "P" * (len(chosen) > 1) + axes
    elif axes.endswith("S"):  # a pile of pages that nobody named
        content.rgb = True
    if photometric == tifffile.PHOTOMETRIC.PALETTE:
        content.left_out.append("the palette of colours")
    if photometric == tifffile.PHOTOMETRIC.MINISWHITE:
        content.notes.append("0 stands for white in its file")
    return content


def _choose(
    images: list[TiffImage], file: tifffile.TiffFile, position: int | None
) -> tuple[list[TiffImage], Content]:
    """Return the images to read, and what is known of them without their pixels."""
    if position is not None:
        image = images[position]
        return [image], image.content
    here = [n for n, image in enumerate(images) if image.is_in(file)]
    here = here or list(range(len(images)))
    first = images[here[0]]
    alike = (
        [n for n in here if images[n].kind == first.kind] if file.is_ome else here[:1]
    )
    content = first.content
    others = [n for n in here if n not in alike]
    why = " of another shape, type or pixel size" if file.is_ome else ""
    content.leave_out_images(others, why)
    elsewhere = [n for n in range(len(images)) if n not in here]
    content.leave_out_images(elsewhere, " in other files")
    return [images[n] for n in alike], content


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


def _check_whole(image: TiffImage, path: Path, complaints: list[str]) -> None:
    """Refuse an image whose file ends before its pixels or pages do.

    tifffile would give zeros, or only the pages that it finds.
    """
    pages: list[Any] = [page for page in image.series.pages if page is not None]
    whole = len(pages) == len(image.series.pages)
    damaged = [name for text in complaints for name in _UNREADABLE.findall(text)]
    if absent := image.missing or ([] if whole else damaged):
        raise OSError(
            f"{path} lacks planes that are in {', '.join(absent[:5])}"
            f"{', …' * (len(absent) > 5)} (missing or damaged); copy all files of an "
            "image to one folder, under their own names"
        )
    sizes: dict[str, int] = {}
    ends: dict[str, int] = {}
    for page in pages:
        file = page.parent.filehandle  # planes of an OME image may be in other files
        pairs = zip(page.dataoffsets, page.databytecounts, strict=False)
        sizes[file.path] = file.size
        ends[file.path] = max(ends.get(file.path, 0), *map(sum, pairs), 0)
    if image.series.dataoffset is not None:
        ends[file.path] = image.series.dataoffset + image.series.nbytes
    short = [name for name, end in ends.items() if end > sizes[name]]
    # Where the chain of pages or a tag points past the end, it is only logged.
    lost = any("page offset" in t or "value offset" in t for t in complaints)
    if short or lost or not whole:
        name = short[0] if short else str(path)
        raise OSError(
            f"a TIFF file must hold all its pages and pixels; {name} ends at byte "
            f"{sizes.get(name, path.stat().st_size)}, too early: it was cut off; "
            "copy it again"
        )
