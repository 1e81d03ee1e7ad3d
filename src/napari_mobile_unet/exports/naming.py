"""Columns of a table under the names, and in the units, that other programs use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.columns import COLUMNS, column_of, unit_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_mobile_unet.objects.calibration import Calibration

Naming = Literal["ours", "scikit-image", "imagej", "qupath", "cellprofiler"]
"""Whose names a table has."""
NAMINGS: tuple[Naming, ...] = get_args(Naming)
Change = Literal["", "half", "one", "degrees", "angle", "share", "length"]
"""What is done to the values; see ``_changed``."""


@dataclass(frozen=True)
class Renamed:
    """A column of another program.

    Parameters
    ----------
    theirs : str
        Its name; "{unit}" stands for the unit, "{channel}" for a channel.
    ours : str
        The column that it is made of, in pixels.
    calibrated : bool
        Whether it is in the calibrated unit, where there is one.
    change : str
        How its values differ from ours.
    """

    theirs: str
    ours: str
    calibrated: bool = False
    change: Change = ""


NAMES: dict[Naming, tuple[Renamed, ...]] = {
    "imagej": (
        Renamed("Label", "label"),
        Renamed("Frame", "t", change="one"),
        Renamed("Slice", "plane", change="one"),
        Renamed("Area", "area", calibrated=True),
        Renamed("Vol", "volume", calibrated=True),
        Renamed("X", "centroid_x", calibrated=True, change="half"),
        Renamed("Y", "centroid_y", calibrated=True, change="half"),
        Renamed("Z", "centroid_z", calibrated=True, change="half"),
        Renamed("BX", "bbox_x_min", calibrated=True),
        Renamed("BY", "bbox_y_min", calibrated=True),
        Renamed("Width", "bbox_x_max", calibrated=True, change="length"),
        Renamed("Height", "bbox_y_max", calibrated=True, change="length"),
        Renamed("Perim.", "perimeter", calibrated=True),
        Renamed("Major", "axis_major_length", calibrated=True),
        Renamed("Minor", "axis_minor_length", calibrated=True),
        Renamed("Angle", "orientation", change="angle"),
        Renamed("Circ.", "circularity", change="share"),
        Renamed("Feret", "feret_diameter_max", calibrated=True),
        Renamed("Solidity", "solidity"),
        Renamed("Extent", "extent"),
        Renamed("Mean{channel}", "mean_intensity"),
        Renamed("StdDev{channel}", "std_intensity"),
        Renamed("Min{channel}", "min_intensity"),
        Renamed("Max{channel}", "max_intensity"),
        Renamed("Median{channel}", "median_intensity"),
        Renamed("RawIntDen{channel}", "sum_intensity"),
    ),
    "qupath": (
        Renamed("Name", "label"),
        Renamed("T", "t"),
        Renamed("Z", "plane"),
        Renamed("Centroid X {unit}", "centroid_x", calibrated=True, change="half"),
        Renamed("Centroid Y {unit}", "centroid_y", calibrated=True, change="half"),
        Renamed("Area {unit}^2", "area", calibrated=True),
        Renamed("Volume {unit}^3", "volume", calibrated=True),
        Renamed("Perimeter {unit}", "perimeter", calibrated=True),
        Renamed("Circularity", "circularity", change="share"),
        Renamed("Solidity", "solidity"),
        Renamed("Max diameter {unit}", "feret_diameter_max", calibrated=True),
        Renamed("{channel}: Mean", "mean_intensity"),
        Renamed("{channel}: Std.Dev.", "std_intensity"),
        Renamed("{channel}: Min", "min_intensity"),
        Renamed("{channel}: Max", "max_intensity"),
        Renamed("{channel}: Median", "median_intensity"),
    ),
    "cellprofiler": (
        Renamed("ImageNumber", "t", change="one"),
        Renamed("ObjectNumber", "label"),
        Renamed("AreaShape_Area", "area"),
        Renamed("AreaShape_Volume", "volume"),
        *(
            Renamed(f"AreaShape_{theirs}_{axis.upper()}", f"{ours[0]}_{axis}{ours[1]}")
            for theirs, ours in (
                ("Center", ("centroid", "")),
                ("BoundingBoxMinimum", ("bbox", "_min")),
                ("BoundingBoxMaximum", ("bbox", "_max")),
            )
            for axis in "xyz"
        ),
        Renamed("AreaShape_Eccentricity", "eccentricity"),
        Renamed("AreaShape_EquivalentDiameter", "equivalent_diameter"),
        Renamed("AreaShape_Extent", "extent"),
        Renamed("AreaShape_FormFactor", "circularity"),
        Renamed("AreaShape_MajorAxisLength", "axis_major_length"),
        Renamed("AreaShape_MinorAxisLength", "axis_minor_length"),
        Renamed("AreaShape_MaxFeretDiameter", "feret_diameter_max"),
        Renamed("AreaShape_Orientation", "orientation", change="degrees"),
        Renamed("AreaShape_Perimeter", "perimeter"),
        Renamed("AreaShape_Solidity", "solidity"),
        Renamed("AreaShape_SurfaceArea", "surface"),
        Renamed("Intensity_MeanIntensity{channel}", "mean_intensity"),
        Renamed("Intensity_StdIntensity{channel}", "std_intensity"),
        Renamed("Intensity_MinIntensity{channel}", "min_intensity"),
        Renamed("Intensity_MaxIntensity{channel}", "max_intensity"),
        Renamed("Intensity_MedianIntensity{channel}", "median_intensity"),
        Renamed("Intensity_IntegratedIntensity{channel}", "sum_intensity"),
    ),
}
"""The names of each program. What it has no name for keeps ours."""
SCIKIT_IMAGE = {
    "t": "frame",
    "equivalent_diameter": "equivalent_diameter_area",
    "volume": "area",  # whatever the number of dimensions
    **{f"{name}_intensity": f"intensity_{name}" for name in
       ("mean", "std", "min", "max", "median", "sum")},
}  # fmt: skip
"""What scikit-image calls otherwise; places have numbers of axes there, not letters."""


def rename(
    table: pd.DataFrame, naming: Naming, calibration: Calibration
) -> pd.DataFrame:
    """Return a table with the names and the units of another program.

    Parameters
    ----------
    table : DataFrame
        As ``measure`` gives it, with any further columns.
    naming : str
        Of ``NAMINGS``. "scikit-image": its names in the calibrated unit, that stands
        behind the name, and in pixels with "_px".
    calibration : Calibration
        Of the table.

    Returns
    -------
    DataFrame
        The same rows. A column in pixels whose calibrated one has a name, or the other
        way round, is left out; all others keep theirs.
    """
    if naming == "ours":
        return table
    if naming == "scikit-image":
        headers = [_scikit_name(str(name), table, calibration) for name in table]
        return table.set_axis(headers, axis=1)
    made: dict[str, Any] = {}
    used: set[str] = set()
    for renamed in NAMES[naming]:
        for header in map(str, table):
            if not _is_of(header, renamed.ours):
                continue
            channel = header[len(renamed.ours) :]
            made[_their_name(renamed, channel, naming, calibration)] = _values(
                table, header, renamed, calibration
            )
            used.add(_stem(header))
    left = [name for name in table if _stem(str(name)) not in used]
    return pd.DataFrame(made, index=table.index).join(table[left])


def _stem(header: str) -> str:
    """Return what a column in pixels and its calibrated one have in common."""
    column = column_of(header)
    if column is None:
        return header
    if column.name.endswith("_intensity"):
        return header
    return "centroid" if column.name == "position" else column.name


def _is_of(header: str, ours: str) -> bool:
    """Return whether a column is this one: in pixels, of any channel."""
    if ours.endswith("_intensity"):
        return header == ours or header.startswith(f"{ours}_")
    return header == ours


def _their_name(
    renamed: Renamed, suffix: str, naming: Naming, calibration: Calibration
) -> str:
    unit = "px" if not renamed.calibrated else _unit(calibration)
    channel = suffix.removeprefix("_")
    if naming == "qupath":
        channel = channel or "Channel 1"
    elif channel:
        channel = f"_{channel}"
    return renamed.theirs.format(unit=unit, channel=channel)


def _unit(calibration: Calibration) -> str:
    unit = calibration.unit
    return {None: "px", "micrometer": "µm"}.get(unit, unit or "px")


def _values(
    table: pd.DataFrame, header: str, renamed: Renamed, calibration: Calibration
) -> Any:
    """Return the values as the other program has them."""
    values = table[header].to_numpy()
    place = header.removeprefix("bbox_").removeprefix("centroid_")[:1]
    if header.startswith(("bbox", "centroid")):
        step = 1.0
        if renamed.calibrated and calibration.unit:
            axes = "zyx"[-len(calibration.steps) :]
            step = calibration.steps[axes.index(place)]
        if renamed.change == "half":
            values = values + 0.5  # places are counted from the edge of a pixel
        elif renamed.change == "length":
            values = values - table[f"bbox_{place}_min"].to_numpy()
        return values * step if step != 1 else values
    if renamed.calibrated and calibration.unit:
        column = column_of(header)
        power = "" if column is None or column.power < 2 else str(column.power)
        known = f"{header}_{calibration.unit}{power}"
        if known in table:
            return table[known].to_numpy()
        return np.full(len(table), np.nan)  # such as the perimeter of oblong pixels
    return _CHANGED[renamed.change](values)


_CHANGED: dict[str, Callable[[Any], Any]] = {
    "": lambda values: values,
    "one": lambda values: values + 1,  # counted from 1
    "degrees": np.degrees,
    # From the X axis, against the clock, 0 to 180.
    "angle": lambda values: (np.degrees(values) + 90) % 180,
    "share": lambda values: np.minimum(values, 1),  # both programs cut it off at 1
}


def _scikit_name(header: str, table: pd.DataFrame, calibration: Calibration) -> str:
    """Return scikit-image's name of a column, with its unit."""
    column = column_of(header)
    if column is None:
        return SCIKIT_IMAGE.get(header, header)
    name = SCIKIT_IMAGE.get(column.name, column.name)
    axes = "zyx"[-len(calibration.steps) :]
    unit = unit_of(header, calibration.unit)
    if column.name in ("centroid", "position"):
        name = f"centroid-{axes.index(header.split('_')[1])}"
    elif column.name == "bbox":
        axis, end = header.split("_")[1:]
        return f"bbox-{axes.index(axis) + len(axes) * (end == 'max')}"
    elif column.name.endswith("_intensity"):
        return name + header[len(column.name) :]
    elif column.name == "time":
        return header
    elif not column.power and calibration.unit:  # another one where pixels are oblong
        twin = f"{column.name}_{calibration.unit}"
        name += "_px" * (header != twin and twin in table)
    if unit.startswith("px"):
        return f"{name}_px" if calibration.unit else name
    return f"{name} [{unit}]" if unit else name


def known_names() -> dict[Naming, dict[str, str]]:
    """Return, for each program, its name of each of our columns; for documentation."""
    return {
        naming: {renamed.ours: renamed.theirs for renamed in NAMES[naming]}
        for naming in NAMES
    } | {"scikit-image": {c.name: SCIKIT_IMAGE.get(c.name, c.name) for c in COLUMNS}}
