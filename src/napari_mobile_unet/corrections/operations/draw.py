"""Draw a new object by its outline, or take one over from other labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import skimage

from napari_mobile_unet.corrections.change import read_box
from napari_mobile_unet.corrections.operations.checks import new_ids
from napari_mobile_unet.corrections.operations.window import (
    Window,
    among,
    box_of_points,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from napari_mobile_unet.corrections.change import (
        Box,
        Change,
        LabelArray,
        PlaneIndex,
    )
    from napari_mobile_unet.corrections.index import ObjectIndex
    from napari_mobile_unet.corrections.operations.window import Points
    from napari_mobile_unet.types import AnyLabels, Mask, Reals

Writes = Literal["under", "over"]
"""Whether an object takes background alone, or the pixels of others, too."""


def draw_object(
    labels: LabelArray,
    index: ObjectIndex,
    outline: Points,
    plane: PlaneIndex,
    *,
    writes: Writes = "under",
    keep: Collection[int] = (),
) -> list[Change]:
    """Return the change that makes an object, with the next free id, of an outline.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    outline : array_like
        (n, 2) rows and columns of the corners, three or more; it is closed by itself,
        may lead out of the plane, and holds the pixels whose middle is inside.
    plane : tuple of int
        Where it was drawn.
    writes : {"under", "over"}
        Under: on background alone. Over: on other objects, too.
    keep : collection of int
        Objects that are not drawn over, such as locked ones.

    Raises
    ------
    ValueError
        If the outline holds no pixel that may be written, or the labels' type has no
        id left.
    """
    window = Window.of(labels, plane, box_of_points(_corners(outline), labels.shape))
    inside = outlined(window, outline)
    written = inside & writable(window.labels, writes, keep)
    if not written.any():
        what = "holds no pixel" if not inside.any() else "lies on other objects"
        raise ValueError(
            f"an outline holds pixels for a new object; received one that {what}; "
            "draw a wider one, elsewhere, or over the others"
        )
    (own,) = new_ids(labels, index, 1)
    return window.changed(np.where(written, own, window.labels))


def adopt(
    labels: LabelArray,
    index: ObjectIndex,
    source: LabelArray,
    box: Box,
    own: int,
    plane: PlaneIndex,
    *,
    writes: Writes = "under",
    keep: Collection[int] = (),
) -> list[Change]:
    """Return the change that takes an object over from other labels, with a free id.

    Parameters
    ----------
    labels, index, plane, writes, keep
        As for ``draw_object``.
    source : array of int
        (..., Y, X), such as candidates that were left out, or another layer.
    box : tuple of slice
        Rows and columns that hold the object there.
    own : int
        Its id there.

    Raises
    ------
    ValueError
        If no pixel of it may be written, or the labels' type has no id left.
    """
    window = Window.of(labels, plane, box)
    there = read_box(source, plane, window.box) == own
    written = there & writable(window.labels, writes, keep)
    if not written.any():
        raise ValueError(
            f"an object is taken over where there is room for it; received {own}, "
            "which lies on other objects; delete these, or write over them"
        )
    (new,) = new_ids(labels, index, 1)
    return window.changed(np.where(written, new, window.labels))


def add_found(
    labels: LabelArray,
    index: ObjectIndex,
    found: AnyLabels,
    start: tuple[int, int],
    plane: PlaneIndex,
) -> list[Change]:
    """Return the change that adds objects somebody has found, with ids that are free.

    They take background alone; one that lies on others altogether is left out.

    Parameters
    ----------
    labels, index, plane
        As for ``draw_object``.
    found : ndarray of int
        (rows, columns), 0 where nothing is to be added.
    start : tuple of int
        Row and column of its first pixel.

    Raises
    ------
    ValueError
        If there is no room for any, or the labels' type has no ids left.
    """
    (row, column), (rows, columns) = start, found.shape
    box = slice(row, row + rows), slice(column, column + columns)
    window = Window.of(labels, plane, box)
    wanted = np.where(window.free, found, 0)
    ids, numbers = np.unique(wanted, return_inverse=True)
    own = ids > 0
    if not own.any():
        raise ValueError(
            "an object is added where there is room for it; received one that lies on "
            "others; delete these first"
        )
    given = np.zeros(len(ids), labels.dtype)
    given[own] = new_ids(labels, index, int(own.sum()))
    added = given[numbers.reshape(wanted.shape)]
    return window.changed(np.where(wanted > 0, added, window.labels))


def outlined(window: Window, outline: Points) -> Mask:
    """Return (rows, columns) of a window, True for pixels whose middle is inside."""
    rows, columns = window.within(_corners(outline)).T
    mask = np.zeros(window.labels.shape, bool)
    mask[skimage.draw.polygon(rows, columns, mask.shape)] = True
    return mask


def writable(labels: AnyLabels, writes: Writes, keep: Collection[int] = ()) -> Mask:
    """Return where an object may be written on labels (rows, columns).

    Raises
    ------
    ValueError
        If there is no such way to write.
    """
    if writes not in get_args(Writes):
        raise ValueError(f"objects are written under or over; received {writes!r}")
    if writes == "under":
        return np.asarray(labels == 0)
    return ~among(labels, [own for own in keep if own <= np.iinfo(labels.dtype).max])


def _corners(outline: Points) -> Reals:
    corners = np.asarray(outline, float).reshape(-1, 2)
    if len(corners) < 3:
        raise ValueError(
            f"an outline has three corners or more; received {len(corners)}; draw "
            "around the object"
        )
    if not np.isfinite(corners).all():
        raise ValueError(
            "corners of an outline are numbers; received one that is not; draw anew"
        )
    return corners
