"""Average precision over the overlap that a match needs, as a small plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
from matplotlib.figure import Figure
from napari.utils.theme import get_theme
from qtpy.QtWidgets import QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Mapping


class ApCurve(QWidget):
    """Shows the AP at each IoU.

    Parameters
    ----------
    theme : str
        One of napari's.
    """

    def __init__(self, theme: str) -> None:
        super().__init__()
        self.figure = Figure(figsize=(3.2, 2.2), layout="constrained")
        self.canvas = FigureCanvasQTAgg(self.figure)
        self.setMinimumSize(240, 150)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self._theme, self._ap = theme, dict[float, float]()
        self.draw()

    def show_ap(self, ap: Mapping[float, float]) -> None:
        """Show other scores: from an IoU to the AP there."""
        self._ap = dict(ap)
        self.draw()

    def follow_theme(self, theme: str) -> None:
        """Draw in the colours of another theme."""
        self._theme = theme
        self.draw()

    def draw(self) -> None:
        """Draw the curve, or empty axes."""
        theme = get_theme(self._theme)
        text, line = theme.text.as_hex(), theme.current.as_hex()
        self.figure.clear()
        self.figure.set_facecolor(theme.background.as_hex())
        axes = self.figure.add_subplot()
        axes.set_facecolor(theme.background.as_hex())
        axes.plot(list(self._ap), list(self._ap.values()), "o-", color=line, ms=4)
        axes.set(xlim=(0.48, 0.97), ylim=(0, 1.03), xlabel="IoU ≥", ylabel="AP")
        axes.tick_params(colors=text, labelsize=8)
        for label in (axes.xaxis.label, axes.yaxis.label):
            label.set(color=text, fontsize=9)
        for spine in axes.spines.values():
            spine.set_color(text)
        self.canvas.draw_idle()
