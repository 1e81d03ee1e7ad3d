"""The histogram in a dock: in the theme's colours, with lines that can be dragged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.utils.theme import get_theme
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QStackedLayout, QWidget

from napari_mobile_unet.thresholding.plot import draw_histogram
from napari_mobile_unet.widgets.shared.figure import new_canvas

if TYPE_CHECKING:
    from matplotlib.backend_bases import Event

    from napari_mobile_unet.thresholding.plot import HistogramPlot
    from napari_mobile_unet.widgets.threshold.model import ThresholdModel

REACH = 8
"""Screen pixels from a line within which the mouse takes hold of it."""
STEPS = 256
"""Steps of an arrow key from one end of the plot to the other, for floats."""
FAST = 10
"""Steps of an arrow key with Shift held down."""


class HistogramCanvas(QWidget):
    """Shows the counts and the thresholds of a model, or why there are none.

    The lines are dragged with the mouse or moved with the arrow keys. Only what moves
    is drawn again then, over a picture of the rest.

    Parameters
    ----------
    model : ThresholdModel
        What it shows; it is asked to move a threshold when a line is dragged.

    Attributes
    ----------
    reason : QLabel
        Stands in place of the plot where there is none.
    canvas : FigureCanvasQTAgg or None
        The plot's widget, from the first one on.
    log : bool or None
        Whether counts stand on a logarithmic axis; None where they need it.
    theme : str
        One of napari's.
    """

    def __init__(self, model: ThresholdModel) -> None:
        super().__init__()
        self.reason = QLabel()
        self.reason.setWordWrap(True)
        self.reason.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.canvas: Any = None
        self.setMinimumHeight(200)
        self._either = QStackedLayout(self)
        self._either.addWidget(self.reason)
        self.plot: HistogramPlot | None = None
        self.log: bool | None = None
        self.theme = "dark"
        self._model = model
        self._background: Any = None
        self._dragged: int | None = None
        self._latest = 0

    def _make_canvas(self) -> None:
        self.canvas = canvas = new_canvas(figsize=(3.4, 2.6))
        canvas.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        canvas.setToolTip(
            "Drag a line to move its threshold, or click into the plot and press the "
            "left and right arrow keys (Shift: faster). Double-click to go back to "
            "the threshold that was found"
        )
        self._either.addWidget(canvas)
        canvas.mpl_connect("button_press_event", self._on_press)
        canvas.mpl_connect("motion_notify_event", self._on_motion)
        canvas.mpl_connect("button_release_event", self._on_release)
        canvas.mpl_connect("key_press_event", self._on_key)
        canvas.mpl_connect("draw_event", self._on_drawn)

    def draw(self) -> None:
        """Draw the model anew."""
        model = self._model
        if model.split is None:
            self._say(model.reason)
            return
        if self.canvas is None:
            self._make_canvas()
        self._either.setCurrentWidget(self.canvas)
        figure = self.canvas.figure
        self.plot = plot = draw_histogram(
            figure,
            model.split,
            foreground=model.side,
            log=self.log,
            dark=get_theme(self.theme).type == "dark",
            local=model.local,
        )
        # They stand below the plot, where they can be selected.
        plot.axes.set_title("", loc="left")
        for legend in list(figure.legends):
            legend.remove()
        for artist in plot.moving:
            artist.set_animated(True)
        self.canvas.draw_idle()

    def move(self) -> None:
        """Draw the thresholds that were moved, on the axes as they are, at once."""
        split = self._model.split
        assert self.plot is not None and split is not None
        self.plot.move(split)
        if self._background is not None:
            self.canvas.restore_region(self._background)
            self._draw_moving()
            # Not ``blit``: that waits until the window, napari's canvas and all, is
            # drawn; this is drawn with it, once for all moves until then.
            self.canvas.update()

    @property
    def colours(self) -> list[str]:
        """Of the classes, darkest first, as in ``#E69F00``."""
        from matplotlib.colors import to_hex  # a second that few need

        classes = () if self.plot is None else self.plot.classes
        return [to_hex(drawn.bars.get_facecolor()) for drawn in classes]

    def _say(self, reason: str) -> None:
        """Say in place of a plot why there is none."""
        self.plot = self._dragged = self._background = None
        self.reason.setText(reason)
        self._either.setCurrentWidget(self.reason)

    def _on_drawn(self, event: Event) -> None:
        """Keep the picture of all that stands still, and draw the rest over it."""
        if self.plot is None:
            return
        self._background = self.canvas.copy_from_bbox(self.canvas.figure.bbox)
        self._draw_moving()

    def _draw_moving(self) -> None:
        assert self.plot is not None
        for artist in self.plot.moving:
            self.canvas.figure.draw_artist(artist)

    def _on_press(self, event: Event) -> None:
        pointer: Any = event
        if self.plot is None or pointer.button != 1:
            return
        if pointer.dblclick:
            self._dragged = None
            self._model.reset()
            return
        to_screen = self.plot.axes.transData.transform
        distances = [
            abs(to_screen(line.get_xydata())[0, 0] - pointer.x)
            for line in self.plot.lines
        ]
        if distances and min(distances) <= REACH:
            self._dragged = self._latest = distances.index(min(distances))
            self._model.hold()

    def _on_motion(self, event: Event) -> None:
        pointer: Any = event
        if self.plot is not None and self._dragged is not None:
            to_data = self.plot.axes.transData.inverted().transform
            self._model.move_line(self._dragged, float(to_data((pointer.x, 0))[0]))

    def _on_release(self, event: Event) -> None:
        if self._dragged is not None:
            self._on_motion(event)
            self._dragged = None
            self._model.release()

    def _on_key(self, event: Event) -> None:
        pressed: Any = event
        *modifiers, key = (pressed.key or "").split("+")
        split = self._model.split
        if split is None or key not in ("left", "right") or not self.plot:
            return
        line = min(self._latest, len(self.plot.lines) - 1)
        if line < 0:
            return
        (low, high), histogram = self.plot.axes.get_xlim(), split.histogram
        step = histogram.step if histogram.exact else (high - low) / STEPS
        step *= (FAST if "shift" in modifiers else 1) * (1 if key == "right" else -1)
        # From the middle of the value's bin: the line itself stands above it.
        value = split.thresholds[line] + step + histogram.step / 4
        self._model.move_line(line, value)
        self._model.release()
