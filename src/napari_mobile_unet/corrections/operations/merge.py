"""Make one object of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.operations.checks import check_objects
from napari_mobile_unet.corrections.operations.window import among, iter_windows
from napari_mobile_unet.later import ndimage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_mobile_unet.corrections.change import Change, LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.index import ObjectIndex
    from napari_mobile_unet.types import Mask


def merge(
    labels: LabelArray,
    index: ObjectIndex,
    ids: Iterable[int],
    planes: Sequence[PlaneIndex],
    *,
    gap: int = 0,
) -> list[Change]:
    """Return the changes that give objects the id of the first of them.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    ids : iterable of int
        Two objects or more; the id of the first is kept.
    planes : sequence of tuple of int
        Where they are merged; each object must lie on one of them, so that objects
        which share no plane are merged only by a scope that holds both.
    gap : int
        Background up to this many pixels wide between them becomes theirs, as the
        line that a watershed leaves; 0 changes no background.

    Raises
    ------
    ValueError
        If there are not two different ones, or one is not on any of the planes.
    """
    chosen = check_objects(index, ids, planes, least=2)
    changes = []
    for window in iter_windows(labels, index, chosen, planes, margin=gap):
        after = window.labels.copy()
        theirs = among(window.labels, window.ids)
        after[theirs] = chosen[0]
        if gap and len(window.ids) > 1:
            parts = [window.mask(own) for own in window.ids]
            after[_between(parts, gap) & window.free] = chosen[0]
        changes += window.changed(after)
    return changes


def _between(parts: Sequence[Mask], gap: int) -> Mask:
    """Return the pixels on ways from one part to another of no more than the gap."""
    distances = [ndimage.distance_transform_edt(~part) for part in parts]
    nearest, second = np.partition(distances, 1, axis=0)[:2]
    return np.asarray(nearest + second <= gap + 1)
