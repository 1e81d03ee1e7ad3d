"""Where shapes that a person drew say that labels are right."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_mobile_unet.widgets.layers.convert import stack_of
from napari_mobile_unet.widgets.layers.drawn import carry, outlines_of, rows_and_columns

if TYPE_CHECKING:
    from napari.layers import Labels, Shapes

    from napari_mobile_unet.corrections.change import PlaneIndex
    from napari_mobile_unet.types import Mask


def finished_regions(drawn: Shapes, labels: Labels) -> dict[PlaneIndex, Mask]:
    """Return where each plane of some labels is inside a closed shape.

    Parameters
    ----------
    drawn : Shapes
        Each holds for the plane that it was drawn on; one of fewer dimensions than the
        labels, for all the planes that it is seen on.
    labels : Labels
        The labels.

    Returns
    -------
    dict
        (Y, X) bool of every plane with a shape on it.

    Raises
    ------
    ValueError
        If no shape covers a pixel of the labels.
    """
    stack = stack_of(labels)
    rows, columns = rows_and_columns(stack)
    batch = [axis for axis in range(labels.ndim) if axis not in (rows, columns)]
    sizes = [labels.data.shape[axis] for axis in batch]
    closed = [
        corners
        for corners, kind in zip(drawn.data, drawn.shape_type, strict=True)
        if kind not in ("line", "path")
    ]
    found: dict[PlaneIndex, Mask] = {}
    for corners, outline in zip(closed, outlines_of(drawn, labels, stack), strict=True):
        painted = np.zeros(stack.plane_shape, np.uint8)
        cv2.fillPoly(painted, [np.round(outline).astype(np.int32)], 1)
        if not painted.any():
            continue
        place = carry(corners[0], drawn, labels)[batch]
        choices = [
            # What it lacks of the labels' dimensions are the first of them.
            range(size) if axis < labels.ndim - drawn.ndim else [round(float(at))]
            for axis, size, at in zip(batch, sizes, place, strict=True)
        ]
        for plane in product(*choices):
            if all(0 <= n < size for n, size in zip(plane, sizes, strict=True)):
                before = found.get(plane, np.zeros(stack.plane_shape, bool))
                found[plane] = before | painted.view(np.bool_)
    if not found:
        raise ValueError(
            f"a finished region must lie on the labels; {drawn.name!r} covers none of "
            "their pixels; draw a rectangle over them"
        )
    return found
