"""Planes too large to be held at once: overlapping blocks, and no seams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.pixels import luminance
from napari_mobile_unet.images.windows import (
    BLOCK,
    MARGIN,
    area_of,
    inner_edge,
    iter_windows,
    place_inside,
    widened,
)
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.measure import measure_plane
from napari_mobile_unet.objects.overlap import areas_of, overlaps_of
from napari_mobile_unet.parallel.cancel import checkpoint
from napari_mobile_unet.parallel.executors import AHEAD, iter_in_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_mobile_unet.images.windows import Window
    from napari_mobile_unet.types import Labels
    from napari_mobile_unet.unet.decoding import Decoded


LARGER = 0.1
"""Share of an object beyond one seen before from which that is more than a rim."""


def segment_blocks(
    read: Callable[[Window], NDArray[Any]],
    segment: Callable[[NDArray[Any]], Decoded],
    labels: Any,
    *,
    grey: Callable[[NDArray[Any]], NDArray[Any]] = luminance,
    drop_border: bool = False,
    block: int = BLOCK,
    margin: int = MARGIN,
) -> tuple[pd.DataFrame, int]:
    """Segment a plane block by block into labels without seams.

    Each block is segmented with a margin around it, and gives every object that
    reaches into the block itself. All blocks that touch an object on a seam find it
    alike, since each sees it whole with its neighbours: the first block writes it, the
    others recognise it. To an object larger than the margin each block adds its part.

    Parameters
    ----------
    read : function
        From a window to that part of the plane, (y, x) or (y, x, 3).
    segment : function
        From a part of the plane to its objects; called in threads, two at a time.
    labels : array
        (Y, X) of integers, 0, NumPy or Zarr; the labels 1 to n are written to it.
    grey : function
        From a part of the plane to what is measured of it, (y, x) or (y, x, channels).
    drop_border : bool
        Whether objects at the plane's edge are removed in the end.
    block, margin : int
        In pixels.

    Returns
    -------
    pandas.DataFrame
        One row an object, as ``measure_plane`` gives, and its confidence.
    int
        About how many objects were left out: each block counts those that it sees,
        times its own share of the area with the margin.
    """
    shape = tuple(labels.shape)
    parts: list[pd.DataFrame] = []
    cut: set[int] = set()
    used, left_out = 0, 0.0

    def find(
        piece: tuple[Window, NDArray[Any]],
    ) -> tuple[Window, NDArray[Any], Decoded]:
        checkpoint()
        core, image = piece
        return core, grey(image), segment(image)

    pieces = (
        (core, read(widened(core, shape, margin)))
        for core in iter_windows(shape, block)
    )
    for core, values, found in iter_in_order(find, pieces, AHEAD):
        outer = widened(core, shape, margin)
        left_out += found.left_out * area_of(core) / area_of(outer)
        before = np.asarray(labels[outer]).astype(np.int32)
        own = place_inside(core, outer)
        ids, used = _identify(found.labels, before, own, cut, used)
        fresh = np.where(before == 0, ids.take(found.labels), 0)
        if not fresh.any():
            continue
        labels[outer] = np.where(before > 0, before, fresh)
        cut.update(np.unique(fresh[inner_edge(outer, shape)]).tolist())
        part = measure_plane(fresh, values)
        confidence = np.zeros(used + 1, np.float32)
        confidence[ids[1:]] = found.confidence
        part["confidence"] = confidence[part["label"].to_numpy()]
        part["centroid_y"] += outer[0].start
        part["centroid_x"] += outer[1].start
        parts.append(part)
    table = _summed(parts)
    if drop_border:
        table = _without_border(labels, table, block)
    return table, round(left_out)


def classify_blocks(
    read: Callable[[Window], NDArray[Any]],
    classify: Callable[[NDArray[Any]], Labels],
    labels: Any,
    *,
    grey: Callable[[NDArray[Any]], NDArray[Any]] = luminance,
    block: int = BLOCK,
    margin: int = MARGIN,
) -> pd.DataFrame:
    """Write the class of each pixel of a plane, block by block.

    Parameters
    ----------
    read : function
        From a window to that part of the plane, (y, x) or (y, x, 3).
    classify : function
        From a part of the plane to the class of each of its pixels, 0 for none.
    labels : array
        (Y, X) of integers, NumPy or Zarr; classes are written to it.
    grey : function
        As for ``segment_blocks``.
    block, margin : int
        In pixels; the margin is for steps that look at what lies around a pixel.

    Returns
    -------
    pandas.DataFrame
        One row a class that is there, as ``measure_plane`` gives.
    """
    shape = tuple(labels.shape)
    parts = []
    for core in iter_windows(shape, block):
        checkpoint()
        outer = widened(core, shape, margin)
        own, image = place_inside(core, outer), read(outer)
        classes = classify(image)[own]
        labels[core] = classes
        part = measure_plane(classes, grey(image)[own])
        part["centroid_y"] += core[0].start
        part["centroid_x"] += core[1].start
        parts.append(part)
    return _summed(parts)


def _without_border(labels: Any, table: pd.DataFrame, block: int) -> pd.DataFrame:
    """Remove the objects at a plane's edge, and number the others from 1."""
    sides = np.s_[:1, :], np.s_[-1:, :], np.s_[:, :1], np.s_[:, -1:]
    edge = np.unique(np.concatenate([np.asarray(labels[s]).ravel() for s in sides]))
    kept = table[~table["label"].isin(edge)].reset_index(drop=True)
    ids = np.zeros(int(table["label"].max() if len(table) else 0) + 1, np.int32)
    ids[kept["label"]] = np.arange(1, len(kept) + 1)
    for window in iter_windows(tuple(labels.shape), block):
        labels[window] = ids.take(np.asarray(labels[window]))
    return kept.assign(label=np.arange(1, len(kept) + 1))


