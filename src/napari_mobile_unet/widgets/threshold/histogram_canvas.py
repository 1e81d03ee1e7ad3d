"""The histogram in a dock: in the theme's colours, with lines that can be dragged."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_mobile_unet.thresholding.describe import describe
from napari_mobile_unet.thresholding.plot import LOCAL, draw_histogram

if TYPE_CHECKING:
    from matplotlib.backend_bases import Event

    from napari_mobile_unet.thresholding.otsu import HistogramSplit
    from napari_mobile_unet.thresholding.plot import HistogramPlot
    from napari_mobile_unet.types import Side

NEAR = 8
"""Screen pixels from a line within which the mouse takes hold of it."""
NUDGES = 256
"""Steps of an arrow key from one end of the plot to the other, for floats."""
FAST = 10
"""Steps of an arrow key with Shift held down."""


class HistogramCanvas(QWidget):
    """Shows a split histogram, or why there is none.

    The lines are dragged with the mouse or nudged with the arrow keys. Only what
    moves is drawn again then, over a picture of the rest.
    """

    moved = Signal(tuple)
    """The thresholds, while the person moves one of the lines."""
    released = Signal()
    """The person has let go of a line."""
    reset = Signal()
    """The person wants the thresholds back that were found."""

    def __init__(self) -> None:
        super().__init__()
        self.figure = Figure(figsize=(3.4, 2.6))
        self.canvas = FigureCanvasQTAgg(self.figure)
        self.canvas.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.canvas.setToolTip(
            "Drag a line, or move it with the arrow keys (Shift: faster); "
            "double-click: back to the threshold that was found"
        )
        self.setMinimumHeight(200)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.plot: HistogramPlot | None = None
        self._split: HistogramSplit | None = None
        self._side: Side = "bright"
        self._behind: Any = None
        self._held: int | None = None
        self._chosen = 0
        self.canvas.mpl_connect("button_press_event", self._on_press)
        self.canvas.mpl_connect("motion_notify_event", self._on_motion)
        self.canvas.mpl_connect("button_release_event", self._on_release)
        self.canvas.mpl_connect("key_press_event", self._on_key)
        self.canvas.mpl_connect("draw_event", self._on_drawn)

    @property
    def dragging(self) -> bool:
        """Whether the person holds a line."""
        return self._held is not None

    def show_split(
        self,
        split: HistogramSplit,
        *,
        foreground: Side,
        log: bool | None,
        theme: str,
        local: bool = False,
    ) -> str:
        """Draw a split histogram; return its numbers, for a rich-text label.

        The numbers stand beside the plot, where they can be selected, and with the
        colours of the classes; the plot has more room without them.
        """
        self._split, self._side = split, foreground
        dark = get_theme(theme).type == "dark"
        self.plot = plot = draw_histogram(
            self.figure, split, foreground=foreground, log=log, dark=dark, local=local
        )
        plot.axes.set_title("", loc="left")
        for legend in list(self.figure.legends):
            legend.remove()
        for artist in plot.moving:
            artist.set_animated(True)
        self.canvas.draw_idle()
        return self._numbers(local)

    def move_split(self, split: HistogramSplit) -> str:
        """Show the same counts split elsewhere, at once; return the numbers."""
        assert self.plot is not None
        self._split = split
        self.plot.move(split)
        if self._behind is not None:
            self.canvas.restore_region(self._behind)
            self._draw_moving()
            # Not ``blit``: that waits until the window, napari's canvas and all, is
            # drawn; this is drawn with it, once for all moves until then.
            self.canvas.update()
        return self._numbers(local=False)

    def show_reason(self, reason: str, *, theme: str) -> None:
        """Say why there is no histogram."""
        self.plot = self._split = self._held = self._behind = None
        colours = get_theme(theme)
        self.figure.clear()
        self.figure.set_facecolor(colours.background.as_hex())
        ink = colours.text.as_hex()
        self.figure.text(
            0.5, 0.5, reason, ha="center", va="center", color=ink, wrap=True
        )
        self.canvas.draw_idle()

    def _numbers(self, local: bool) -> str:
        assert self.plot is not None and self._split is not None
        lines = (LOCAL if local else describe(self._split, self._side)).splitlines()
        if not local and not self._split.constant:
            for number, drawn in enumerate(self.plot.classes, start=2):
                colour = to_hex(drawn.bars.get_facecolor())
                lines[number] = (
                    f'<span style="color: {colour}">■</span> {lines[number]}'
                )
        return "<br>".join(lines)

    def _on_drawn(self, event: Event) -> None:
        """Keep the picture of all that stands still, and draw the rest over it."""
        if self.plot is None:
            return
        self._behind = self.canvas.copy_from_bbox(self.figure.bbox)
        self._draw_moving()

    def _draw_moving(self) -> None:
        assert self.plot is not None
        for artist in self.plot.moving:
            self.figure.draw_artist(artist)

    def _on_press(self, event: Event) -> None:
        pointer: Any = event
        if self.plot is None or pointer.button != 1:
            return
        if pointer.dblclick:
            self._held = None
            self.reset.emit()
            return
        to_screen = self.plot.axes.transData.transform
        distances = [
            abs(to_screen(line.get_xydata())[0, 0] - pointer.x)
            for line in self.plot.lines
        ]
        if distances and min(distances) <= NEAR:
            self._held = self._chosen = distances.index(min(distances))

    def _on_motion(self, event: Event) -> None:
        pointer: Any = event
        if self.plot is not None and self._held is not None:
            inverted = self.plot.axes.transData.inverted()
            self._move(self._held, float(inverted.transform((pointer.x, 0))[0]))

    def _on_release(self, event: Event) -> None:
        if self._held is not None:
            self._on_motion(event)
            self._held = None
            self.released.emit()

    def _on_key(self, event: Event) -> None:
        pressed: Any = event
        *modifiers, key = (pressed.key or "").split("+")
        if self._split is None or key not in ("left", "right") or not self.plot:
            return
        line = min(self._chosen, len(self.plot.lines) - 1)
        if line < 0:
            return
        (low, high), histogram = self.plot.axes.get_xlim(), self._split.histogram
        step = histogram.step if histogram.exact else (high - low) / NUDGES
        step *= (FAST if "shift" in modifiers else 1) * (1 if key == "right" else -1)
        # The middle of the value's bin: the line itself stands above it.
        self._move(line, self._split.thresholds[line] + step + histogram.step / 4)
        self.released.emit()

    def _move(self, line: int, place: float) -> None:
        """Move one line, between its neighbours, and tell."""
        assert self._split is not None
        histogram, thresholds = self._split.histogram, list(self._split.thresholds)
        ends = (histogram.edges[0], *thresholds, histogram.edges[-1])
        low, high = ends[line] + histogram.step, ends[line + 2] - histogram.step
        place = min(max(place, low), high)
        # Whole numbers: a threshold is the brightest value left of the line.
        place = float(math.floor(place) if histogram.exact else place)
        ordered = [*thresholds[:line], place, *thresholds[line + 1 :]]
        rising = all(one < other for one, other in pairwise(ordered))
        if rising and place != thresholds[line]:
            self.moved.emit(tuple(map(float, ordered)))
