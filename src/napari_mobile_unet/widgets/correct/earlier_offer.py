"""The offer to go on with corrections that were made before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from napari_mobile_unet.widgets.correct.journals import Beginning
    from napari_mobile_unet.widgets.correct.opening import Opening


class EarlierOffer(QWidget):
    """Asks whether an earlier session is gone on with; shown while that is open.

    Parameters
    ----------
    opening : Opening
        What finds sessions and opens them.
    """

    def __init__(self, opening: Opening) -> None:
        super().__init__()
        self._opening = opening
        self._found: Beginning | None = None
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setFormat("%p % of the corrections read")
        self.go_on_button = QPushButton("Go on")
        self.anew_button = QPushButton("Begin anew")
        self.go_on_button.setToolTip("Do the corrections of then again, and go on")
        self.anew_button.setToolTip(
            "Leave the labels as they are; the corrections of then stay in their file"
        )
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.note)
        rows.addWidget(self.bar)
        row = QHBoxLayout()
        row.addWidget(self.go_on_button)
        row.addWidget(self.anew_button)
        rows.addLayout(row)
        opening.found.connect(self._on_found)
        opening.read.connect(self._on_read)
        opening.rested.connect(self._show)
        opening.opened.connect(lambda _: self.withdraw())
        self.go_on_button.clicked.connect(lambda _: self._on_go_on())
        self.anew_button.clicked.connect(lambda _: self._on_anew())
        self._show()

    @property
    def asking(self) -> bool:
        """Whether a person has to say what is done."""
        return self._found is not None

    def withdraw(self) -> None:
        """Ask no more."""
        self._found = None
        self._show()

    def _on_found(self, found: Beginning) -> None:
        assert found.earlier is not None
        self._found = found
        self.note.setText(
            f"These labels were corrected before ({found.earlier.name}). Go on with "
            "these corrections, or begin anew from the labels as they are?"
        )
        self._show()
        QTimer.singleShot(0, self._come_into_view)

    def _come_into_view(self) -> None:
        """Scroll the page here, since nothing else can be done before."""
        around = self.parentWidget()
        while around is not None and not isinstance(around, QScrollArea):
            around = around.parentWidget()
        if around is not None:
            around.ensureWidgetVisible(self)

    def _on_go_on(self) -> None:
        """Go on, or stop the reading of what there is."""
        if self._opening.reading:
            self._opening.cancel_reading()
        elif self._found is not None:
            self._opening.go_on(self._found)
        self._show()

    def _on_anew(self) -> None:
        if self._found is not None:
            self._opening.begin(self._found)

    def _on_read(self, share: float) -> None:
        self.bar.setValue(round(100 * share))
        self.bar.show()

    def _show(self) -> None:
        reading = self._opening.reading
        self.setVisible(self._found is not None)
        self.go_on_button.setText("Stop" if reading else "Go on")
        self.anew_button.setEnabled(not reading)
        if not reading:
            self.bar.hide()
