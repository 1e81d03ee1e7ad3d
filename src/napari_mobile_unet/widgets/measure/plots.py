"""Plots of a table of objects: histogram, scatter with a lasso, curves over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.theme import get_theme
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.columns import unit_of
from napari_mobile_unet.widgets.shared.figure import new_canvas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.types import Mask

KINDS = ("histogram", "scatter", "over time")
BINS = 40
"""Bars of a histogram."""
LINES = 2000
"""Curves that are drawn; more than that only blacken the plot."""
POINTS, CHOSEN = "#56B4E9", "#ffd23f"
"""Sky blue (Okabe and Ito), and the yellow of chosen objects."""
FIRST = ("area", "volume", "solidity", "eccentricity", "mean_intensity")
"""Columns that are plotted first."""


class Plots(QWidget):
    """Plots the shown rows of a table; chosen ones stand out."""

    chosen = Signal(object)
    """Rows within a lasso: one truth for each row of the table."""

    def __init__(self) -> None:
        super().__init__()
        self.kind, self.x, self.y = QComboBox(), QComboBox(), QComboBox()
        self.kind.addItems(KINDS)
        self.kind.setToolTip("What is plotted")
        self.x.setToolTip("Column along the horizontal axis")
        self.y.setToolTip("Column along the vertical axis")
        for box in (self.kind, self.x, self.y):
            policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            box.setSizeAdjustPolicy(policy)
            # Beside a table in a small window: the kinds are whole, columns are cut.
            box.setMinimumContentsLength(8 if box is self.kind else 3)
        self.canvas: Any = None
        row = QHBoxLayout()
        for box, share in ((self.kind, 1), (self.x, 2), (self.y, 2)):
            row.addWidget(box, share)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(row)
        self.theme = "dark"
        self._table = pd.DataFrame()
        self._unit: str | None = None
        self._rows: NDArray[np.intp] = np.zeros(0, np.intp)
        self._marked: Mask = np.zeros(0, bool)
        self._lasso: Any = None
        self._axes: Any = None
        for box in (self.kind, self.x, self.y):
            box.currentIndexChanged.connect(lambda _: self.draw())

    def take(
        self,
        table: pd.DataFrame,
        unit: str | None,
        rows: NDArray[np.intp],
        marked: Mask,
    ) -> None:
        """Plot another table.

        Parameters
        ----------
        table : DataFrame
            All of it.
        unit : str, optional
            Of length.
        rows : ndarray of int
            Which rows are shown.
        marked : ndarray of bool
            Which rows are chosen, of all.
        """
        names = [
            str(name)
            for name in table
            if table[name].dtype.kind in "iufb" and name not in ("label", "track")
        ]
        if list(self._table) != list(table):
            self._offer(names)
        self._table, self._unit = table, unit
        self._rows, self._marked = rows, marked
        if self.canvas is None and len(table.columns):
            self.canvas = new_canvas(layout="constrained")
            self.canvas.setMinimumSize(200, 120)
            self._column.addWidget(self.canvas, 1)
        self.draw()

    def _offer(self, names: Sequence[str]) -> None:
        found = [[n for n in names if n == f or n.startswith(f"{f}_")] for f in FIRST]
        first = [some[0] for some in found if some]
        for place, box in enumerate((self.x, self.y)):
            before = box.currentText()
            box.blockSignals(True)
            box.clear()
            box.addItems(names)
            wanted = before if before in names else [*first, *names, "", ""][place]
            box.setCurrentIndex(max(0, box.findText(wanted)))
            box.blockSignals(False)

    def draw(self) -> None:
        """Draw the plot anew, once there is a table."""
        if self.canvas is None:
            return
        kind, figure = self.kind.currentText(), self.canvas.figure
        self.x.setEnabled(kind != "over time")
        self.y.setEnabled(kind != "histogram")
        self._lasso = None
        figure.clear()
        theme = get_theme(self.theme)
        ground, ink = theme.background.as_hex(), theme.text.as_hex()
        figure.set_facecolor(ground)
        self._axes = axes = figure.add_subplot()
        axes.set_facecolor(ground)
        for side in axes.spines.values():
            side.set_color(ink)
        axes.tick_params(colors=ink, labelsize=8)
        said = {
            "histogram": self._histogram,
            "scatter": self._scatter,
            "over time": self._curves,
        }[kind](axes)
        for label in (axes.xaxis.label, axes.yaxis.label):
            label.set_color(ink)
            label.set_fontsize(8)
        if said:
            figure.clear()
            figure.text(0.5, 0.5, said, ha="center", va="center", color=ink)
        self.canvas.draw_idle()

    def _values(self, box: QComboBox) -> NDArray[np.float64]:
        """Return a column, NaN in rows that are not shown."""
        values = np.full(len(self._table), np.nan)
        if box.currentText() in self._table:
            column = self._table[box.currentText()].to_numpy(float)
            values[self._rows] = column[self._rows]
        return np.where(np.isfinite(values), values, np.nan)

    def _name(self, box: QComboBox) -> str:
        unit = unit_of(box.currentText(), self._unit)
        return f"{box.currentText()} [{unit}]" if unit else box.currentText()

    def _histogram(self, axes: Any) -> str:
        values = self._values(self.x)
        finite = values[np.isfinite(values)]
        if not len(finite):
            return "No values to plot"
        edges = np.histogram_bin_edges(finite, min(BINS, max(5, len(finite) // 4)))
        axes.hist(finite, edges, color=POINTS)
        marked = values[self._marked & np.isfinite(values)]
        if len(marked):
            axes.hist(marked, edges, color=CHOSEN)
        axes.set_xlabel(self._name(self.x))
        axes.set_ylabel("objects")
        return ""

    def _scatter(self, axes: Any) -> str:
        x, y = self._values(self.x), self._values(self.y)
        known = np.isfinite(x) & np.isfinite(y)
        if not known.any():
            return "No values to plot"
        axes.plot(x[known], y[known], ".", color=POINTS, markersize=4)
        marked = known & self._marked
        axes.plot(x[marked], y[marked], ".", color=CHOSEN, markersize=6)
        axes.set_xlabel(self._name(self.x))
        axes.set_ylabel(self._name(self.y))
        from matplotlib.widgets import LassoSelector  # a second that few need

        self._lasso = LassoSelector(
            axes, self._on_lasso, props={"color": CHOSEN, "linewidth": 1.5}
        )
        return ""

    def _on_lasso(self, corners: Sequence[tuple[float, float]]) -> None:
        if len(corners) < 3:
            return
        from matplotlib.path import Path

        places = np.column_stack([self._values(self.x), self._values(self.y)])
        known = np.isfinite(places).all(1)
        inside = np.zeros(len(places), bool)
        inside[known] = Path(corners).contains_points(places[known])
        self.chosen.emit(inside)

    def _curves(self, axes: Any) -> str:
        if "t" not in self._table:
            return "There is no time to plot over"
        y = self._values(self.y)
        known = np.flatnonzero(np.isfinite(y))
        if not len(known):
            return "No values to plot"
        label = self._table["label"].to_numpy()[known]
        t = self._table["t"].to_numpy(float)[known]
        order = np.lexsort((t, label))
        ends = np.flatnonzero(np.diff(label[order])) + 1
        places = np.column_stack([t, y[known]])[order]
        curves = np.split(places, ends)
        marked = [part.any() for part in np.split(self._marked[known][order], ends)]
        chosen = [curve for curve, on in zip(curves, marked, strict=True) if on]
        from matplotlib.collections import LineCollection

        axes.add_collection(
            LineCollection(curves[:LINES], colors=POINTS, linewidths=0.8, alpha=0.7)
        )
        axes.add_collection(LineCollection(chosen, colors=CHOSEN, linewidths=2))
        if len(curves) == len(places):  # nothing was linked: points, no lines
            axes.plot(*places.T, ".", color=POINTS, markersize=3)
        axes.autoscale()
        axes.set_xlabel("frame")
        axes.set_ylabel(self._name(self.y))
        return ""
