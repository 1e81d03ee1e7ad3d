"""The histogram in a dock: in the theme's colours, with lines that can be dragged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from napari.utils.theme import get_theme
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_mobile_unet.histogram_plot import draw_histogram

if TYPE_CHECKING:
    from typing import Literal

    from matplotlib.backend_bases import Event

    from napari_mobile_unet.histogram_plot import HistogramPlot
    from napari_mobile_unet.split import Otsu

NEAR = 8
"""Screen pixels from a line within which the mouse takes hold of it."""


class HistogramCanvas(QWidget):
    """Shows a split histogram, or why there is none."""

    moved = Signal(tuple)
    """The thresholds, after the person has dropped one of the lines elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.figure = Figure(figsize=(3.4, 2.6))
        self.canvas = FigureCanvasQTAgg(self.figure)
        self.canvas.setToolTip("Drag a line to set the threshold by hand")
        self.setMinimumHeight(200)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.plot: HistogramPlot | None = None
        self._split: Otsu | None = None
        self._held: int | None = None
        self.canvas.mpl_connect("button_press_event", self._on_press)
        self.canvas.mpl_connect("motion_notify_event", self._on_motion)
        self.canvas.mpl_connect("button_release_event", self._on_release)

    def show_split(
        self,
        split: Otsu,
        *,
        foreground: Literal["bright", "dark"],
        log: bool | None,
        theme: str,
    ) -> str:
        """Draw a split histogram; return its numbers, for a rich-text label.

        The numbers stand beside the plot, where they can be selected, and with the
        colours of the classes; the plot has more room without them.
        """
        self._split, self._held = split, None
        dark = get_theme(theme).type == "dark"
        self.plot = plot = draw_histogram(
            self.figure, split, foreground=foreground, log=log, dark=dark
        )
        colours = {
            str(bars.get_label()): to_hex(bars.get_facecolor())
            for bars in plot.axes.findobj(StepPatch)
        }
        plot.axes.set_title("", loc="left")
        for legend in list(self.figure.legends):
            legend.remove()
        self.canvas.draw_idle()
        return "<br>".join(
            f'<span style="color: {colours[line]}">■</span> {line}'
            if line in colours
            else line
            for line in plot.text.splitlines()
        )

    def show_reason(self, reason: str, *, theme: str) -> None:
        """Say why there is no histogram."""
        self.plot = self._split = self._held = None
        colours = get_theme(theme)
        self.figure.clear()
        self.figure.set_facecolor(colours.background.as_hex())
        ink = colours.text.as_hex()
        self.figure.text(
            0.5, 0.5, reason, ha="center", va="center", color=ink, wrap=True
        )
        self.canvas.draw_idle()

    def _on_press(self, event: Event) -> None:
        pointer: Any = event
        if self.plot is None or pointer.button != 1:
            return
        to_screen = self.plot.axes.transData.transform
        distances = [
            abs(to_screen(line.get_xydata())[0, 0] - pointer.x)
            for line in self.plot.lines
        ]
        if distances and min(distances) <= NEAR:
            self._held = distances.index(min(distances))

    def _on_motion(self, event: Event) -> None:
        if self.plot is not None and self._held is not None:
            place = self._place(event, self._held)
            self.plot.lines[self._held].set_xdata([place, place])
            self.canvas.draw_idle()

    def _on_release(self, event: Event) -> None:
        held, self._held = self._held, None
        if self._split is None or held is None:
            return
        place, thresholds = self._place(event, held), list(self._split.thresholds)
        # Whole numbers: a threshold is the brightest value left of the line.
        thresholds[held] = math.floor(place) if self._split.histogram.exact else place
        if thresholds[held] != self._split.thresholds[held]:
            self.moved.emit(tuple(map(float, thresholds)))

    def _place(self, event: Event, line: int) -> float:
        """Return the grey value under the mouse, kept between the line's neighbours."""
        pointer: Any = event
        assert self.plot is not None and self._split is not None
        (place, _) = self.plot.axes.transData.inverted().transform((pointer.x, 0))
        histogram = self._split.histogram
        ends = (histogram.edges[0], *self._split.thresholds, histogram.edges[-1])
        low, high = ends[line] + histogram.step, ends[line + 2] - histogram.step
        return float(min(max(place, low), high))
