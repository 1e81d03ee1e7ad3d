"""What files say of the place of pixels, brought to one unit for each kind of axis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from napari_mobile_unet.images.units import (
    PIXEL,
    canonical,
    common_unit,
    factor,
    kind_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_GROUPS = ("ZYX", "T", "C", "P")
"""Axes whose sizes are compared with each other."""
_KINDS = {"Z": "length", "Y": "length", "X": "length", "T": "time"}
"""What the unit of an axis measures."""


class AxisPlace(NamedTuple):
    """Where pixels lie along one axis, as a file says it."""

    step: float = 1.0
    """Distance between pixels."""
    unit: str = PIXEL
    """Of step and first, in the words of the file."""
    first: float = 0.0
    """Place of the first pixel."""


def usable_places(
    found: Mapping[str, AxisPlace],
) -> tuple[dict[str, AxisPlace], list[str]]:
    """Return places with units that are known, one for Z, Y and X.

    Parameters
    ----------
    found : mapping of str to AxisPlace
        For some axes, what a file says.

    Returns
    -------
    places : dict
        For the axes whose places can be used; units are named as in
        ``units.canonical``. Sizes whose unit is unknown are kept, in "pixel", if no
        other axis of their kind has a known one.
    notes : list of str
        What cannot be understood, for the person.

    Examples
    --------
    >>> places, _ = usable_places(
    ...     {"Z": AxisPlace(300, "nm"), "X": AxisPlace(0.5, "µm")}
    ... )
    >>> places["Z"].step, places["Z"].unit
    (0.3, 'micrometer')
    """
    places: dict[str, AxisPlace] = {}
    notes: list[str] = []
    for axes in _GROUPS:
        these: dict[str, AxisPlace] = {}
        for axis in filter(found.__contains__, axes):
            if _is_usable(found[axis]):
                these[axis] = found[axis]
            else:
                what = "interval" if axis == "T" else "pixel size"
                notes.append(f"the {what} {found[axis].step:g} of {axis} is ignored")
        names = {axis: _unit_name(axis, place.unit) for axis, place in these.items()}
        unknown = {a: these[a].unit for a, name in names.items() if name is None}
        for unit in dict.fromkeys(unknown.values()):
            those = ", ".join(axis for axis in unknown if unknown[axis] == unit)
            notes.append(f"the unit {unit!r} of {those} is not understood")
        known = [name for name in names.values() if name not in (None, PIXEL)]
        common = common_unit(known)[0] if known else PIXEL
        for axis, place in these.items():
            name = names[axis]
            if name is None and len({place.unit for place in these.values()}) > 1:
                continue  # its size is not comparable with those of the others
            unit = PIXEL if name in (None, PIXEL) else common
            by = factor(name, unit) if name else 1.0
            places[axis] = AxisPlace(place.step * by, unit, place.first * by)
    return places, notes


def _is_usable(place: AxisPlace) -> bool:
    return place.step > 0 and math.isfinite(place.step) and math.isfinite(place.first)


def _unit_name(axis: str, unit: str) -> str | None:
    """Return the name of a unit; None if it is unknown, or no unit of that axis."""
    try:
        name = canonical(unit)
        fits = kind_of(name) in (_KINDS.get(axis, PIXEL), PIXEL)
    except ValueError:
        return None
    return name if fits else None


def parse_size(text: object) -> float:
    """Return a distance between pixels, whose sign some programs use; NaN for none."""
    return abs(_parse(text, math.nan))


def parse_place(text: object) -> float:
    """Return the place of a pixel; 0 for none."""
    place = _parse(text, 0.0)
    return place if math.isfinite(place) else 0.0


def _parse(text: object, default: float) -> float:
    try:
        return float(str(text))
    except ValueError:
        return default
