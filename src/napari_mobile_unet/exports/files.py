"""Label files, read to be exported."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_mobile_unet.exports.labels import import_labels
from napari_mobile_unet.images.parts import at_position
from napari_mobile_unet.io.outlines.names import holds_objects
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.objects.align import match_axes

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.images.stack import Stack


def read_to_export(
    labels: Path,
    image: Path | None = None,
    axes: str | None = None,
    position: int | None = None,
) -> Stack:
    """Return labels where their image lies.

    Parameters
    ----------
    labels : Path
        A label image, or outlines of another program.
    image : Path, optional
        The image that was labelled; outlines have its size.
    axes : str, optional
        Of the labels; of the image where the labels are outlines.
    position : int, optional
        Which one is read, where there are several.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read, or the two do not fit each other.
    """
    drawn = holds_objects(labels)
    seen = None
    if image is not None:
        seen = read_stack(image, axes if drawn else None, position=position).squeeze()
        if "P" in seen.axes and position is not None:
            seen = at_position(seen, position)
    if drawn:
        if seen is not None and "P" in seen.axes:
            raise ValueError(
                "outlines belong to one position; their image has "
                f"{seen.sizes['P']}; choose one with --position"
            )
        found = import_labels(labels, None if seen is None else seen.sizes)
    else:
        found = read_stack(labels, axes, position=position, as_labels=True).squeeze()
    if position is not None and "P" in found.axes:
        found = at_position(found, position)
    if seen is None:
        return found
    found, seen = match_axes(found, seen)
    return replace(found, grid=seen.grid.select(found.axes))
