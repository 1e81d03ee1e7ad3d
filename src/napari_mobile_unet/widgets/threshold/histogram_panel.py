"""A split histogram with its numbers: the plot, the line to type, text, and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.notifications import show_error
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.messages import one_line
from napari_mobile_unet.thresholding.plot import save_histogram
from napari_mobile_unet.widgets.threshold.histogram_canvas import HistogramCanvas
from napari_mobile_unet.widgets.threshold.value_box import ThresholdLine

if TYPE_CHECKING:
    from napari_mobile_unet.thresholding.otsu import HistogramSplit
    from napari_mobile_unet.thresholding.threshold import Threshold
    from napari_mobile_unet.types import Side


class HistogramPanel(QWidget):
    """Shows thresholds on a histogram, and takes those that a person sets.

    Parameters
    ----------
    tick : QCheckBox
        Stands beside the panel's own.
    """

    moved = Signal(tuple)
    """The thresholds, while the person moves a line."""
    given = Signal(tuple)
    """The thresholds that the person typed."""
    reset = Signal()
    """The person wants the thresholds back that were found."""
    changed = Signal()
    """The plot is to be drawn anew."""

    def __init__(self, tick: QCheckBox) -> None:
        super().__init__()
        self.canvas = HistogramCanvas()
        self.line = ThresholdLine()
        self.log = QCheckBox("log counts")
        self.save_button = QPushButton("Save …")
        self.save_button.setToolTip("The histogram as .png, .svg, .pdf or .csv")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        ticks = QHBoxLayout()
        for widget in (tick, self.log, self.save_button):
            ticks.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.line)
        layout.addLayout(ticks)
        layout.addWidget(self.text)
        self._split: HistogramSplit | None = None
        self._settings: Threshold | None = None
        self._side: Side = "bright"
        self._log: bool | None = None  # as the counts need it, until a person says
        self.canvas.moved.connect(self.moved)
        self.canvas.released.connect(self.changed)
        self.canvas.reset.connect(self.reset)
        self.line.given.connect(self.given)
        self.line.reset.connect(self.reset)
        self.log.clicked.connect(self._on_log)
        self.save_button.clicked.connect(lambda _: self._save())

    def show_split(
        self, split: HistogramSplit, settings: Threshold, side: Side, theme: str
    ) -> None:
        """Draw a split histogram, and write its numbers.

        Parameters
        ----------
        split : HistogramSplit
            What is shown.
        settings : Threshold
            How it was found.
        side : {"bright", "dark"}
            Where the objects are.
        theme : str
            The viewer's.
        """
        self._split, self._settings, self._side = split, settings, side
        text = self.canvas.show_split(
            split,
            foreground=side,
            log=self._log,
            theme=theme,
            local=settings.method == "adaptive",
        )
        if self.canvas.plot is not None:
            self.log.setChecked(self.canvas.plot.bars.log)
        self._show_numbers(split, settings, text)

    def move_split(self, split: HistogramSplit) -> None:
        """Show the same counts split elsewhere, on the axes as they are."""
        assert self._settings is not None
        self._split = split
        self._show_numbers(split, self._settings, self.canvas.move_split(split))

    def show_reason(self, reason: str, theme: str) -> None:
        """Say why there is no histogram."""
        self._split = None
        self.canvas.show_reason(reason, theme=theme)
        self.line.show_values((), "otsu")
        self.text.setText(reason)

    def _show_numbers(
        self, split: HistogramSplit, settings: Threshold, text: str
    ) -> None:
        local = settings.method == "adaptive"
        self.line.show_values(() if local else split.thresholds, settings.method)
        if settings.foreground == "auto" and not split.constant:
            text += f"<br>objects are {self._side}: found, since they are the rarer"
        if split.separability < settings.min_separability:
            text += f"<br>left empty: η is below {settings.min_separability:g}"
        if settings.values and settings.scope == "plane":
            text += "<br>set by hand: it holds for all planes"
        self.text.setText(text)

    def _on_log(self, ticked: bool) -> None:
        self._log = ticked
        self.changed.emit()

    def _save(self) -> None:
        """Write the histogram to a file that the person names."""
        if self._split is None or self._settings is None:
            show_error(f"there is no histogram to save: {self.text.text()}")
            return
        path, _ = QFileDialog.getSaveFileName(
            self, "Save histogram", "histogram.png", "*.png *.svg *.pdf *.csv"
        )
        if not path:
            return
        try:
            save_histogram(
                self._split,
                path,
                foreground=self._side,
                log=self._log,
                local=self._settings.method == "adaptive",
            )
        except (OSError, ValueError) as error:
            show_error(one_line(error))
