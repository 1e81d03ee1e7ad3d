"""Make several objects of one, or cut a part off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from napari_mobile_unet.corrections.operations.checks import check_object, new_ids
from napari_mobile_unet.corrections.operations.parts import (
    drawn_line,
    parts_across,
    parts_from_seeds,
    spread,
    two_markers,
)
from napari_mobile_unet.corrections.operations.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.corrections.change import Change, LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.index import ObjectIndex
    from napari_mobile_unet.corrections.operations.window import OfPlane, Points
    from napari_mobile_unet.types import AnyLabels, Side


def split_by_line(
    labels: LabelArray,
    index: ObjectIndex,
    own: int,
    line: Points,
    plane: PlaneIndex,
    planes: Sequence[PlaneIndex] = (),
) -> list[Change]:
    """Return the changes that split an object along a drawn line.

    The larger part keeps the id, each other one gets the next free id. Every part of
    an object in one piece is in one piece. In other planes the parts are those
    that lie over the parts of the plane before.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    own : int
        The object.
    line : array_like
        (n, 2) rows and columns of the line's corners; it may begin and end anywhere.
    plane : tuple of int
        Where it was drawn.
    planes : sequence of tuple of int
        Where else the object is split, in order; only where it is.

    Raises
    ------
    ValueError
        If the object is not on the plane, the line does not lead across it, or the
        labels' type has no id left.
    """
    window, parts = _parts_by_line(labels, index, own, line, plane)
    return _separate(labels, index, own, window, parts, planes)


def cut_off(
    labels: LabelArray,
    index: ObjectIndex,
    own: int,
    line: Points,
    plane: PlaneIndex,
    planes: Sequence[PlaneIndex] = (),
) -> list[Change]:
    """Return the changes that remove what lies on the smaller side of a line.

    Parameters, errors and other planes are as for ``split_by_line``.
    """
    window, parts = _parts_by_line(labels, index, own, line, plane)
    changes = []
    for here, found in _carried(labels, index, own, window, parts, planes):
        changes += here.changed(np.where(found > 1, 0, here.labels))
    return changes


def split_by_seeds(
    labels: LabelArray,
    index: ObjectIndex,
    own: int,
    seeds: Points,
    plane: PlaneIndex,
    planes: Sequence[PlaneIndex] = (),
    *,
    landscape: OfPlane | None = None,
    border: Side = "bright",
) -> list[Change]:
    """Return the changes that split an object into one part for each seed.

    The parts grow from the seeds until they meet; see ``parts_from_seeds``. Ids, and
    other planes, are as for ``split_by_line``.

    Parameters
    ----------
    labels, index, own, plane, planes
        As for ``split_by_line``.
    seeds : array_like
        (n, 2) rows and columns, two or more, on different pixels of the object.
    landscape : array_like, optional
        (Y, X) of the plane: an image, a map of seams or of probabilities. Parts meet
        where the object is narrow, and where the landscape has a border; by default
        where it is narrow alone.
    border : {"bright", "dark"}
        How the landscape is where two parts meet: bright in a map of seams or an image
        of membranes; dark in an image of nuclei or a map of probabilities.

    Raises
    ------
    ValueError
        If the object is not on the plane, there are not two seeds on it, or the
        labels' type has no id left.
    """
    check_object(index, own, [plane])
    window = Window.of(labels, plane, index.box(own, plane), 1, (own,))
    mask = window.mask(own)
    markers = np.zeros(mask.shape, np.int32)
    seeds = np.asarray(seeds, float).reshape(-1, 2)
    for number, place in enumerate(np.rint(window.within(seeds)).astype(int), start=1):
        inside = (place >= 0).all() and (place < mask.shape).all()
        if not (inside and mask[tuple(place)]):
            seed = tuple(seeds[number - 1].round(1).tolist())
            raise ValueError(
                f"seeds lie on the object that is split, {own}; received one at "
                f"{seed}; remove it, or select the object that it is on"
            )
        markers[tuple(place)] = number
    count = len(np.unique(markers[markers > 0]))
    if count < 2:
        raise ValueError(
            "a split needs seeds on two pixels or more; received "
            f"{count}; click once on each part"
        )
    parts = parts_from_seeds(mask, markers, _ridges(window, landscape, border))
    return _separate(labels, index, own, window, parts, planes)


def split_in_two(
    labels: LabelArray,
    index: ObjectIndex,
    own: int,
    plane: PlaneIndex,
    planes: Sequence[PlaneIndex] = (),
    *,
    landscape: OfPlane | None = None,
    border: Side = "bright",
) -> list[Change]:
    """Return the changes that split an object in two, where it is narrow.

    With a landscape it is split where that says. An object without a neck is split
    halfway along its longer axis. Everything else is as for ``split_by_seeds``.

    Raises
    ------
    ValueError
        If the object is not on the plane or is a single pixel, or the labels' type has
        no id left.
    """
    check_object(index, own, [plane])
    if index.count(own, plane) < 2:
        raise ValueError(
            f"an object of two pixels or more can be split; received {own}, of one; "
            "delete it or leave it"
        )
    window = Window.of(labels, plane, index.box(own, plane), 1, (own,))
    mask = window.mask(own)
    ridges = _ridges(window, landscape, border)
    parts = parts_from_seeds(mask, two_markers(mask, ridges), ridges)
    return _separate(labels, index, own, window, parts, planes)


def _parts_by_line(
    labels: LabelArray,
    index: ObjectIndex,
    own: int,
    line: Points,
    plane: PlaneIndex,
) -> tuple[Window, AnyLabels]:
    check_object(index, own, [plane])
    window = Window.of(labels, plane, index.box(own, plane), ids=(own,))
    corners = window.within(line)
    if len(corners) < 2:
        raise ValueError(
            f"a line has two corners or more; received {len(corners)}; drag across the "
            "object"
        )
    parts = parts_across(window.mask(own), drawn_line(corners, window.labels.shape))
    if parts.max() < 2:
        raise ValueError(
            f"a line must lead across object {own}, with something on both sides; "
            "received one that does not; begin and end it outside the object"
        )
    return window, parts


def _ridges(
    window: Window, landscape: OfPlane | None, border: Side
) -> NDArray[np.float32] | None:
    """Return the window's part of a landscape, largest where parts are to meet."""
    if landscape is None:
        return None
    values: NDArray[Any] = np.nan_to_num(window.cut(landscape).astype(np.float32))
    smooth = cv2.GaussianBlur(values, (0, 0), 1.0)
    return np.asarray(smooth if border == "bright" else -smooth, np.float32)


