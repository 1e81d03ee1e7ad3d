"""Shapes that a person drew, in the pixels of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari.layers import Layer, Shapes
    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack


def outlines_of(drawn: Shapes, source: Layer, stack: Stack) -> list[NDArray[Any]]:
    """Return (n, 2) x and y of the outline of each closed shape, in image pixels."""
    rows, columns = rows_and_columns(stack)
    outlines = []
    for corners, kind in zip(drawn.data, drawn.shape_type, strict=True):
        if kind in ("line", "path"):
            continue
        outline = _ellipse(corners) if kind == "ellipse" else corners
        places = np.array([carry(point, drawn, source) for point in outline])
        outlines.append(places[:, [columns, rows]])
    return outlines


def _ellipse(corners: NDArray[Any]) -> NDArray[Any]:
    """Return the outline of the ellipse in a box of four corners."""
    centre = corners.mean(0)
    first = (corners[0] + corners[1]) / 2 - centre
    second = (corners[1] + corners[2]) / 2 - centre
    angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)[:, None]
    return np.asarray(centre + np.cos(angles) * first + np.sin(angles) * second)


def rows_and_columns(stack: Stack) -> tuple[int, int]:
    """Return the dimensions of a layer that are Y and X."""
    world = stack.grid.world_axes
    return world.index("Y"), world.index("X")


def carry(point: Any, start: Layer, end: Layer) -> NDArray[Any]:
    """Return where a point of one layer's data lies in another's."""
    world = np.asarray(start.data_to_world(point), float)
    missing = max(0, end.ndim - len(world))
    world = np.concatenate([np.zeros(missing), world])[-end.ndim :]
    return np.asarray(end.world_to_data(world), float)
