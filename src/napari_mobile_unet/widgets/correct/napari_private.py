"""What napari keeps to itself and correcting needs: used in this file alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari.layers import Labels

    from napari_mobile_unet.corrections.change import Box, PlaneIndex
    from napari_mobile_unet.corrections.strokes import Points


def points_of(item: Sequence[Any]) -> list[Points]:
    """Return what a stroke wrote, from the value of a layer's paint event.

    Parameters
    ----------
    item : sequence
        Parts of the stroke: boxes with masks, or indices with ids.

    Returns
    -------
    list of (indices, ids)
        As ``before_points`` takes them: pixels, and the ids that they had.
    """
    points: list[Points] = []
    for part in item:
        if not hasattr(part, "slice_key"):
            indices, before, _ = part
            points.append((tuple(np.asarray(each) for each in indices), before))
            continue
        corner = [side.start for side in part.slice_key]
        shape = [side.stop - side.start for side in part.slice_key]
        if part.mask is None:
            inside = np.indices(shape).reshape(len(shape), -1)
            before = np.asarray(part.old_values).ravel()
        else:
            inside = np.array(np.nonzero(part.mask))
            before = np.asarray(part.old_values)
        where = tuple(each + first for each, first in zip(inside, corner, strict=True))
        points.append((where, before))
    return points


def first_place(item: Sequence[Any]) -> tuple[int, ...]:
    """Return the pixel that a stroke began on."""
    part = item[0]
    if hasattr(part, "slice_key"):
        return tuple((side.start + side.stop - 1) // 2 for side in part.slice_key)
    return tuple(int(np.ravel(each)[0]) for each in part[0])


def painted_ids(item: Sequence[Any]) -> set[int]:
    """Return the ids that a stroke wrote."""
    values = (
        part.new_value if hasattr(part, "slice_key") else part[2] for part in item
    )
    return {int(own) for value in values for own in np.unique(np.asarray(value))}


def is_written(layer: Labels, item: Sequence[Any]) -> bool:
    """Return whether a layer's data hold a stroke by now.

    napari tells of a drag when it is over, but of a single edit, such as the bucket's,
    just before it writes.
    """
    part = item[-1]
    if not hasattr(part, "slice_key"):
        indices, _, after = part
        return bool(np.all(np.asarray(layer.data[indices]) == after))
    now = np.asarray(layer.data[part.slice_key])
    painted = now if part.mask is None else now[part.mask]
    return bool(np.all(painted == part.new_value))


def forget_strokes(layer: Labels) -> None:
    """Empty a layer's own undo history, of strokes that another history has now.

    It would write old values over what was done since.
    """
    layer._reset_history()


def redraw(layer: Labels, boxes: Iterable[tuple[PlaneIndex, Box]]) -> None:
    """Draw boxes of a layer anew after its data changed there.

    Those of the visible plane, and nothing else of it; the whole layer where it is
    seen in space or from another side.
    """
    seen = layer._slice_input
    flat = seen.ndisplay == 2 and list(seen.displayed) == [
        layer.ndim - 2,
        layer.ndim - 1,
    ]
    if not flat or not layer._slicing_state.loaded:
        layer.refresh(thumbnail=False, extent=False, highlight=False)
        return
    point = layer._data_slice.point
    visible = tuple(int(np.round(point[axis])) for axis in range(layer.ndim - 2))
    image = layer._slice.image
    for plane, box in boxes:
        if tuple(plane) != visible:
            continue
        part = np.asarray(layer.data[(*plane, *box)])
        image.raw[box] = part
        image.view[box] = layer.colormap._data_to_texture(part)
        layer._accumulate_updated_slice((*(slice(p, p + 1) for p in plane), *box))
    layer._partial_labels_refresh()
