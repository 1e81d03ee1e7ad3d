"""How many objects are left to be looked at, by how doubtful they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QRectF
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

BINS = 20
"""Bars of the plot."""
HEIGHT = 44
"""Of the plot in pixels."""
LOOKED_AT = "#35c46a"
"""Green, as what is locked."""


class DoubtPlot(QWidget):
    """A bar for each degree of doubt, the most doubtful on the left.

    What was looked at is green, what waits has the colour of text.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self.setToolTip(
            "Objects by how likely they are wrong, the doubtful ones on the left; "
            "green: looked at"
        )
        self.counts: Sequence[tuple[int, int]] = ()

    def show_counts(self, counts: Sequence[tuple[int, int]]) -> None:
        """Show how many were looked at, and how many wait, from high doubt to low."""
        self.counts = counts
        self.update()

    def paintEvent(self, event: Any) -> None:
        """Paint the bars, with heights by the square root of their counts."""
        super().paintEvent(event)
        most = max((sum(pair) for pair in self.counts), default=0)
        if not most:
            return
        painter = QPainter(self)
        text = self.palette().text().color()
        width = self.width() / len(self.counts)
        for number, (done, waiting) in enumerate(self.counts):
            # Single doubtful objects are to be seen beside hundreds of sure ones.
            height = self.height() * ((done + waiting) / most) ** 0.5
            share = height * done / max(1, done + waiting)
            left, foot = number * width, self.height()
            bar = max(1.0, width - 2)
            painter.fillRect(QRectF(left, foot - height, bar, height - share), text)
            painter.fillRect(QRectF(left, foot - share, bar, share), QColor(LOOKED_AT))
        painter.end()
