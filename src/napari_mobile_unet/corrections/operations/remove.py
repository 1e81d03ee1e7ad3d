"""Remove objects: some of them, those at the border, small ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.operations.checks import check_objects
from napari_mobile_unet.corrections.operations.window import among, iter_windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_mobile_unet.corrections.change import Change, LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.index import ObjectIndex


def delete(
    labels: LabelArray,
    index: ObjectIndex,
    ids: Iterable[int],
    planes: Sequence[PlaneIndex],
) -> list[Change]:
    """Return the changes that remove objects from some planes.

    No other object changes, and no id is given to another object afterwards.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    ids : iterable of int
        The objects, at least one.
    planes : sequence of tuple of int
        Where they are removed, see ``planes_in_scope``.

    Raises
    ------
    ValueError
        If one of them is not on any of the planes.
    """
    chosen = check_objects(index, ids, planes)
    changes = []
    for window in iter_windows(labels, index, chosen, planes):
        gone = among(window.labels, window.ids)
        changes += window.changed(np.where(gone, 0, window.labels))
    return changes


def touching_border(
    index: ObjectIndex, shape: tuple[int, ...], planes: Sequence[PlaneIndex]
) -> list[int]:
    """Return the objects that touch the border of one of the planes, ascending.

    Parameters
    ----------
    index : ObjectIndex
        Of the labels.
    shape : tuple of int
        Of the labels (..., Y, X).
    planes : sequence of tuple of int
        The planes that are looked at.
    """
    height, width = shape[-2:]
    found = set()
    for plane in planes:
        for own in index.ids_in(plane):
            rows, columns = index.box(own, plane)
            inside = rows.start > 0 and rows.stop < height
            if not (inside and columns.start > 0 and columns.stop < width):
                found.add(own)
    return sorted(found)


def smaller_than(
    index: ObjectIndex, pixels: int, planes: Sequence[PlaneIndex]
) -> list[int]:
    """Return the objects with fewer pixels than that on all the planes, ascending.

    Parameters
    ----------
    index : ObjectIndex
        Of the labels.
    pixels : int
        Size from which objects are not returned.
    planes : sequence of tuple of int
        The planes whose pixels are counted, together.
    """
    counts: dict[int, int] = {}
    for plane in planes:
        for own in index.ids_in(plane):
            counts[own] = counts.get(own, 0) + index.count(own, plane)
    return sorted(own for own, count in counts.items() if count < pixels)
