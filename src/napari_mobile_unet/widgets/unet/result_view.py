"""How the labels of a run are looked at: which objects, in what colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import DirectLabelColormap
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLabel, QSlider, QWidget

from napari_mobile_unet.widgets.layers.convert import METADATA
from napari_mobile_unet.widgets.layers.number_colours import (
    LARGEST_ID,
    colours_of,
    legend_style,
    limits_of,
)

if TYPE_CHECKING:
    import napari
    import pandas as pd
    from napari.layers import Labels
    from numpy.typing import NDArray

IDS = "ids"
"""Colours by the ids of objects, as napari has them."""
FIRST = ("confidence", "area")
"""Numbers that are asked for most."""
OUTLINE = 1
"""Width of outlines in pixels."""


class ResultView(QWidget):
    """Shows and hides objects of a result, and colours them; its labels stay.

    Only of a layer that a run of ours has made. Its colours are put back when it is
    let go, unless somebody gave it others in the meantime.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layer is.
    """

    taken = Signal(bool)
    """Whether there is a result to be looked at."""

    def __init__(self, viewer: napari.Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.layer: Labels | None = None
        self._before: Any = None
        self._own: Any = None
        self._least = 0.0
        self.by = QComboBox()
        self.by.setToolTip("What the colours of the objects tell")
        self.legend = QLabel()
        self.outlines = QCheckBox("outlines only")
        self.outlines.setToolTip("Draw objects as outlines, so that the image is seen")
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(5, 100)
        self.opacity.setToolTip("How opaque the labels are")
        self.note = QLabel()
        self.note.setWordWrap(True)
        rows = QFormLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addRow("colour by", self.by)
        rows.addRow("", self.legend)
        rows.addRow("opacity", self.opacity)
        rows.addRow("", self.outlines)
        rows.addRow(self.note)
        self._rows = rows
        self.by.currentIndexChanged.connect(lambda _: self._colour())
        self.outlines.clicked.connect(self._on_outlines)
        self.opacity.valueChanged.connect(self._on_opacity)
        viewer.layers.events.removed.connect(self._on_removed)
        self.take(None)

    def disconnect_viewer(self) -> None:
        """Put the colours back, and let go of the viewer."""
        self.take(None)
        self._viewer.layers.events.removed.disconnect(self._on_removed)

    def take(self, layer: Any) -> None:
        """Look at the labels of a run, or at none."""
        if layer is not self.layer:
            self._let_go()
        if layer is not None and METADATA not in layer.metadata:
            layer = None
        if layer is not None and layer is not self.layer:
            layer.events.features.connect(self._on_features)
            layer.events.opacity.connect(self._show_settings)
            layer.events.contour.connect(self._show_settings)
            self._before, self._own = layer.colormap, None
        self.layer = layer
        self.setEnabled(layer is not None)
        self.taken.emit(layer is not None)
        self._show_settings()
        self._on_features()

    def show_from(self, least: float) -> None:
        """Show the objects from a confidence on, and hide the others.

        Parameters
        ----------
        least : float
            From 0 to 1.
        """
        self._least = least
        self._colour()

    def _let_go(self) -> None:
        layer, self.layer = self.layer, None
        if layer is None:
            return
        layer.events.features.disconnect(self._on_features)
        layer.events.opacity.disconnect(self._show_settings)
        layer.events.contour.disconnect(self._show_settings)
        self._restore(layer)

    def _restore(self, layer: Labels) -> None:
        """Give a layer its own colours again, unless it has others than ours."""
        if self._own is not None and layer.colormap is self._own:
            layer.colormap = self._before
        self._own = None

    def _on_removed(self, event: Any) -> None:
        if event.value is self.layer:
            self.take(None)

    def _on_features(self) -> None:
        """Offer the numbers that are known of the objects."""
        chosen = self.by.currentText() or IDS
        self.by.blockSignals(True)
        self.by.clear()
        self.by.addItem(IDS)
        if self.layer is not None and "index" in self.layer.features:
            self.by.addItems(_numbers_of(self.layer))
        self.by.setCurrentIndex(max(0, self.by.findText(chosen)))
        self.by.blockSignals(False)
        self._colour()

    def _show_settings(self) -> None:
        layer = self.layer
        if layer is not None:
            self.outlines.setChecked(layer.contour > 0)
            self.opacity.blockSignals(True)
            self.opacity.setValue(round(100 * layer.opacity))
            self.opacity.blockSignals(False)

    def _on_outlines(self, ticked: bool) -> None:
        if self.layer is not None:
            self.layer.contour = OUTLINE if ticked else 0

    def _on_opacity(self, percent: int) -> None:
        if self.layer is not None:
            self.layer.opacity = percent / 100

    def _colour(self) -> None:
        """Colour the objects that are shown; the others are clear."""
        layer, by = self.layer, self.by.currentText()
        self._tell("", "")
        if layer is None or "index" not in layer.features:
            return
        if self._own is not None and layer.colormap is not self._own:
            self._before, self._own = layer.colormap, None  # somebody chose others
        table = _by_object(layer)
        ids = table.index.to_numpy()
        hidden = self._hidden(table)
        if by == IDS and not hidden.any():
            self._restore(layer)
            return
        if len(ids) and (ids.max() > LARGEST_ID or ids.min() < 0):
            self._restore(layer)
            self._tell(
                "", f"Ids above {LARGEST_ID} are shown in napari's colours only."
            )
            return
        colours, legend = self._colours(table, by)
        colours[hidden] = 0
        drawn = dict(zip(ids.tolist(), colours, strict=True))
        self._own = DirectLabelColormap(
            color_dict={None: np.array([0.5, 0.5, 0.5, 1]), 0: np.zeros(4), **drawn}
        )
        layer.colormap = self._own
        self._own = layer.colormap
        kept = f"{hidden.sum()} of {len(ids)} objects hidden in the view; their labels "
        self._tell(legend, f"{kept}are as they were." if hidden.any() else "")

    def _hidden(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """Return which objects of a table are doubtful."""
        if "confidence" not in table:
            return np.zeros(len(table), bool)
        confidence = table["confidence"].to_numpy(float)
        return np.asarray(confidence < self._least)  # one drawn by hand has none: shown

    def _colours(self, table: pd.DataFrame, by: str) -> tuple[NDArray[np.float64], str]:
        """Return (n, 4) colours of the objects of a table, and what they mean."""
        if by == IDS:
            ids = table.index.to_numpy(int)
            return np.array(self._before.map(ids), float).reshape(-1, 4), ""
        values = table[by].to_numpy(float)
        low, high = limits = limits_of(values)
        self.legend.setStyleSheet(legend_style())
        return colours_of(values, limits), f"{low:.4g} – {high:.4g}"

    def _tell(self, legend: str, note: str) -> None:
        self.legend.setText(legend)
        self._rows.setRowVisible(self.legend, bool(legend))
        self.note.setText(note)
        self._rows.setRowVisible(self.note, bool(note))


def _by_object(layer: Labels) -> pd.DataFrame:
    """Return the numbers of each object, the mean of those of all its planes."""
    table: pd.DataFrame = layer.features
    return table.groupby("index").mean(numeric_only=True)


def _numbers_of(layer: Labels) -> list[str]:
    """Return the columns of numbers in a table, those asked for most first."""
    table = layer.features
    numbers = [
        str(name)
        for name in table.columns
        if name != "index" and table[name].dtype.kind in "iuf"
    ]
    first = [name for name in FIRST if name in numbers]
    return first + [name for name in numbers if name not in FIRST]
