"""From points that a brush wrote to the boxes that a history takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.change import Change, read_box
from napari_mobile_unet.corrections.draft import check_fits

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import ArrayLike

    from napari_mobile_unet.corrections.change import Box, LabelArray, PlaneIndex

Points = tuple["tuple[ArrayLike, ...]", "ArrayLike"]
"""Indices of pixels, an array for each axis, and the ids that they had before."""


def before_points(labels: LabelArray, points: Sequence[Points]) -> list[Change]:
    """Return the boxes of planes as they were before pixels were written.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), which hold what was written.
    points : sequence of (indices, ids)
        In the order of writing, as napari's paint events and undo history have them:
        an index array for each axis, and the ids before. Pixels may come several times.

    Returns
    -------
    list of Change
        One for each plane that was written to.

    Examples
    --------
    >>> labels = np.zeros((2, 6, 6), int)
    >>> labels[1, 2, 3:5] = 7
    >>> before = before_points(labels, [(([1, 1], [2, 2], [3, 4]), [0, 5])])
    >>> [(change.plane, change.start, change.labels) for change in before]
    [((1,), (2, 3), array([[0, 5]]))]
    """
    parts = [
        (np.stack(np.broadcast_arrays(*indices)).reshape(len(indices), -1), ids)
        for indices, ids in points
    ]
    if not sum(part.shape[1] for part, _ in parts):
        return []
    where = np.concatenate([part for part, _ in parts], axis=1).astype(np.intp)
    ids = np.concatenate(
        [np.broadcast_to(np.asarray(own).ravel(), part.shape[1]) for part, own in parts]
    )
    shape = labels.shape[:-2]
    numbers = np.ravel_multi_index(tuple(where[:-2]), shape) if shape else 0 * where[0]
    found = []
    for number in np.unique(numbers):
        mine = numbers == number
        rows, columns = where[-2:, mine]
        top, left = int(rows.min()), int(columns.min())
        box = slice(top, int(rows.max()) + 1), slice(left, int(columns.max()) + 1)
        plane = tuple(map(int, np.unravel_index(number, shape))) if shape else ()
        before = read_box(labels, plane, box).copy()
        # Backwards: of a pixel that was written twice the first id counts.
        before[rows[::-1] - top, columns[::-1] - left] = ids[mine][::-1]
        found.append(Change(plane, (top, left), before))
    return found


def kept_off(
    labels: LabelArray, before: Sequence[Change], locked: Collection[int]
) -> tuple[list[Change], list[tuple[PlaneIndex, Box]]]:
    """Return what a stroke changes where it leaves locked objects as they are.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), which hold the stroke.
    before : sequence of Change
        Boxes as they were before it.
    locked : collection of int
        Objects that lose no pixel, and gain none.

    Returns
    -------
    changes : list of Change
        The boxes as they are to be.
    put_back : list of (plane, box)
        Those of them that are to be shown anew.

    Raises
    ------
    ValueError
        If a box does not fit into the labels.
    """
    # Of one type with the labels: between two NumPy compares as floats.
    others = np.array(sorted(locked), labels.dtype)
    changes, put_back = [], []
    for old in before:
        check_fits(old, labels)
        now = read_box(labels, old.plane, old.box).copy()
        was = old.labels.astype(labels.dtype)
        kept = now != was
        kept &= np.isin(was, others) | np.isin(now, others)
        if kept.any():
            now[kept] = was[kept]
            put_back.append((old.plane, old.box))
        changes.append(Change(old.plane, old.start, now))
    return changes, put_back
