"""Redraw a part of an object's outline with one stroke."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.change import box_around
from napari_mobile_unet.corrections.operations.checks import check_object
from napari_mobile_unet.corrections.operations.draw import writable
from napari_mobile_unet.corrections.operations.parts import drawn_line, parts_across
from napari_mobile_unet.corrections.operations.window import (
    Window,
    box_of_points,
    joined_to,
    pieces,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from napari_mobile_unet.corrections.change import Change, LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.index import ObjectIndex
    from napari_mobile_unet.corrections.operations.draw import Writes
    from napari_mobile_unet.corrections.operations.window import Points
    from napari_mobile_unet.types import Mask, Reals

REACH, REACH_SHARE = 3.0, 0.1
"""By how much an end of a stroke may miss the outline: pixels, or a share of the root
of the object's area; the larger of the two counts: large objects are seen from afar."""


def redraw_outline(
    labels: LabelArray,
    index: ObjectIndex,
    own: int,
    stroke: Points,
    plane: PlaneIndex,
    *,
    writes: Writes = "under",
    keep: Collection[int] = (),
) -> list[Change]:
    """Return the change by a stroke that replaces a part of an object's outline.

    Where the stroke runs outside, the object grows to it: by the stroke and what
    it encloses with the object. Where it runs inside from outline to outline, what lies
    beyond it, the smaller side, is trimmed. One stroke may do both.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    own : int
        The object; it keeps its id, and gets no more pieces than it has.
    stroke : array_like
        (n, 2) rows and columns; it begins and ends inside the object or on its
        outline, which it may miss by a little: see ``REACH``.
    plane : tuple of int
        Where it was drawn.
    writes : {"under", "over"}
        Whether the object grows on background alone, or on other objects, too.
    keep : collection of int
        Objects that it does not grow over.

    Raises
    ------
    ValueError
        If the object is not on the plane, or the stroke ends elsewhere or changes
        nothing.
    """
    check_object(index, own, [plane])
    corners = np.asarray(stroke, float).reshape(-1, 2)
    if len(corners) < 2:
        raise ValueError(
            f"a stroke has two places or more; received {len(corners)}; drag along the "
            "outline that is meant"
        )
    box = box_around(index.box(own, plane), box_of_points(corners, labels.shape))
    # Background all around, but for the plane's border, which closes no outline.
    window = Window.of(labels, plane, box, 2, (own,))
    mask = window.mask(own)
    reach = max(REACH, REACH_SHARE * float(np.sqrt(mask.sum())))
    path = _without_tails(_steps(window.within(corners)), mask, own, reach)
    ends = [_nearest(path[end], mask) for end in (0, -1)]
    drawn = drawn_line(np.vstack([ends[0], path, ends[1]]), mask.shape)
    grown = _enclosed(mask, drawn) & ~mask & writable(window.labels, writes, keep)
    drawn = drawn_line(_led_out(path, mask, reach), mask.shape)
    parts = parts_across(mask, drawn)
    # The stroke itself is the new outline, but for what of it lies beyond.
    after = joined_to((parts == 1) | (mask & drawn), (parts == 1) & ~drawn)
    after |= joined_to(after | grown, after) & grown
    if np.array_equal(after, mask):
        raise ValueError(
            "a stroke leaves the object and comes back, or leads from outline to "
            f"outline; received one that changes nothing of object {own}; begin and "
            "end it on the outline"
        )
    found = np.where(mask & ~after, 0, window.labels)
    return window.changed(np.where(after, own, found))


def _steps(corners: Reals) -> Reals:
    """Return places a pixel or less apart along a line."""
    length = np.hypot(*np.diff(corners, axis=0).T)
    along = np.concatenate([[0], np.cumsum(length)])
    at = np.linspace(0, along[-1], int(np.ceil(along[-1])) + 2)
    return np.stack([np.interp(at, along, side) for side in corners.T], 1)


def _without_tails(path: Reals, mask: Mask, own: int, reach: float) -> Reals:
    """Return a stroke without short ends that missed the outline, or refuse it."""
    for end in (path[0], path[-1]):
        missed = float(np.hypot(*(end - _nearest(end, mask))))
        if missed > reach:
            raise ValueError(
                f"a stroke begins and ends inside object {own} or on its outline; "
                f"received one that ends {missed:.0f} pixels away; begin and end it on "
                "the object"
            )
    inside = np.flatnonzero(_on(path, mask))
    if not len(inside):
        return path
    first = inside[0] if inside[0] <= 2 * reach else 0
    last = inside[-1] + 1 if len(path) - inside[-1] <= 2 * reach else len(path)
    return path[first:last]


def _led_out(path: Reals, mask: Mask, reach: float) -> Reals:
    """Return a stroke whose ends, where it runs on inside, lead out of the outline."""
    outside = ~np.pad(mask, 1)
    stay = int(2 * reach)
    led = [path]
    for end, run in ((path[0], path[:stay]), (path[-1], path[-stay:])):
        out = _nearest(end + 1, outside) - 1
        near = np.hypot(*(out - end)) <= reach
        led.append(np.array([out if near and _on(run, mask).all() else end]))
    return np.vstack([led[1], path, led[2]])


def _on(path: Reals, mask: Mask) -> Mask:
    """Return which places of a path lie on a mask; none that is beyond it does."""
    rows, columns = (np.rint(path).astype(int) + 1).T
    framed = np.pad(mask, 1)
    inside = (rows >= 0) & (rows < framed.shape[0])
    inside &= (columns >= 0) & (columns < framed.shape[1])
    found = np.zeros(len(path), bool)
    found[inside] = framed[rows[inside], columns[inside]]
    return found


def _nearest(place: Reals, mask: Mask) -> Reals:
    """Return the pixel of a mask that is nearest to a place."""
    pixels = np.argwhere(mask)
    return np.asarray(pixels[((pixels - place) ** 2).sum(1).argmin()], float)


def _enclosed(mask: Mask, drawn: Mask) -> Mask:
    """Return a stroke, and what it encloses with a mask that was not so before."""
    wall = mask | drawn
    return drawn | (_holes(wall) & ~_holes(mask))


def _holes(wall: Mask) -> Mask:
    """Return the background that a wall encloses, framed by background."""
    framed = np.pad(wall, 1)
    _, found = pieces(~framed)
    return np.asarray((found > 0) & (found != found[0, 0]))[1:-1, 1:-1]
