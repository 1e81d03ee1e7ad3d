"""Planes too large to be held at once: overlapping blocks, and no seams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

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
from napari_mobile_unet.objects.measure import measure_plane
from napari_mobile_unet.parallel.cancel import checkpoint
from napari_mobile_unet.parallel.executors import AHEAD, iter_in_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_mobile_unet.images.windows import Window
    from napari_mobile_unet.types import Labels
    from napari_mobile_unet.unet.decoding import Decoded


MORE = 0.1
"""Share of an object beyond the one that it is taken for from which it is no rim."""


def segment_blocks(
    read: Callable[[Window], NDArray[Any]],
    segment: Callable[[NDArray[Any]], Decoded],
    labels: Any,
    *,
    drop_border: bool = False,
    block: int = BLOCK,
    margin: int = MARGIN,
) -> tuple[pd.DataFrame, int]:
    """Segment a plane block by block into labels without seams.

    Each block is segmented with a margin around it, and gives every object that
    reaches into the block itself. An object on a seam is so found by all the blocks
    that it touches, alike, since each of them sees it whole with its neighbours:
    the first one writes it, and the others recognise it. Of an object larger than the
    margin each block adds its part.

    Parameters
    ----------
    read : function
        From a window to that part of the plane, (y, x) or (y, x, 3).
    segment : function
        From a part of the plane to its objects; run in threads, on two at a time.
    labels : array
        (Y, X) of integers, 0, NumPy or Zarr; the labels 1 to n are written to it.
    drop_border : bool
        Whether objects at the plane's edge are taken away in the end.
    block, margin : int
        In pixels.

    Returns
    -------
    pandas.DataFrame
        One row an object, as ``measure_plane`` gives, and its confidence.
    int
        About how many objects were left out: of those that a block sees, its own
        share of the area.
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
        return core, luminance(image), segment(image)

    pieces = (
        (core, read(widened(core, shape, margin)))
        for core in iter_windows(shape, block)
    )
    for core, grey, found in iter_in_order(find, pieces, AHEAD):
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
        part = measure_plane(fresh, grey)
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


def _without_border(labels: Any, table: pd.DataFrame, block: int) -> pd.DataFrame:
    """Take the objects at a plane's edge away; number the others from 1 anew."""
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

    An object that lies, for the most part, on one that is there already is that one;
    it adds nothing to it, unless that one was cut by the edge of its block, or there is
    so much more of it that two objects of the other block are found as one in this:
    what is more is then an object, lest it be lost.
    """
    count = int(found.max(initial=0))
    ids = np.zeros(count + 1, np.int32)
    within = found[core]
    wanted = 1 + np.flatnonzero(np.bincount(within[within > 0], minlength=1)[1:])
    sizes = np.bincount(found[found > 0], minlength=count + 1)
    both = (found > 0) & (before > 0)
    base = int(before.max(initial=0)) + 1
    more = sizes - np.bincount(found[both], minlength=count + 1)
    pairs, shared = np.unique(
        found[both].astype(np.int64) * base + before[both], return_counts=True
    )
    known = np.bincount(before[before > 0], minlength=1)
    # In ascending order of their overlap, so that the largest one stays.
    order = np.argsort(shared, kind="stable")
    twins = {
        pair // base: (pair % base, overlap)
        for pair, overlap in zip(
            pairs[order].tolist(), shared[order].tolist(), strict=True
        )
    }
    for number in wanted.tolist():
        twin, overlap = twins.get(number, (0, 0))
        same = twin and 2 * overlap >= min(sizes[number], known[twin])
        if same and twin in cut:
            ids[number] = twin
        elif more[number] and (not same or more[number] > MORE * sizes[number]):
            used += 1
            ids[number] = used
    return ids, used


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
