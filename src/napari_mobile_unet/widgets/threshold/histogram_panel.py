"""A histogram with its numbers: the plot, the thresholds to type, text, and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.notifications import show_error
from qtpy.QtCore import Qt
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
from napari_mobile_unet.thresholding.describe import describe
from napari_mobile_unet.thresholding.plot import LOCAL, save_histogram
from napari_mobile_unet.widgets.threshold.histogram_canvas import HistogramCanvas
from napari_mobile_unet.widgets.threshold.threshold_box import ThresholdBox

if TYPE_CHECKING:
    from napari_mobile_unet.thresholding.otsu import HistogramSplit
    from napari_mobile_unet.widgets.threshold.model import ThresholdModel


class HistogramPanel(QWidget):
    """Shows a model as plot and text, and takes the thresholds that a person sets.

    Parameters
    ----------
    model : ThresholdModel
        What it shows.
    tick : QCheckBox
        Stands beside the panel's own.
    """

    def __init__(self, model: ThresholdModel, tick: QCheckBox) -> None:
        super().__init__()
        self._model = model
        self.canvas = HistogramCanvas(model)
        self.box = ThresholdBox(model)
        self.log = QCheckBox("log counts")
        self.log.setToolTip("Show the numbers of pixels on a logarithmic axis")
        self.save_button = QPushButton("Save …")
        self.save_button.setToolTip("Save the histogram as .png, .svg, .pdf or .csv")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        ticks = QHBoxLayout()
        for widget in (tick, self.log, self.save_button):
            ticks.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.box)
        layout.addLayout(ticks)
        layout.addWidget(self.text)
        model.changed.connect(self._draw)
        model.moved.connect(self._move)
        model.progressed.connect(self._show_text)
        self.log.clicked.connect(self._on_log)
        self.save_button.clicked.connect(lambda _: self._save())

    def set_theme(self, theme: str) -> None:
        """Draw in the colours of one of napari's themes."""
        self.canvas.theme = theme
        self._draw()

    def _draw(self) -> None:
        self.canvas.draw()
        if self.canvas.plot is not None:
            self.log.setChecked(self.canvas.plot.bars.log)
        self._show_text()

    def _move(self) -> None:
        self.canvas.move()
        self._show_text()

    def _show_text(self) -> None:
        model = self._model
        lines = [model.progress] if model.progress else []
        if model.split is not None:
            lines += self._numbers(model.split)
        self.text.setText("<br>".join(lines))

    def _numbers(self, split: HistogramSplit) -> list[str]:
        """Return what is known of a split, in lines of rich text."""
        model = self._model
        settings = model.settings
        lines = (LOCAL if model.local else describe(split, model.side)).splitlines()
        if not model.local and not split.constant:
            for number, colour in enumerate(self.canvas.colours, start=2):
                lines[number] = (
                    f'<span style="color: {colour}">■</span> {lines[number]}'
                )
        if settings.foreground == "auto" and not split.constant:
            lines.append(f"Foreground: {model.foreground}")
        if split.separability < settings.min_separability:
            lines.append(f"Left empty: η is below {settings.min_separability:g}")
        if model.values and model.per_plane:
            lines.append("Set by hand: applies to all planes")
        return lines

    def _on_log(self, ticked: bool) -> None:
        self.canvas.log = ticked
        self._draw()

    def _save(self) -> None:
        """Write the histogram to a file that the person names."""
        model = self._model
        if model.split is None:
            show_error(f"there is no histogram to save: {model.reason}")
            return
        path, _ = QFileDialog.getSaveFileName(
            self, "Save histogram", "histogram.png", "*.png *.svg *.pdf *.csv"
        )
        if not path:
            return
        try:
            save_histogram(
                model.split,
                path,
                foreground=model.side,
                log=self.canvas.log,
                local=model.local,
            )
        except (OSError, ValueError) as error:
            show_error(one_line(error))
