"""What becomes of one plane."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from napari_mobile_unet.runs.fit import Fitted
    from napari_mobile_unet.runs.store import Found
    from napari_mobile_unet.types import Labels


@dataclass(frozen=True, eq=False)
class PlaneResult:
    """One finished plane; its labels and table are read when they are asked for.

    Parameters
    ----------
    number : int
        Position in the flattened stack.
    index : tuple of int
        Position on ``stack.batch_axes``.
    fitted : Fitted
        The recipe with what was found in the whole stack, such as the diameter.
    found : Found
        What was found in it.
    """

    number: int
    index: tuple[int, ...]
    fitted: Fitted
    found: Found = field(repr=False)

    @property
    def labels(self) -> Labels:
        """(Y, X) of int32 on the image's own grid, 0 is background."""
        return self.found.labels

    @property
    def objects(self) -> pd.DataFrame:
        """One row an object.

        Label, area, centroid, mean intensity; after the U-Net its confidence, and
        where it is followed over time its parent.
        """
        return self.found.objects

    @property
    def left_out(self) -> int:
        """How many objects are not shown, since they are likely wrong.

        In a plane that is worked on block by block about as many.
        """
        return self.found.left_out


def placed(objects: pd.DataFrame, index: tuple[int, ...], axes: str) -> pd.DataFrame:
    """Return a plane's table with its place: a column for each of ``batch_axes``."""
    table = objects.copy()
    for position, (axis, value) in enumerate(zip(axes, index, strict=True), start=1):
        table.insert(position, axis.lower(), value)
    return table
