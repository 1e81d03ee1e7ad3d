"""Units of pixel sizes and intervals: one name for each, and factors between them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

PIXEL = "pixel"
"""Unit of an axis that is not calibrated."""
BASE = {"length": "micrometer", "time": "second", PIXEL: PIXEL}
"""For each kind of unit, the one that axes given in several units are brought to."""

_USUAL = {
    PIXEL: "px pixel pixels",
    "angstrom": "å angstrom angstroms ångström",
    "nanometer": "nm nanometer nanometers nanometre nanometres",
    "micrometer": "um μm μ micron microns "
    "micrometer micrometers micrometre micrometres",
    "millimeter": "mm millimeter millimeters millimetre millimetres",
    "centimeter": "cm centimeter centimeters centimetre centimetres",
    "meter": "m meter meters metre metres",
    "inch": "in inch inches",
    "millisecond": "ms msec millisecond milliseconds",
    "second": "s sec secs second seconds",
    "minute": "min mins minute minutes",
    "hour": "h hr hrs hour hours",
}
_NAMES = {text: name for name, texts in _USUAL.items() for text in texts.split()}
"""The usual spellings. With them at hand, few files need pint, a second to import."""
_WITH_PREFIX = {"meter", "second"}
"""What is counted in thousandths and millionths: "Min" is no mega-inch."""


def canonical(unit: str) -> str:
    r"""Return the full name of a unit, as napari, NGFF and pint know it.

    Parameters
    ----------
    unit : str
        A name or a symbol, with either micro sign, or ImageJ's "\u00B5" for it.
        Capitals count where they tell two units apart ("Mm", "mm").

    Returns
    -------
    str
        Such as "micrometer", "second" or "pixel".

    Raises
    ------
    ValueError
        If it is no unit of length or time, and not the pixel.

    Examples
    --------
    >>> [canonical(unit) for unit in ("µm", "microns", "sec", "Pixel", "fs")]
    ['micrometer', 'micrometer', 'second', 'pixel', 'femtosecond']
    """
    text = unit.replace(r"\u00B5", "µ").replace(r"\u00b5", "µ")
    # One micro sign and one Å, of the two that Unicode has of each.
    text = unicodedata.normalize("NFKC", text).strip()
    name = _NAMES.get(text) or _known_to_pint(text) or _NAMES.get(text.lower())
    if name is None:
        raise ValueError(
            f"a unit must be of length, of time, or pixel; received {unit!r}; "
            "write for example micrometer, second or pixel"
        )
    return name


def factor(from_unit: str, to_unit: str) -> float:
    """Return the number by which values in one unit are multiplied for another.

    Raises
    ------
    ValueError
        If a unit is unknown, or one cannot be expressed in the other.

    Examples
    --------
    >>> factor("nm", "µm")
    0.001
    """
    start, end = canonical(from_unit), canonical(to_unit)
    if start == end:
        return 1.0
    if kind_of(start) != kind_of(end):
        raise ValueError(
            f"units must be of one kind, all lengths or all times; received {start} "
            f"and {end}; calibrate both axes, or neither"
        )
    # Units are defined by short decimals; pint's products of powers of ten miss them
    # by the last bit.
    return float(f"{_registry().convert(1.0, start, end):.15g}")


def common_unit(units: Iterable[str]) -> tuple[str, tuple[float, ...]]:
    """Return one unit for axes of one kind, and the factor that brings each to it.

    Parameters
    ----------
    units : iterable of str
        One for each axis, one at least.

    Returns
    -------
    unit : str
        The units' own if they agree, else the base unit of their kind.
    factors : tuple of float
        By which the sizes along each axis are multiplied.

    Raises
    ------
    ValueError
        If a unit is unknown, or they are of several kinds.

    Examples
    --------
    >>> common_unit(["nm", "µm"])
    ('micrometer', (0.001, 1.0))
    """
    names = [canonical(unit) for unit in units]
    unit = names[0] if len(set(names)) == 1 else BASE[kind_of(names[0])]
    return unit, tuple(factor(name, unit) for name in names)


def kind_of(unit: str) -> str:
    """Return whether a unit is one of "length", of "time", or the "pixel".

    Raises
    ------
    ValueError
        If the unit is unknown.
    """
    name = canonical(unit)
    if name in BASE.values():
        return next(kind for kind, base in BASE.items() if base == name)
    is_time = _registry().get_dimensionality(name) == {"[time]": 1}
    return "time" if is_time else "length"


def _known_to_pint(text: str) -> str | None:
    """Return the name of a rarer length or time."""
    registry = _registry()
    for prefix, name, _ in registry.parse_unit_name(text):
        dimensions = registry.get_dimensionality(name)
        if dimensions not in ({"[length]": 1}, {"[time]": 1}):
            continue
        if not prefix or name in _WITH_PREFIX:
            return str(prefix + name)
    return None


def _registry() -> Any:
    """Return the units that napari uses, too."""
    import pint  # see ``_NAMES``

    return pint.get_application_registry()
