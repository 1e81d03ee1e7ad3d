"""Threshold and separability of each plane, to see which ones are empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.theme import get_theme
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_mobile_unet.widgets.shared.figure import new_canvas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.backend_bases import Event

    from napari_mobile_unet.widgets.threshold.counting import PlaneSplit

ETA_COLOUR, EMPTY_COLOUR = "#E69F00", "#D55E00"
"""Of separability, and of planes that are left empty (Okabe and Ito)."""


class PlanesCanvas(QWidget):
    """Plots threshold and η against the number of the plane."""

    chosen = Signal(int)
    """The number of the plane that was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self.canvas: Any = None
        self.setMinimumHeight(150)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._axes: Any = None
        self._planes = 0
        self.empty: tuple[int, ...] = ()

    def _make_canvas(self) -> None:
        self.canvas = new_canvas(figsize=(3.4, 1.6))
        self.canvas.setToolTip("Click a plane to go to it")
        self._rows.addWidget(self.canvas)
        self.canvas.mpl_connect("button_press_event", self._on_press)

    def show_planes(
        self,
        splits: Mapping[int, PlaneSplit],
        planes: int,
        limit: float,
        theme: str,
    ) -> None:
        """Draw what is known of the planes so far.

        Parameters
        ----------
        splits : mapping
            From the number of a plane to what was found in it.
        planes : int
            How many there are.
        limit : float
            η below which a plane is left empty.
        theme : str
            The viewer's.
        """
        if self.canvas is None:
            self._make_canvas()
        self._planes, figure = planes, self.canvas.figure
        numbers = sorted(splits)
        found = [splits[number] for number in numbers]
        values = np.array([split.threshold for split in found])
        eta = np.array([split.separability for split in found])
        empty = eta < limit
        self.empty = tuple(int(n) for n in np.array(numbers, int)[empty])
        colours = get_theme(theme)
        ink, ground = colours.text.as_hex(), colours.background.as_hex()
        figure.clear()
        figure.set_layout_engine("constrained")
        figure.set_facecolor(ground)
        axes = self._axes = figure.subplots()
        other = axes.twinx()
        axes.plot(numbers, values, color=ink, marker=".", linewidth=1)
        other.plot(numbers, eta, color=ETA_COLOUR, marker=".", linewidth=1)
        left_out = np.array(numbers)[empty], eta[empty]
        other.plot(*left_out, "x", color=EMPTY_COLOUR, markersize=7)
        if limit > 0:
            other.axhline(limit, color=ETA_COLOUR, linewidth=1, linestyle=":")
        for part, colour in ((axes, ink), (other, ETA_COLOUR)):
            part.set_facecolor("none")
            part.tick_params(colors=colour, which="both", labelsize="small")
            part.yaxis.label.set_color(colour)
            for spine in part.spines.values():
                spine.set_color(ink)
            part.spines["top"].set_visible(False)
        other.set_ylim(0, 1.05)
        axes.set_xlim(-0.5, planes - 0.5)
        axes.set_xlabel("plane", color=ink, fontsize="small")
        axes.set_ylabel("threshold", fontsize="small")
        other.set_ylabel("η, × left empty" if empty.any() else "η", fontsize="small")
        self.canvas.draw_idle()

    def _on_press(self, event: Event) -> None:
        pointer: Any = event
        if self._axes is None or not self._planes:
            return
        (place, _) = self._axes.transData.inverted().transform((pointer.x, 0))
        number = min(max(round(float(place)), 0), self._planes - 1)
        self.chosen.emit(int(number))
