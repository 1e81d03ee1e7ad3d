"""What operations ask for before they change anything, each in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_mobile_unet.corrections.change import LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.index import ObjectIndex


def check_object(index: ObjectIndex, own: int, planes: Sequence[PlaneIndex]) -> None:
    """Refuse what is no object on any of these planes.

    Raises
    ------
    ValueError
        If it is background, an unknown id, or an object of other planes.
    """
    if own == 0:
        raise ValueError(
            "this works on an object; received the background; click on an object"
        )
    if own not in index:
        raise ValueError(
            f"this works on an object; received {own}, which no object has; "
            "click on an object"
        )
    if not any(index.count(own, plane) for plane in planes):
        raise ValueError(
            f"object {own} must lie on {named(planes)}; received one that is on "
            f"{named(index.planes_of(own))}; go there, or choose a wider scope"
        )


def check_objects(
    index: ObjectIndex, ids: Iterable[int], planes: Sequence[PlaneIndex], least: int = 1
) -> list[int]:
    """Return ids without those that come twice, or refuse as ``check_object`` does.

    Raises
    ------
    ValueError
        If there are fewer than are needed at least, or one is no object there.
    """
    given = list(dict.fromkeys(int(own) for own in ids))
    if len(given) < least:
        noun = "object" if least == 1 else "different objects"
        raise ValueError(
            f"this needs {least} {noun} or more; received {given or 'none'}; "
            "select more of them"
        )
    for own in given:
        check_object(index, own, planes)
    return given


def new_ids(labels: LabelArray, index: ObjectIndex, count: int) -> list[int]:
    """Return ids that no object has or had.

    Raises
    ------
    ValueError
        If the labels' type cannot hold them.
    """
    ids = list(range(index.next_id, index.next_id + count))
    if ids:
        check_fits(labels, ids[-1])
    return ids


def check_fits(labels: LabelArray, own: int) -> None:
    """Refuse an id that is no positive number or that the labels' type cannot hold.

    Raises
    ------
    ValueError
        It would be wrapped to another number.
    """
    if own < 1:
        raise ValueError(
            f"ids of objects start at 1; received {own}; to remove an object delete it"
        )
    largest = np.iinfo(labels.dtype).max
    if own > largest:
        raise ValueError(
            f"ids of {labels.dtype} labels go up to {largest}; received {own}; "
            "convert the labels to a larger type, or number them anew"
        )


def named(planes: Sequence[PlaneIndex]) -> str:
    """Return planes as words: one, several, or from which to which."""
    if not planes:
        return "no plane"
    if planes[0] == ():
        return "the plane"
    first, last = (", ".join(map(str, planes[end])) for end in (0, -1))
    return f"plane {first}" if len(planes) == 1 else f"planes {first} to {last}"
