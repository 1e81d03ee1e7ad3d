"""Objects that were read one by one, painted as labels."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.io.content import Content
from napari_mobile_unet.io.outlines.fill import fill
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

MOST_PIXELS = 2**33
"""Largest labels that are made of outlines: coordinates in a broken file are huge."""
LARGEST_ID = np.iinfo(np.int64).max
"""Largest id of an object."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """One object in one plane, as a file has it.

    Parameters
    ----------
    label : int, optional
        Its id, None if the file has none.
    polygons : sequence
        Each a sequence of rings as ``fill`` takes them.
    place : dict of str to int
        Its plane, from 0, on the axes that the file names.
    runs : tuple, optional
        In place of polygons: where runs of its pixels start and stop, counted down
        the columns of a plane, and height and width of that.
    """

    label: int | None
    polygons: Sequence[Sequence[NDArray[Any]]] = ()
    place: dict[str, int] = field(default_factory=dict)
    runs: tuple[NDArray[Any], NDArray[Any], tuple[int, int]] | None = None

    @property
    def extent(self) -> tuple[int, int]:
        """Height and width of the smallest plane that holds it."""
        if self.runs is not None:
            return self.runs[2]
        ends = [ring.max(axis=0) for polygon in self.polygons for ring in polygon]
        x, y = np.ceil(np.max(ends, axis=0)).clip(0) if ends else (0, 0)
        return int(y), int(x)

    def iter_pixels(self, shape: tuple[int, int]) -> Iterator[tuple[Any, Any]]:
        """Yield rows and columns of its pixels in a plane, for each polygon."""
        if self.runs is not None:
            start, stop, (height, _) = self.runs
            length = stop - start
            before = np.repeat(np.cumsum(length) - length, length)
            down = np.repeat(start, length) + np.arange(len(before)) - before
            yield down % height, down // height
        for polygon in self.polygons:
            (rows, columns), mask = fill(polygon, shape)
            y, x = np.nonzero(mask)
            yield y + rows.start, x + columns.start


def paint(objects: Sequence[Drawn], sizes: dict[str, int] | None) -> Content:
    """Return labels of objects.

    Parameters
    ----------
    objects : sequence of Drawn
        In the order in which they are painted: later ones lie on top.
    sizes : dict of str to int, optional
        Length of each axis, Y and X last; by default what the objects span.

    Raises
    ------
    ValueError
        If an object lies in a plane that does not exist, or the labels are too large.
    """
    notes: list[str] = []
    if sizes is None:
        sizes = _spanned(objects)
        notes.append(
            f"its size was not stored: {sizes['Y']} × {sizes['X']} pixels hold all "
            "outlines (name the image to have its size)"
        )
    shape = tuple(sizes.values())
    if math.prod(shape) > MOST_PIXELS:
        raise ValueError(
            f"labels of outlines have at most {MOST_PIXELS} pixels; received "
            f"{' × '.join(map(str, shape))}; name their image, or mend the coordinates"
        )
    ids = _numbered(objects, notes)
    largest = max(ids, default=0)
    small = np.min_scalar_type(largest) if largest < 2**32 else np.dtype(np.int64)
    labels = np.zeros(shape, small)
    empty = covered = 0
    for each, label in zip(objects, ids, strict=True):
        plane = labels[_where(each, sizes)]
        pixels = hidden = 0
        for own in each.iter_pixels((sizes["Y"], sizes["X"])):
            there = plane[own]
            hidden += int(np.count_nonzero((there > 0) & (there != label)))
            plane[own] = label
            pixels += there.size
        empty += not pixels
        covered += hidden
    if covered:
        notes.append(f"objects overlap in {covered} pixels, which the later one has")
    if empty:
        notes.append(f"{empty} of {len(objects)} outlines hold no pixel of the image")
    return Content(labels, "".join(sizes), notes=notes)


def _spanned(objects: Sequence[Drawn]) -> dict[str, int]:
    sizes = {
        axis: 1 + max(each.place.get(axis, 0) for each in objects)
        for axis in "TZ"
        if any(axis in each.place for each in objects)
    }
    extents = np.array([each.extent for each in objects] or [(1, 1)])
    height, width = extents.max(axis=0).clip(1).tolist()
    return {**sizes, "Y": height, "X": width}


def _where(each: Drawn, sizes: dict[str, int]) -> tuple[int, ...]:
    """Return the index of an object's plane."""
    for axis, number in each.place.items():
        if number and not 0 <= number < sizes.get(axis, 1):
            raise ValueError(
                f"objects lie in planes of the image; one is at {axis} {number}, of "
                f"{sizes.get(axis, 1)} planes; name the image that they belong to"
            )
    return tuple(each.place.get(axis, 0) for axis in sizes if axis not in "YX")


def _numbered(objects: Sequence[Drawn], notes: list[str]) -> list[int]:
    """Return an id for each object; one without, or with a taken one, has a new one."""
    known = [each.label for each in objects if each.label is not None]
    if wrong := [label for label in known if not 0 < label <= LARGEST_ID]:
        raise ValueError(
            f"ids of objects are whole numbers from 1 to {LARGEST_ID}; received "
            f"{wrong[0]}; give the object another one"
        )
    fresh = max(known, default=0)
    taken: set[tuple[int, tuple[tuple[str, int], ...]]] = set()
    ids = []
    new: Counter[str] = Counter()
    for each in objects:
        label, place = each.label, tuple(sorted(each.place.items()))
        if label is None or (label, place) in taken:
            new["had no id" if label is None else "had the id of another one"] += 1
            fresh += 1
            label = fresh
        taken.add((label, place))
        ids.append(label)
    notes.extend(
        f"{counted(count, 'object')} {why}; new ids were given"
        for why, count in new.items()
    )
    return ids
