"""Outlines of objects that run along the edges of pixels.

Filled again they give the same pixels. scikit-image's ``find_contours`` and OpenCV's
``findContours`` run through the centres of pixels instead: half a pixel is lost on each
side, and of an object one pixel wide nothing is left. Polygonising libraries that do
follow edges bring GDAL along.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import skimage

from napari_mobile_unet.objects.labels import check_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import AnyLabels

    Ring = NDArray[np.int64]

# Directions are east, south, west, north; the object is always on the right.
_STEP_X = np.array([1, 0, -1, 0])
_STEP_Y = np.array([0, 1, 0, -1])
# Of the four pixels around a vertex, the one ahead on the left, as rows and columns
# from the north-western one. The one ahead on the right is that of the next direction.
_LEFT_Y = np.array([0, 1, 1, 0])
_LEFT_X = np.array([1, 1, 0, 0])


@dataclass(frozen=True, eq=False)
class Outline:
    """The outline of one object in one plane.

    Parameters
    ----------
    label : int
        Its id.
    area : int
        Its pixels.
    polygons : tuple
        One for each piece whose pixels share sides: its outer ring, then its holes.
        Each ring is (corners, 2), x and y of the corners of pixels: the first pixel of
        an image spans 0 to 1. The first corner is not repeated at the end.
    """

    label: int
    area: int
    polygons: tuple[tuple[Ring, ...], ...]

    @property
    def rings(self) -> list[Ring]:
        """All rings of all pieces."""
        return [ring for polygon in self.polygons for ring in polygon]


def iter_outlines(labels: Stack) -> Iterator[tuple[dict[str, int], list[Outline]]]:
    """Yield for each plane its place on the batch axes, and its outlines."""
    for number in range(labels.n_planes):
        place = dict(zip(labels.batch_axes, labels.index(number), strict=True))
        yield place, outlines_of(labels.plane(number))


def outlines_of(plane: AnyLabels) -> list[Outline]:
    """Return the outlines of all objects in a plane, by ascending id.

    Pieces that touch at a corner alone are polygons of their own. No ring touches
    itself, so that the polygons are valid where that is asked for.

    Parameters
    ----------
    plane : ndarray of int
        (Y, X), 0 is background.

    Raises
    ------
    ValueError
        If it holds other than whole numbers ≥ 0.
    """
    check_labels(plane)
    pieces = skimage.measure.label(plane, connectivity=1, background=0)
    if not pieces.any():
        return []
    # All edges of all pieces at once: one piece at a time would read the plane over
    # and over, and boxes of large objects overlap.
    padded = np.pad(pieces.astype(np.int32), 1)
    y, x, towards, piece = _edges(padded)
    tops = towards == 0  # which every piece has; below each lies a pixel of it
    ids = np.zeros(int(piece.max()) + 1, plane.dtype)
    ids[piece[tops]] = plane[y[tops], x[tops]]
    following, turns = _chain(padded, y, x, towards, piece)
    order, starts = _rings(following)
    y, x, towards = y[order], x[order], towards[order]
    areas = np.add.reduceat(x * _STEP_Y[towards], starts)  # of holes: negative
    corner = turns[order]
    corners = np.stack([x + _STEP_X[towards], y + _STEP_Y[towards]], axis=1)[corner]
    ends = np.cumsum(np.add.reduceat(corner, starts, dtype=np.intp))
    rings = np.split(corners, ends[:-1])
    return _joined(rings, areas, piece[order[starts]], ids.tolist())


def _edges(padded: NDArray[np.int32]) -> tuple[NDArray[Any], ...]:
    """Return start, direction and piece of each edge of a pixel at its piece's rim."""
    above, below = padded[:-1, 1:-1], padded[1:, 1:-1]
    left, right = padded[1:-1, :-1], padded[1:-1, 1:]
    found = []
    for direction, inside, outside, start_y, start_x in (
        (0, below, above, 0, 0),
        (1, left, right, 0, 0),
        (2, above, below, 0, 1),
        (3, right, left, 1, 0),
    ):
        y, x = np.nonzero((inside > 0) & (inside != outside))
        towards = np.full(len(y), direction)
        found.append((y + start_y, x + start_x, towards, inside[y, x]))
    return tuple(np.concatenate(part) for part in zip(*found, strict=True))


def _chain(
    padded: NDArray[np.int32], y: Any, x: Any, towards: Any, piece: Any
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the edge that follows each edge, and whether there is a corner between.

    Where a piece touches itself at a corner, its rings part there: holes that touch
    at a corner are two.
    """
    width = padded.shape[1]
    key = (y * width + x) * 4 + towards
    y, x = y + _STEP_Y[towards], x + _STEP_X[towards]
    on = (towards + 1) % 4
    turn = np.where(padded[y + _LEFT_Y[on], x + _LEFT_X[on]] == piece, 0, 1)
    turn[padded[y + _LEFT_Y[towards], x + _LEFT_X[towards]] == piece] = -1
    order = np.argsort(key)
    wanted = (y * width + x) * 4 + (towards + turn) % 4
    return order[np.searchsorted(key, wanted, sorter=order)], turn != 0


def _rings(following: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the edges ring after ring, and where each ring starts."""
    after = following.tolist()  # of plain numbers, which a loop handles faster
    seen = bytearray(len(after))
    order: list[int] = []
    starts: list[int] = []
    for edge in range(len(after)):
        if seen[edge]:
            continue
        starts.append(len(order))
        while not seen[edge]:
            seen[edge] = 1
            order.append(edge)
            edge = after[edge]
    return np.array(order, np.intp), np.array(starts, np.intp)


def _joined(
    rings: list[Ring], areas: NDArray[Any], piece: NDArray[Any], ids: list[int]
) -> list[Outline]:
    """Return rings as polygons, and these as objects."""
    objects: dict[int, dict[int, list[Ring]]] = {}
    sizes: dict[int, int] = {}
    outer_first = np.lexsort((areas < 0, piece))
    for number in outer_first.tolist():
        own = int(piece[number])
        parts = objects.setdefault(ids[own], {})
        parts.setdefault(own, []).append(rings[number])
        sizes[ids[own]] = sizes.get(ids[own], 0) + int(areas[number])
    return [
        Outline(label, sizes[label], tuple(map(tuple, objects[label].values())))
        for label in sorted(objects)
    ]
