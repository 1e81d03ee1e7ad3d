"""Ids for the objects of plane after plane: none twice, or one along an axis."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Protocol

import numpy as np

from napari_mobile_unet.linking.laptrack import Tracking, load_laptrack
from napari_mobile_unet.linking.new_ids import new_ids
from napari_mobile_unet.linking.overlap import Linker
from napari_mobile_unet.objects.classes import classes_there, of_classes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import pandas as pd

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.linking.settings import Link
    from napari_mobile_unet.types import Labels


class Ids(Protocol):
    """Gives the labels 1 to n of each plane, in order, their ids in the stack."""

    def add(
        self, number: int, labels: Labels | None, objects: pd.DataFrame
    ) -> tuple[Labels, pd.DataFrame]:
        """Return the ids of the next plane's labels 0 to n, and its table with them.

        Parameters
        ----------
        number : int
            Of the plane; planes come in order.
        labels : ndarray of int32, optional
            (Y, X); needed where ``looks_at_labels``.
        objects : pandas.DataFrame
            One row an object, its ``label`` from 1 to n. Over time the result has
            a column ``parent``: the id of the object that divided, or 0.
        """


def check_link(stack: Stack, link: Link) -> None:
    """Refuse what cannot be linked, before any work.

    Raises
    ------
    ValueError
        If the stack lacks the axis that is to be linked, or laptrack is to be used
        but not installed.
    """
    link.along(stack.batch_axes)
    if link.method == "laptrack":
        load_laptrack()


def looks_at_labels(link: Link) -> bool:
    """Return whether ids depend on where the pixels of objects lie."""
    return link.method == "iou"


def ids_for(
    stack: Stack,
    link: Link,
    tables: Callable[[], Sequence[pd.DataFrame]],
    reserved: Collection[int] = (),
) -> Ids:
    """Return what gives the objects of a stack their ids.

    Parameters
    ----------
    stack : Stack
        The image.
    link : Link
        Whether objects of neighbouring planes are one, and how that is found.
    tables : function
        Returns the tables of all planes, each with the labels 1 to n; called only
        where they are looked at together.
    reserved : collection of int
        Ids that are not given, since somebody else uses them.

    Raises
    ------
    ValueError
        As ``check_link``.
    """
    if link.method == "laptrack":
        return Tracking(stack, link, tables(), reserved)
    return Numbering(stack, link, reserved)


class Numbering:
    """Turns the labels 1 to n of each plane into ids of the whole stack.

    Planes that differ along another axis, such as the times of a stack that is linked
    over Z, are separate series.

    Parameters
    ----------
    stack : Stack
        The image.
    link : Link
        Whether objects of neighbouring planes are one.
    reserved : collection of int
        Ids that are not given, since somebody else uses them.

    Raises
    ------
    ValueError
        If the stack lacks the axis that is to be linked.
    """

    def __init__(
        self, stack: Stack, link: Link, reserved: Collection[int] = ()
    ) -> None:
        self.axis = link.along(stack.batch_axes)
        """The axis that is linked; None if each plane gets new ids."""
        self._stack, self._link = stack, link
        self._ids = new_ids(reserved)
        self._linkers: dict[tuple[int, ...], Linker] = {}
        self._step = 1.0
        if self.axis == "Z":
            depth, width = stack.grid.select("ZX").scale
            self._step = depth / width

    def add(
        self, number: int, labels: Labels | None, objects: pd.DataFrame
    ) -> tuple[Labels, pd.DataFrame]:
        """Return the ids of the next plane's labels, and its table; see ``Ids``."""
        if of_classes(objects):  # which are the same in all planes
            ids = np.arange(len(objects) + 1, dtype=np.int32)
            return ids, classes_there(objects)
        objects = objects.copy()
        if self.axis is None:
            found = np.fromiter(itertools.islice(self._ids, len(objects)), np.int64)
        else:
            assert labels is not None
            linked = self._linker(number).add(labels)
            found = linked.ids
            if self.axis == "T":
                objects["parent"] = linked.parents
        objects["label"] = found
        return np.concatenate([[0], found]).astype(np.int32), objects

    def _linker(self, number: int) -> Linker:
        place = self._stack.index(number)
        along = self._stack.batch_axes.index(self.axis or "")
        series = (*place[:along], *place[along + 1 :])
        if series not in self._linkers:
            self._linkers[series] = Linker(
                self._link,
                divides=self.axis == "T",
                step=self._step,
                ids=self._ids,
            )
        return self._linkers[series]
