"""Ids for the objects of plane after plane: none twice, or one along an axis."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.linking.laptrack import load_laptrack
from napari_mobile_unet.linking.overlap import Linker

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.linking.settings import Link


class Numbering:
    """Turns the labels 1 to n of each plane into ids of the whole stack.

    Planes of other positions, such as the times of a stack that is linked over Z,
    are series of their own.

    Parameters
    ----------
    stack : Stack
        The image.
    link : Link
        Whether objects of neighbouring planes are one.

    Raises
    ------
    ValueError
        If the stack lacks the axis that is to be linked, or laptrack is wanted but
        not installed.
    """

    def __init__(self, stack: Stack, link: Link) -> None:
        if link.method == "laptrack":
            load_laptrack()
        self.axis = link.along(stack.batch_axes)
        """The axis that is linked; None where each plane counts on."""
        self._stack, self._link = stack, link
        self._ids = itertools.count(1)
        self._linkers: dict[tuple[int, ...], Linker] = {}
        steps = dict(zip(stack.labels_axes, stack.labels_scale, strict=True))
        self._step = steps["Z"] / steps["X"] if self.axis == "Z" else 1.0

    def add(
        self, number: int, labels: NDArray[np.int32] | None, objects: pd.DataFrame
    ) -> tuple[NDArray[np.int32], pd.DataFrame]:
        """Return the ids of the next plane's labels 0 to n, and its table with them.

        Parameters
        ----------
        number : int
            Of the plane; planes come in order.
        labels : ndarray of int32, optional
            (Y, X); looked at only where planes are linked.
        objects : pandas.DataFrame
            One row an object, its ``label`` from 1 to n. Over time the result has
            a column ``parent``: the id of the object that divided, or 0.
        """
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
