"""Objects in the colours of their numbers, or clear where they are hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import DirectLabelColormap

from napari_mobile_unet.widgets.layers.number_colours import (
    LARGEST_ID,
    colours_of,
    limits_of,
)

if TYPE_CHECKING:
    import pandas as pd
    from napari.layers import Labels

    from napari_mobile_unet.types import Mask

IDS = "ids"
"""Colours by the ids of objects, as napari has them."""


class ObjectColours:
    """Colours the objects of a layer, whose own colours come back afterwards."""

    def __init__(self) -> None:
        self._layer: Labels | None = None
        self._before: Any = None
        self._own: Any = None

    def restore(self) -> None:
        """Give the layer its own colours again, unless it has others than ours."""
        layer = self._layer
        if layer is not None and self._own is not None and layer.colormap is self._own:
            layer.colormap = self._before
        self._layer = self._own = None

    def show(
        self,
        layer: Labels,
        table: pd.DataFrame,
        by: str,
        hidden: Mask,
        frame: int | None,
    ) -> tuple[str, str]:
        """Colour the objects of a layer.

        Parameters
        ----------
        layer : Labels
            The layer.
        table : DataFrame
            With a row for each object, or object and frame.
        by : str
            A column of numbers, or ``IDS``.
        hidden : ndarray of bool
            Rows whose objects are clear.
        frame : int or None
            Which frame is seen, where there are several.

        Returns
        -------
        legend : str
            What the first and the last colour mean; empty without such colours.
        note : str
            What a person should know; empty if nothing.
        """
        if layer is not self._layer:
            self.restore()
        if self._own is not None and layer.colormap is not self._own:
            self._own = None  # somebody chose others
        if self._own is None:
            self._before = layer.colormap
        self._layer = layer
        known = by in table
        if not known and not hidden.any():
            self.restore()
            return "", ""
        here = np.ones(len(table), bool)
        if frame is not None and "t" in table:
            here = table["t"].to_numpy() == frame
        ids = table["label"].to_numpy()[here]
        if len(ids) and ids.max() > LARGEST_ID:
            self.restore()
            return "", f"Ids above {LARGEST_ID} are shown in napari's colours only."
        legend = ""
        if known:
            values = table[by].to_numpy(float)
            low, high = limits = limits_of(values)  # of all frames, to be compared
            colours = colours_of(values[here], limits)
            legend = f"{low:.4g} – {high:.4g}"
        else:
            colours = np.array(self._before.map(ids), float).reshape(-1, 4)
        colours[hidden[here]] = 0
        drawn = dict(zip(ids.tolist(), colours, strict=True))
        layer.colormap = DirectLabelColormap(
            color_dict={None: np.array([0.5, 0.5, 0.5, 1]), 0: np.zeros(4), **drawn}
        )
        self._own = layer.colormap
        return legend, ""