def _identify(
    found: Labels,
    before: Labels,
    core: Window,
    cut: set[int],
    used: int,
) -> tuple[Labels, int]:
    """Return the plane's id of each object found in a block, 0 to leave it out.

    An object that lies, for the most part, on one of an earlier block is the same one,
    seen before: its id is 0, as all of it is there already. If the edge of the earlier
    block cuts that one, it goes on here: under its id. Any other is a new object.

    Parameters
    ----------
    found : ndarray of int32
        (y, x), the objects 1 to n of the block and its margin.
    before : ndarray of int32
        (y, x), the plane's ids that earlier blocks wrote there.
    core : Window
        The block itself, within these.
    cut : set of int
        The plane's ids of objects that the edge of an earlier block cuts.
    used : int
        The largest of the plane's ids so far.

    Returns
    -------
    ndarray of int32
        (n + 1,), the id of each object, 0 first.
    int
        The largest of the plane's ids now.
    """
    size = areas_of(found)
    inside = areas_of(found[core], len(size)) > 0  # others are of other blocks
    earlier, shared, beyond = _earlier_objects(found, before, size)
    size_before = areas_of(before).take(earlier)
    mostly = 2 * shared >= np.minimum(size, size_before)
    seen_before = inside & (earlier > 0) & mostly
    goes_on = seen_before & np.isin(earlier, list(cut))
    # Far beyond an object seen before: two of the other block are found as one here,
    # and the rest is an object, lest it be lost.
    is_new = inside & ~goes_on & (beyond > np.where(seen_before, LARGER * size, 0))
    ids = np.zeros(len(size), np.int32)
    ids[goes_on] = earlier[goes_on]
    count = int(np.count_nonzero(is_new))
    ids[is_new] = np.arange(used + 1, used + 1 + count)
    return ids, used + count


def _earlier_objects(
    found: Labels, before: Labels, size: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return which earlier object each object found shares most pixels with.

    Returns
    -------
    earlier : ndarray of int
        (n + 1,), its id, 0 for none.
    shared : ndarray of int
        (n + 1,), pixels shared with it.
    beyond : ndarray of int
        (n + 1,), pixels of the object found that no earlier one has.
    """
    now, then, pixels = overlaps_of(found, before)
    earlier, shared = np.zeros((2, len(size)), np.int64)
    # In ascending order of the overlap, so that the largest one stays.
    order = np.lexsort((then, pixels))
    earlier[now[order]], shared[now[order]] = then[order], pixels[order]
    covered = np.bincount(now, pixels, len(size)).astype(np.int64)
    return earlier, shared, size - covered


def nothing_found() -> pd.DataFrame:
    """Return the table of a plane without objects."""
    empty = measure_plane(np.zeros((1, 1), np.int32), np.zeros((1, 1)))
    return empty.assign(confidence=np.zeros(0, np.float32))


def _summed(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return one row an object from the rows of its parts."""
    if not parts:
        return nothing_found()
    table = pd.concat(parts, ignore_index=True)
    if table["label"].is_unique:
        return table.sort_values("label", ignore_index=True)
    means = [c for c in table.columns if c not in ("label", "area")]
    weighted = table[means].mul(table["area"], axis=0)
    weighted[["label", "area"]] = table[["label", "area"]]
    summed = weighted.groupby("label", as_index=False).sum()
    summed[means] = summed[means].div(summed["area"], axis=0)
    return summed[table.columns]
