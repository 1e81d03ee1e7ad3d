"""The threshold as numbers: shown, typed, and put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.notifications import show_error
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence


class ThresholdLine(QWidget):
    """A line with the thresholds, to be typed over, and a button to go back."""

    given = Signal(tuple)
    """The numbers that the person typed; whether they fit is not known here."""
    reset = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.typed = QLineEdit()
        self.typed.setToolTip("Thresholds in the image's units; type to set your own")
        self.button = QPushButton("Otsu")
        self.button.setToolTip("Back to the threshold that was found")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLabel("threshold"))
        layout.addWidget(self.typed, 1)
        layout.addWidget(self.button)
        self._shown = ""
        self.typed.editingFinished.connect(self._on_typed)
        self.button.clicked.connect(lambda _: self.reset.emit())

    def show_values(self, values: Sequence[float], method: str) -> None:
        """Show thresholds, none if there are none, and the method to go back to."""
        self._shown = ", ".join(f"{value:.6g}" for value in values)
        self.typed.setText(self._shown)
        self.typed.setEnabled(method != "adaptive")
        self.button.setText(method.capitalize())

    def _on_typed(self) -> None:
        text = self.typed.text().strip()
        if text == self._shown:
            return
        try:
            values = tuple(float(part) for part in text.split(","))
        except ValueError:
            self.typed.setText(self._shown)
            show_error(
                "thresholds must be numbers with commas between them, got "
                f"{text!r}; type one less than there are classes"
            )
            return
        self.given.emit(values)
