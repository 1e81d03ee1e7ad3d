"""Objects measured plane by plane; what is known of planes is joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.axes import without
from napari_mobile_unet.images.sampling import windows_of
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.calibration import Calibration, calibration_of
from napari_mobile_unet.objects.columns import KEYS, column_of
from napari_mobile_unet.objects.regions import Regions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import AnyLabels


def pieces_of(labels: Stack, number: int, image: Stack | None = None) -> pd.DataFrame:
    """Return what one plane of labels adds to the measurement of its objects.

    A large plane is read in windows, so that an object may have several rows.

    Parameters
    ----------
    labels : Stack
        Without channels.
    number : int
        Of the plane.
    image : Stack, optional
        Of the same planes: grey values, of one channel or several.
    """
    parts = []
    for window in windows_of(labels):
        values = None if image is None else image.plane(number, window)
        start = (window[0].start or 0, window[1].start or 0)
        parts.append(_piece(labels.plane(number, window), values, start))
    table = pd.concat(parts, ignore_index=True)
    for axis, place in zip(labels.batch_axes, labels.index(number), strict=True):
        table[axis.lower()] = place
    return table


def _piece(
    plane: AnyLabels, values: NDArray[Any] | None, start: tuple[int, int]
) -> pd.DataFrame:
    """Return pixels, place, spread and grey values of objects in a window."""
    regions = Regions.of(np.asarray(plane))
    columns: dict[str, NDArray[Any]] = {"label": regions.label, "size": regions.size}
    apart = []
    for axis, place, centroid, first in zip(
        "yx", regions.position, regions.centroid, start, strict=True
    ):
        columns[axis] = centroid + first
        columns[f"{axis}_min"] = regions.extreme(np.fmin, place) + first
        columns[f"{axis}_max"] = regions.extreme(np.fmax, place) + first + 1
        apart.append(place - centroid[regions.rank])
    y, x = apart
    for name, product in (("yy", y * y), ("xx", x * x), ("yx", y * x)):
        columns[name] = regions.mean(product) * regions.size
    if values is not None:
        columns |= _grey_values(regions, values)
    return pd.DataFrame(columns)


def _grey_values(regions: Regions, values: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Return number, sum and ends of the finite values of each object and channel."""
    several = values.ndim > len(regions.shape)
    channels = values.reshape(-1, values.shape[-1] if several else 1)
    pixels = channels.take(regions.pixel, axis=0).astype(np.float64)
    pixels[~np.isfinite(pixels)] = np.nan
    columns = {}
    for number, channel in enumerate(pixels.T):
        suffix = f"_{number}" if several else ""
        finite = np.bincount(regions.rank, np.isfinite(channel), len(regions.label))
        total = np.bincount(regions.rank, np.nan_to_num(channel), len(regions.label))
        columns[f"finite{suffix}"], columns[f"sum{suffix}"] = finite, total
        for name, extreme in (("min", np.fmin), ("max", np.fmax)):
            columns[f"{name}_intensity{suffix}"] = regions.extreme(extreme, channel)
    return columns


