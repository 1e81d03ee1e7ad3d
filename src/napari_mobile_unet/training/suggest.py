"""Which plane would teach most: the one with most objects that may be wrong."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.review import ReviewQueue

if TYPE_CHECKING:
    from collections.abc import Collection

    from napari_mobile_unet.corrections.change import LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.doubts import Evidence


def plane_that_teaches_most(
    labels: LabelArray,
    finished: Collection[PlaneIndex],
    evidence: Evidence | None = None,
) -> tuple[PlaneIndex, float] | None:
    """Return the plane to correct next, and how many of its objects may be wrong.

    Parameters
    ----------
    labels : array of int
        (..., Y, X).
    finished : collection of tuple
        Planes that were corrected already.
    evidence : Evidence, optional
        What is known beside the labels, as for the review queue.

    Returns
    -------
    tuple or None
        The plane and the sum of the chances that its objects are wrong; None if there
        is no plane with objects that is not finished.
    """
    queue = ReviewQueue.of(labels, ObjectIndex.of(labels), evidence)
    doubts: dict[PlaneIndex, float] = defaultdict(float)
    for item in queue.waiting:
        if item.plane not in finished:
            doubts[item.plane] += item.doubt
    if not doubts:
        return None
    most = max(doubts, key=lambda plane: (doubts[plane], plane))
    return most, doubts[most]
