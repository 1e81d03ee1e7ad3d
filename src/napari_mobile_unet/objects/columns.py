"""The columns of a table of objects: their groups, units and definitions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

Group = Literal["place", "size", "shape", "hull", "intensity", "background"]
"""What can be measured together."""
GROUPS: tuple[Group, ...] = get_args(Group)
QUICK: tuple[Group, ...] = ("place", "size", "shape", "intensity", "background")
"""Groups that are measured at once for all objects; a hull takes each a millisecond."""
ABOUT = {
    "place": "centre and bounding box",
    "size": "area or volume, and the diameter of a circle or sphere of it",
    "shape": "axes, eccentricity, orientation, extent, perimeter, circularity",
    "hull": "solidity and Feret diameter; in 3-D solidity and surface (slow)",
    "intensity": "mean, spread, extremes, median and sum of each channel",
    "background": "mean of each channel less that of the background",
}
"""What each group holds, for tooltips and help."""


@dataclass(frozen=True)
class Column:
    """A number that is measured of each object.

    Parameters
    ----------
    name : str
        Of the column, or what it begins with: an axis, a unit or a channel follows.
    group : str
        Which it belongs to.
    meaning : str
        What it is, in one sentence.
    power : int
        Of the unit of length: 1 for lengths, 2 for areas, 3 for volumes; 0 for what
        has none. With a power there is a second column in the calibrated unit.
    dimensions : str
        Of labels that have it: "2", "3" or both.
    """

    name: str
    group: Group
    meaning: str
    power: int = 0
    dimensions: str = "23"


COLUMNS = (
    Column("time", "place", "when its frame was taken, the first at 0"),
    Column("centroid", "place", "mean place of its pixels along the axis, in pixels"),
    Column(
        "position",
        "place",
        "the centroid in the calibrated unit, the centre of the first pixel being 0",
    ),
    Column("plane", "place", "the plane nearest to its centroid", dimensions="3"),
    Column("bbox", "place", "first pixel, and the pixel after the last one"),
    Column("area", "size", "number of pixels", 2, "2"),
    Column("volume", "size", "number of voxels", 3, "3"),
    Column(
        "equivalent_diameter", "size", "of a circle or sphere of the same size", power=1
    ),
    Column(
        "eccentricity",
        "shape",
        "of the ellipse with the same second moments: 0 for a circle, below 1",
        dimensions="2",
    ),
    Column(
        "axis_major_length",
        "shape",
        "longest axis of the ellipse or ellipsoid with the same second moments",
        power=1,
    ),
    Column(
        "axis_minor_length",
        "shape",
        "shortest axis of the ellipse or ellipsoid with the same second moments",
        power=1,
    ),
    Column(
        "orientation",
        "shape",
        "angle from the Y axis to the major axis, −π/2 to π/2 radians",
        dimensions="2",
    ),
    Column("extent", "shape", "its share of the bounding box"),
    Column(
        "perimeter",
        "shape",
        "length of the line through the centres of its outer pixels",
        1,
        "2",
    ),
    Column(
        "circularity",
        "shape",
        "4π area ÷ perimeter²: 1 for a circle, more for objects of a few pixels",
        dimensions="2",
    ),
    Column("solidity", "hull", "its share of its convex hull"),
    Column(
        "feret_diameter_max",
        "hull",
        "largest distance between two points of its convex hull",
        1,
        "2",
    ),
    Column("surface", "hull", "area of its surface, by marching cubes", 2, "3"),
    Column("mean_intensity", "intensity", "mean of its grey values"),
    Column("std_intensity", "intensity", "standard deviation of its grey values"),
    Column("min_intensity", "intensity", "smallest of its grey values"),
    Column("max_intensity", "intensity", "largest of its grey values"),
    Column("median_intensity", "intensity", "median of its grey values"),
    Column("sum_intensity", "intensity", "sum of its grey values"),
    Column(
        "background_intensity",
        "background",
        "median of the grey values of the frame that are in no object",
    ),
    Column(
        "corrected_intensity",
        "background",
        "the mean intensity less the background intensity",
    ),
)
"""All columns, in the order of the table."""
USUAL = frozenset(
    [
        "centroid",
        "bbox",
        "area",
        "volume",
        "equivalent_diameter",
        "eccentricity",
        "mean_intensity",
        "min_intensity",
        "max_intensity",
    ]
)
"""What a table holds unless groups are chosen."""
SHAPE = {
    2: frozenset(
        [
            "perimeter",
            "feret_diameter_max",
            "axis_major_length",
            "axis_minor_length",
            "solidity",
            "orientation",
        ]
    ),
    3: frozenset(("axis_major_length", "axis_minor_length", "extent")),
}
"""What ``measure(..., shape=True)`` adds, by the number of dimensions."""
KEYS = ("label", "p", "t")
"""What tells rows apart: the id, the position and the frame."""

_BY_NAME = {column.name: column for column in COLUMNS}
_FIRST = re.compile(
    "(" + "|".join(sorted(_BY_NAME, key=len, reverse=True)) + r")(?:_(.+))?$"
)


def names_in(groups: Iterable[str]) -> frozenset[str]:
    """Return the columns of some groups.

    Raises
    ------
    ValueError
        If there is no group of that name.
    """
    chosen = set(groups)
    if unknown := sorted(chosen - set(GROUPS)):
        raise ValueError(
            f"columns come in the groups {', '.join(GROUPS)}; received "
            f"{', '.join(unknown)}; choose some of these"
        )
    return frozenset(column.name for column in COLUMNS if column.group in chosen)


def column_of(header: str) -> Column | None:
    """Return which column a header is of; None if it is not one that is measured.

    Examples
    --------
    >>> column_of("area_micrometer2").name, column_of("mean_intensity_dapi").name
    ('area', 'mean_intensity')
    >>> column_of("confidence") is None
    True
    """
    found = _FIRST.match(header)
    return _BY_NAME[found[1]] if found else None


def unit_of(header: str, unit: str | None) -> str:
    """Return the unit of a column: "µm²", "px", "rad", or "" where it has none.

    Parameters
    ----------
    header : str
        Of the column.
    unit : str, optional
        Of length that the table is calibrated in.
    """
    column = column_of(header)
    if column is None:
        return ""
    if column.name == "orientation":
        return "rad"
    powers = {"centroid": 1, "position": 1, "bbox": 1}
    power = powers.get(column.name, column.power)
    if not power:
        return ""
    ending = f"_{unit}" + (str(power) if power > 1 else "")
    base = "px"
    if unit is not None and header.endswith(ending):
        base = "µm" if unit == "micrometer" else unit
    return base + {1: "", 2: "²", 3: "³"}[power]


def channel_suffixes(names: Collection[str]) -> list[str]:
    """Return what follows the name of a statistic for each of several channels.

    Nothing for a single channel; else its name in small letters, and a number where it
    has none or another has the same.

    Examples
    --------
    >>> channel_suffixes(["DAPI", "anti-tubulin", "", "dapi"])
    ['_dapi', '_anti_tubulin', '_2', '_dapi_3']
    >>> channel_suffixes(["DAPI"])
    ['']
    """
    if len(names) == 1:
        return [""]
    suffixes: list[str] = []
    for number, name in enumerate(names):
        word = re.sub(r"\W+", "_", name.strip()).strip("_").lower()
        suffix = f"_{word}" if word else f"_{number}"
        while suffix in suffixes:
            suffix = f"{suffix}_{number}"
        suffixes.append(suffix)
    return suffixes