def join_pieces(
    pieces: Iterable[pd.DataFrame], axes: str, calibration: Calibration
) -> pd.DataFrame:
    """Return the table of objects that ``measure`` would give, from their pieces.

    Parameters
    ----------
    pieces : iterable of DataFrame
        As ``pieces_of`` returns them, of all planes.
    axes : str
        Of the labels.
    calibration : Calibration
        Size of their pixels.

    Returns
    -------
    pandas.DataFrame
        One row for each object, or over time for each object and frame; over
        positions for each object and position, with a column ``p``.
    """
    table = pd.concat(list(pieces), ignore_index=True)
    steps = [axis.lower() for axis in without(axes, "CZYXS")]
    groups = table.groupby([*steps, "label"], sort=True)
    joined = pd.DataFrame({"size": groups["size"].sum()})
    depth = ["z"] if "Z" in axes else []
    rank = groups.ngroup().to_numpy()
    for axis in (*depth, "y", "x"):
        place = (table[axis] * table["size"]).groupby(rank).sum().to_numpy()
        joined[axis] = place / joined["size"]
    for name in table:
        if str(name).startswith(("finite", "sum")):
            joined[name] = groups[str(name)].sum()
    columns: dict[str, Any] = {"label": joined.index.get_level_values("label")}
    columns |= {step: joined.index.get_level_values(step) for step in steps}
    columns |= {f"centroid_{a}": joined[a].to_numpy() for a in (*depth, "y", "x")}
    columns |= _sizes(joined["size"].to_numpy(), len(depth), calibration)
    for axis in (*depth, "y", "x"):
        low, high = (axis, axis) if axis == "z" else (f"{axis}_min", f"{axis}_max")
        columns[f"bbox_{axis}_min"] = groups[low].min().to_numpy()
        columns[f"bbox_{axis}_max"] = groups[high].max().to_numpy() + (axis == "z")
    if not depth:
        moments = _moments(table, joined, rank)
        columns["eccentricity"] = _eccentricity(*moments)
        if (unit := calibration.unit) and not calibration.isotropic:
            down, across = calibration.steps
            areas = (down * down, across * across, down * across)
            sized = (each * area for each, area in zip(moments, areas, strict=True))
            columns[f"eccentricity_{unit}"] = _eccentricity(*sized)
    for name in joined:
        if str(name).startswith("sum"):
            suffix = str(name).removeprefix("sum")
            finite = joined[f"finite{suffix}"].where(joined[f"finite{suffix}"] > 0)
            columns[f"mean_intensity{suffix}"] = (joined[name] / finite).to_numpy()
            for end in ("min", "max"):
                column = f"{end}_intensity{suffix}"
                columns[column] = getattr(groups[column], end)().to_numpy()
    return pd.DataFrame(columns)


def _sizes(size: Any, depth: int, calibration: Calibration) -> dict[str, Any]:
    """Return area or volume, and the diameter of a circle or sphere of it."""
    name, power = ("volume", 3) if depth else ("area", 2)
    found = {"": size}
    columns = {name: size}
    if unit := calibration.unit:
        found[f"_{unit}"] = columns[f"{name}_{unit}{power}"] = size * calibration.size
    for suffix, each in found.items():
        diameter = np.cbrt(6 / np.pi * each) if depth else np.sqrt(4 / np.pi * each)
        columns[f"equivalent_diameter{suffix}"] = diameter
    return columns


def _moments(table: pd.DataFrame, joined: pd.DataFrame, rank: Any) -> tuple[Any, ...]:
    """Return the second moments yy, xx and yx, those of pieces brought together."""
    y = table["y"].to_numpy() - joined["y"].to_numpy()[rank]
    x = table["x"].to_numpy() - joined["x"].to_numpy()[rank]
    size, count = table["size"].to_numpy(), len(joined)
    return tuple(
        np.bincount(rank, table[name].to_numpy() + size * moved, count)
        for name, moved in (("yy", y * y), ("xx", x * x), ("yx", y * x))
    )


def _eccentricity(yy: Any, xx: Any, yx: Any) -> Any:
    """Return √(1 - λ₂/λ₁) of second moments."""
    spread = np.hypot(yy - xx, 2 * yx)
    major = yy + xx + spread
    share = np.divide(2 * spread, major, where=major > 0, out=np.zeros(len(major)))
    return np.sqrt(np.minimum(share, 1))


def measure_by_planes(
    labels: Stack, image: Stack | None, extras: pd.DataFrame
) -> pd.DataFrame:
    """Return the table of ``measure``, reading one plane at a time.

    Parameters
    ----------
    labels, image : Stack
        As for ``pieces_of``.
    extras : DataFrame
        What else is known of the objects; see ``update_table``.
    """
    pieces = [pieces_of(labels, number, image) for number in range(labels.n_planes)]
    sizes = calibration_of(labels, image, None, None)
    return update_table(extras, join_pieces(pieces, labels.axes, sizes))


