"""Ids: another one for an object, one for each piece, all of them anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.change import box_around, iter_planes
from napari_mobile_unet.corrections.operations.checks import (
    check_fits,
    check_object,
    check_objects,
    named,
    new_ids,
)
from napari_mobile_unet.corrections.operations.window import Window, iter_windows
from napari_mobile_unet.later import ndimage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.corrections.change import (
        Box,
        Change,
        LabelArray,
        PlaneIndex,
    )
    from napari_mobile_unet.corrections.index import ObjectIndex
    from napari_mobile_unet.types import AnyLabels


def relabel(
    labels: LabelArray,
    index: ObjectIndex,
    own: int,
    new: int | None,
    planes: Sequence[PlaneIndex],
) -> list[Change]:
    """Return the changes that give an object another id in some planes.

    An id that lies on other planes alone may be taken: the two are one object then.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    own : int
        The object.
    new : int or None
        Its id in these planes; None: the next free one.
    planes : sequence of tuple of int
        Where it gets it; elsewhere it keeps its own.

    Raises
    ------
    ValueError
        If the object is not on any of the planes, another object has that id on one of
        them, or the labels' type cannot hold it.
    """
    check_object(index, own, planes)
    if new is None:
        (new,) = new_ids(labels, index, 1)
    check_fits(labels, new)
    if new == own:
        return []
    taken = [plane for plane in planes if index.count(new, plane)]
    if taken:
        raise ValueError(
            f"an id belongs to one object; received {new}, which another one has on "
            f"{named(taken[:1])}; take a free id such as {index.next_id}, or merge them"
        )
    return renamed(labels, index, {own: new}, planes)


def renamed(
    labels: LabelArray,
    index: ObjectIndex,
    names: Mapping[int, int],
    planes: Sequence[PlaneIndex],
) -> list[Change]:
    """Return the changes from ids to others, all at once, in some planes.

    Parameters
    ----------
    labels, index, planes
        As for ``relabel``.
    names : mapping of int to int
        The new id of each old one. No id that stays may be given to another object;
        this is not checked.
    """
    old = np.array(sorted(names), labels.dtype)
    new = np.array([names[own] for own in sorted(names)], labels.dtype)
    changes = []
    for window in iter_windows(labels, index, sorted(names), planes):
        ids = window.labels
        place = np.searchsorted(old, ids).clip(max=len(old) - 1)
        changes += window.changed(np.where(old[place] == ids, new[place], ids))
    return changes


def number_anew(labels: LabelArray, index: ObjectIndex) -> list[Change]:
    """Return the changes that number all objects from 1 without gaps, in their order.

    Only if a person asks for it: tables and tracks made before name the old ids.
    """
    return renamed(labels, index, names_anew(index), list(iter_planes(labels.shape)))


def names_anew(index: ObjectIndex) -> dict[int, int]:
    """Return the new id of each object that ``number_anew`` gives another one."""
    return {own: new for new, own in enumerate(index.ids, start=1) if own != new}


def in_pieces(
    labels: LabelArray, index: ObjectIndex, planes: Sequence[PlaneIndex]
) -> list[int]:
    """Return the objects of some planes that have several pieces, ascending.

    See ``separate_pieces`` for what a piece is.
    """
    ids = sorted({own for plane in planes for own in index.ids_in(plane)})
    return [own for own in ids if _Stacked(labels, index, own, planes).count > 1]


def separate_pieces(
    labels: LabelArray,
    index: ObjectIndex,
    ids: Iterable[int],
    planes: Sequence[PlaneIndex],
) -> list[Change]:
    """Return the changes that give each piece of objects an id of its own.

    Pixels of one plane that share a side, and those of an object's next plane that
    lie over them, are one piece. What shares no plane with the largest one belongs to
    it, too: an object that moved. The largest one keeps the id.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    ids : iterable of int
        The objects, at least one; those in one piece stay as they are.
    planes : sequence of tuple of int
        Where, in order along an axis.

    Raises
    ------
    ValueError
        If an object is not on any of the planes, or the labels' type has no ids left.
    """
    chosen = check_objects(index, ids, planes)
    stacks = [_Stacked(labels, index, own, planes) for own in chosen]
    fresh = new_ids(labels, index, sum(stack.count - 1 for stack in stacks))
    given: dict[int, list[int]] = {}
    for stack in stacks:
        given[stack.own] = [0, stack.own, *fresh[: stack.count - 1]]
        fresh = fresh[stack.count - 1 :]
    apart = {stack.own: stack for stack in stacks if stack.count > 1}
    changes = []
    for window in iter_windows(labels, index, list(apart), planes):
        after = window.labels.copy()
        for own in window.ids:
            part, found = apart[own].at(window)
            table = np.array(given[own], labels.dtype)
            after[part] = np.where(found > 0, table[found], after[part])
        changes += window.changed(after)
    return changes


class _Stacked:
    """The pieces of one object, on the planes that it is on, one over the other.

    Parameters
    ----------
    labels, index, own, planes
        As for ``separate_pieces``.
    """

    def __init__(
        self,
        labels: LabelArray,
        index: ObjectIndex,
        own: int,
        planes: Sequence[PlaneIndex],
    ) -> None:
        self.own, self._index = own, index
        self._planes = [plane for plane in planes if index.count(own, plane)]
        self._box = _common_box(index, own, self._planes)
        masks = [
            Window.of(labels, plane, self._box).mask(own) for plane in self._planes
        ]
        self.count, self._pieces = _without_strangers(np.array(masks))
        """How many pieces get ids; and which of 1 to that each pixel is in."""

    def at(self, window: Window) -> tuple[Box, AnyLabels]:
        """Return where the object lies in a window, and its pieces there."""
        box = self._index.box(self.own, window.plane)
        here, there = (
            tuple(
                slice(side.start - first, side.stop - first)
                for side, first in zip(box, start, strict=True)
            )
            for start in (window.start, (self._box[0].start, self._box[1].start))
        )
        found = self._pieces[self._planes.index(window.plane)]
        return (here[0], here[1]), found[there]


def _common_box(index: ObjectIndex, own: int, planes: Sequence[PlaneIndex]) -> Box:
    box = index.box(own, planes[0])
    for plane in planes[1:]:
        box = box_around(box, index.box(own, plane))
    return box


def _without_strangers(masks: NDArray[np.bool_]) -> tuple[int, AnyLabels]:
    """Return pieces (planes, rows, columns), the first being all that moved along.

    It begins with the largest piece, and takes those that share no plane with it.
    """
    found, count = ndimage.label(masks)
    size = np.bincount(found.ravel(), minlength=1)
    order = np.argsort(-size[1:], kind="stable") + 1
    rank = np.zeros(count + 1, np.int32)
    on = np.zeros(len(masks), bool)
    last = 1
    boxes = ndimage.find_objects(found)
    for number in order:
        depth = boxes[number - 1][0]
        if on[depth].any():
            last += 1
            rank[number] = last
        else:
            on[depth] = True
            rank[number] = 1
    return last, rank[found]
