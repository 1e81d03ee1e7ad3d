"""Objects of rows deleted from their labels, as one step of the labels' history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.operations.remove import delete
from napari_mobile_unet.widgets.layers.convert import stack_of
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_mobile_unet.corrections.change import Change, PlaneIndex
    from napari_mobile_unet.widgets.correct.desk import Desk


def delete_rows(desk: Desk, keys: Iterable[tuple[int, int]]) -> str:
    """Delete objects in the frames of their rows; locked ones stay.

    Parameters
    ----------
    desk : Desk
        Of the layer.
    keys : iterable of (int, int)
        Frame, or -1 for all, and id of each.

    Returns
    -------
    str
        What was done, in words.
    """
    session = desk.session
    locked = session.locks.ids
    by_frame: dict[int, list[int]] = {}
    kept = set()
    for frame, own in keys:
        if own in locked:
            kept.add(own)
        elif own in session.index:
            by_frame.setdefault(frame, []).append(own)
    ids = sorted({own for some in by_frame.values() for own in some})
    said = f"{len(kept)} locked kept." if kept else ""
    if not ids:
        return said or "Nothing to delete."

    def changes() -> list[Change]:
        return [
            change
            for frame, some in by_frame.items()
            for change in delete(
                session.labels, session.index, some, _planes(desk, frame)
            )
        ]

    count = counted(len(ids), "object")
    if desk.do("delete", changes, text=f"delete {count}", on=ids):
        return f"{count} deleted. {said}".strip()
    return f"Nothing was deleted. {said}".strip()


def _planes(desk: Desk, frame: int) -> list[PlaneIndex]:
    """Return the planes of a frame; of -1, all.

    Raises
    ------
    ValueError
        If the layer has not rows and columns last.
    """
    axes = stack_of(desk.layer).axes
    if not axes.endswith("YX"):
        raise ValueError(
            f"objects are deleted from layers with rows and columns last; these have "
            f"the axes {axes}; transpose the layer"
        )
    planes = [tuple(plane) for plane in np.ndindex(desk.layer.data.shape[:-2])]
    if frame < 0 or "T" not in axes:
        return planes
    return [plane for plane in planes if plane[axes.index("T")] == frame]
