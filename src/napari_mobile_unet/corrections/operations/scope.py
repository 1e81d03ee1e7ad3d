"""The scope of an operation: this plane, the rest along an axis, or all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from napari_mobile_unet.corrections.change import PlaneIndex

Scope = Literal["plane", "rest", "all"]
"""This plane alone; it and those after it along the axis; or all along the axis."""


def planes_in_scope(
    scope: Scope, shape: tuple[int, ...], plane: PlaneIndex, axis: int = 0
) -> list[PlaneIndex]:
    """Return the planes that a scope means, in their order along the axis.

    Parameters
    ----------
    scope : {"plane", "rest", "all"}
        What the person chose.
    shape : tuple of int
        Of the labels (..., Y, X).
    plane : tuple of int
        The plane that is looked at, an index for each leading axis.
    axis : int
        The leading axis that the scope runs along; the others stay. Labels of two
        dimensions have one plane, whatever the scope.

    Raises
    ------
    ValueError
        If there is no such scope, plane or axis.

    Examples
    --------
    >>> planes_in_scope("rest", (2, 4, 64, 64), (1, 2), axis=1)
    [(1, 2), (1, 3)]
    """
    if scope not in get_args(Scope):
        raise ValueError(f"a scope is plane, rest or all; received {scope!r}")
    leading = shape[:-2]
    inside = len(plane) == len(leading) and all(
        0 <= place < length for place, length in zip(plane, leading, strict=True)
    )
    if not inside:
        raise ValueError(
            f"a plane of labels {shape} has an index for each of the axes {leading}; "
            f"received {plane}; count from 0"
        )
    if scope == "plane" or not leading:
        return [plane]
    if not 0 <= axis < len(leading):
        raise ValueError(
            f"a scope runs along one of the first {len(leading)} axes; received axis "
            f"{axis}; count from 0"
        )
    first = plane[axis] if scope == "rest" else 0
    return [
        (*plane[:axis], place, *plane[axis + 1 :])
        for place in range(first, leading[axis])
    ]
