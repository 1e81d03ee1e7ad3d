"""The result before the last, brought back by a button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QPushButton, QWidget

from napari_mobile_unet.widgets.shared.job import Job

if TYPE_CHECKING:
    from napari_mobile_unet.widgets.layers.result import Result


class PreviousButton(QPushButton):
    """Undoes the update of a result in place; hidden where there was none."""

    brought = Signal(object)
    """The `Result` that shows the previous one again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Bring back previous result", parent)
        self.setToolTip("Exchange this result for the one that it replaced")
        self._result: Result | None = None
        self._looking = Job(self)
        self._looking.yielded.connect(self._on_looked)
        self.clicked.connect(lambda _: self._look())
        self.hide()

    def offer(self, result: Result | None) -> None:
        """Offer the previous one of a result, if there is one."""
        self._looking.cancel()
        self._result = result
        self.setVisible(result is not None and result.has_previous)

    def _look(self) -> None:
        """See, in a thread, whether somebody has changed what is shown."""
        result = self._result
        if result is not None:
            self._looking.start(lambda: iter([result.is_theirs()]))

    def _on_looked(self, theirs: bool) -> None:
        result = self._result
        if result is not None and result.has_previous:
            result.bring_back(theirs=theirs)
            self.setVisible(result.has_previous)
            self.brought.emit(result)
