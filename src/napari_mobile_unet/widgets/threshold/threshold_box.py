"""The thresholds as numbers: shown, typed over, and put back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from napari.utils.notifications import show_error
from qtpy.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from napari_mobile_unet.messages import one_line

if TYPE_CHECKING:
    from napari_mobile_unet.widgets.threshold.model import ThresholdModel


class ThresholdBox(QWidget):
    """A line to type thresholds into, and a button to go back to those found.

    Parameters
    ----------
    model : ThresholdModel
        Whose thresholds they are.
    """

    def __init__(self, model: ThresholdModel) -> None:
        super().__init__()
        self._model = model
        self._shown = ""
        self.line = QLineEdit()
        self.line.setToolTip(
            "In the image's units, with commas between several; type to set your own"
        )
        self.reset_button = QPushButton("Otsu")
        self.reset_button.setToolTip("Go back to the threshold that was found")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLabel("threshold"))
        layout.addWidget(self.line, 1)
        layout.addWidget(self.reset_button)
        model.changed.connect(self._show)
        model.moved.connect(self._show)
        self.line.editingFinished.connect(self._on_typed)
        self.reset_button.clicked.connect(lambda _: model.reset())

    def _show(self) -> None:
        split, local = self._model.split, self._model.local
        thresholds = () if split is None or local else split.thresholds
        self._shown = ", ".join(f"{value:.6g}" for value in thresholds)
        self.line.setText(self._shown)
        self.line.setEnabled(bool(thresholds))
        self.reset_button.setEnabled(self._model.values is not None)
        self.reset_button.setText(self._model.settings.method.capitalize())

    def _on_typed(self) -> None:
        text = self.line.text().strip()
        if text == self._shown:
            return
        try:
            values = tuple(_finite(part) for part in text.split(","))
        except ValueError:
            self.line.setText(self._shown)
            show_error(
                "thresholds must be numbers with commas between them, got "
                f"{text!r}; type one less than there are classes"
            )
            return
        try:
            self._model.set_values(values)
        except ValueError as error:
            self.line.setText(self._shown)
            show_error(one_line(error))


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"a threshold must be finite, got {text}; type a number")
    return value
