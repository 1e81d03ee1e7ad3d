"""What becomes of one plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_mobile_unet.runs.fit import Fitted
    from napari_mobile_unet.types import Labels

    Found = tuple[int, Labels, pd.DataFrame, int]


@dataclass(frozen=True, eq=False)
class PlaneResult:
    """One finished plane.

    Parameters
    ----------
    number : int
        Position in the flattened stack.
    index : tuple of int
        Position on ``stack.batch_axes``.
    labels : ndarray of int32
        (Y, X) on the image's own grid, 0 is background; ids go on from plane to
        plane, so that none is used twice in a stack, unless the recipe links them.
    objects : pandas.DataFrame
        One row an object: label, area, centroid, mean intensity, after the U-Net
        its confidence, and where it is followed over time its parent.
    fitted : Fitted
        The recipe with what was found in the whole stack, such as the diameter.
    left_out : int
        Objects that are not shown, since they are likely wrong; in a plane that is
        worked on block by block about as many.
    """

    number: int
    index: tuple[int, ...]
    labels: Labels
    objects: pd.DataFrame
    fitted: Fitted
    left_out: int = 0


def placed(objects: pd.DataFrame, index: tuple[int, ...], axes: str) -> pd.DataFrame:
    """Return a plane's table with its place: a column for each of ``batch_axes``."""
    table = objects.copy()
    for position, (axis, value) in enumerate(zip(axes, index, strict=True), start=1):
        table.insert(position, axis.lower(), value)
    return table


def table_of(results: Iterable[PlaneResult], axes: str) -> pd.DataFrame:
    """Return one table of all planes' objects, with their place on the batch axes.

    Parameters
    ----------
    results : iterable of PlaneResult
        Finished planes.
    axes : str
        ``stack.batch_axes``; a column of its small letter is added for each.
    """
    tables = [placed(result.objects, result.index, axes) for result in results]
    filled = [table for table in tables if len(table)] or tables[:1]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