def _separate(
    labels: LabelArray,
    index: ObjectIndex,
    own: int,
    window: Window,
    parts: AnyLabels,
    planes: Sequence[PlaneIndex],
) -> list[Change]:
    """Return the changes that give each part but the first a new id."""
    fresh = new_ids(labels, index, int(parts.max()) - 1)
    ids = np.array([0, own, *fresh], labels.dtype)
    changes = []
    for here, found in _carried(labels, index, own, window, parts, planes):
        changes += here.changed(np.where(found > 0, ids[found], here.labels))
    return changes


def _carried(
    labels: LabelArray,
    index: ObjectIndex,
    own: int,
    window: Window,
    parts: AnyLabels,
    planes: Sequence[PlaneIndex],
) -> Iterator[tuple[Window, AnyLabels]]:
    """Yield a plane's parts, then those of the planes before and after it.

    In each plane the pixels of the object that lie over a part of the plane before
    belong to it, and the others to the part that is nearest within the object.
    """
    yield window, parts
    before = [plane for plane in planes if plane < window.plane]
    after = [plane for plane in planes if plane > window.plane]
    for series in (sorted(before, reverse=True), sorted(after)):
        known, found = window, parts
        for plane in series:
            if not index.count(own, plane):
                continue
            here = Window.of(labels, plane, index.box(own, plane), ids=(own,))
            mask = here.mask(own)
            markers = np.where(mask, _moved(known, found, here), 0)
            if not markers.any():
                break  # nothing lies over it: another object, or one that moved far
            known, found = here, spread(markers, mask, mask.astype(np.int32))
            yield here, found


def _moved(known: Window, parts: AnyLabels, here: Window) -> AnyLabels:
    """Return the parts of one window as they lie in the frame of another."""
    moved = np.zeros(here.labels.shape, np.int32)
    shared = [
        slice(max(a.start, b.start), max(min(a.stop, b.stop), max(a.start, b.start)))
        for a, b in zip(known.box, here.box, strict=True)
    ]
    to, of = (
        tuple(
            slice(side.start - first, side.stop - first)
            for side, first in zip(shared, window.start, strict=True)
        )
        for window in (here, known)
    )
    moved[to] = parts[of]
    return moved