def update_table(earlier: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Return a table that is measured anew, with the other columns of an earlier one.

    Parameters
    ----------
    earlier : DataFrame
        Rows of objects, by ``label`` and, where they have one, ``t`` and ``p``.
    measured : DataFrame
        The rows that there are now; one that is new has NaN in the other columns.
    """
    keys = [key for key in ("label", "p", "t") if key in measured and key in earlier]
    others = [name for name in earlier if name not in measured]
    if "label" not in keys or not others:
        return measured
    rows = earlier.drop_duplicates(keys)[[*keys, *others]]
    return measured.merge(rows, on=keys, how="left")


def with_known(measured: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Return a table with what else is known of its objects.

    Parameters
    ----------
    measured : DataFrame
        As ``measure`` gives it.
    known : DataFrame
        By ``label`` and, where they have one, ``t``: confidence, class, a person's own
        columns. Columns that ``measure`` gives under some settings are left out: they
        may be of the objects as they were. With ``parent``, from linking, over time
        there is also ``track``: the id, which an object keeps over time.
    """
    new = [name for name in known if name in KEYS or column_of(str(name)) is None]
    table = update_table(known[new], measured)
    if "parent" in table and "t" in table and "track" not in table:
        table["track"] = table["label"]
    return table


def without_stale(known: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Return a table without numbers of objects that have another shape by now.

    Parameters
    ----------
    known : DataFrame
        As it was: columns of ``measured``, others that can be measured too, such as the
        solidity, and a person's own.
    measured : DataFrame
        The objects as they are.

    Returns
    -------
    DataFrame
        The first one, with NaN in such other columns of objects whose size, centre or
        box changed; what is of the background of a frame is left out of all rows.
    """
    keys = [key for key in KEYS if key in known and key in measured]
    others = [n for n in known if n not in measured and column_of(str(n)) is not None]
    shape = ("area", "volume", "centroid", "bbox")
    told = [n for n in known if n in measured and str(n).startswith(shape)]
    if "label" not in keys or not others or not told:
        return known
    both = known[[*keys, *told]].merge(measured[[*keys, *told]], on=keys)
    before, now = (both[[f"{name}{end}" for name in told]] for end in ("_x", "_y"))
    same = both[(before.to_numpy() == now.to_numpy()).all(1)]
    rows = pd.MultiIndex.from_frame(known[keys])
    changed = ~rows.isin(pd.MultiIndex.from_frame(same[keys]))
    if not changed.any() and len(known) == len(measured):
        return known
    table = known.copy()
    for name in others:
        background = str(name).startswith(("background_", "corrected_"))
        table[name] = table[name].mask(background | changed)
    return table


def extras_of(objects: pd.DataFrame) -> pd.DataFrame:
    """Return what a run tells of objects beside their measurement.

    Parameters
    ----------
    objects : DataFrame
        One row for each object and plane, as runs give them.

    Returns
    -------
    DataFrame
        One row for each object, frame and position: the mean of its confidence over
        planes that have one, weighted by their area; of other columns the first value.
    """
    keys = [key for key in ("label", "p", "t") if key in objects]
    own = {*keys, "z", "area", "centroid_y", "centroid_x"}
    extras = [
        name
        for name in map(str, objects)
        if name not in own and not name.startswith("mean_intensity")
    ]
    if not extras or not keys:
        return objects[keys].drop_duplicates()
    groups = objects.groupby(keys, sort=True)
    table = groups[extras].first()
    if "confidence" in extras and "area" in objects:
        by = [objects[key] for key in keys]
        weight = objects["area"].where(objects["confidence"].notna())
        total = (objects["confidence"] * weight).groupby(by).sum(min_count=1)
        table["confidence"] = total / weight.groupby(by).sum()
    return table.reset_index()
