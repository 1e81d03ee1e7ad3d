from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
PATIENCE = 20_000  # milliseconds


class Person:
    """What a person does in the threshold's dock, and waits for."""

    def __init__(self, panel: Any, qtbot: QtBot) -> None:
        self._panel, self._qtbot = panel, qtbot

    @property
    def plot(self) -> Any:
        return self._panel.histogram.canvas.plot

    @property
    def text(self) -> str:
        """What stands below the plot, or in place of it."""
        histogram = self._panel.histogram
        reason = histogram.canvas.reason
        inside = [] if reason.isHidden() else [reason.text()]
        return "\n".join([histogram.text.text(), *inside])

    def waits(self, reached: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(reached, timeout=PATIENCE)

    def reads(self, text: str) -> None:
        """Wait until the plot or the numbers below it say so."""
        self.waits(lambda: text in self.text)

    def waits_for_counts(self, pixels: int | None = None) -> None:
        """Wait until all pixels, or as many as given, are counted and split."""
        model = self._panel.model
        self.waits(
            lambda: (
                model.split is not None
                and not model.stale
                and pixels in (None, model.split.counts.sum())
            )
        )

    def waits_for_mask(self) -> None:
        """Wait for the mask on the visible plane, too."""
        self.waits_for_counts()
        self.waits(lambda: self._panel.live.layer is not None)

    def chooses(self, scope: str) -> None:
        """Choose whose histogram it is."""
        box = self._panel.scope
        index = box.findData(scope)
        box.setCurrentIndex(box.findText(scope) if index < 0 else index)

    def sets(self, **fields: Any) -> None:
        """Change fields of the form."""
        for name, value in fields.items():
            self._panel.settings.fields[name].value = value

    def takes(self, text: str) -> None:
        """Choose which of more classes are objects."""
        self._panel.settings.taken.setCurrentText(text)

    def types(self, text: str) -> None:
        """Type thresholds over those that are there."""
        line = self._panel.histogram.box.line
        line.selectAll()
        QTest.keyClicks(line, text)
        QTest.keyClick(line, Qt.Key.Key_Return)

    def mouse(self, kind: str, value: float, canvas: Any = None) -> None:
        """Press, move, release or double-click the mouse at a grey value."""
        types = {
            "press": (QEvent.Type.MouseButtonPress, LEFT, LEFT),
            "move": (QEvent.Type.MouseMove, NONE, LEFT),
            "release": (QEvent.Type.MouseButtonRelease, LEFT, NONE),
            "double-click": (QEvent.Type.MouseButtonDblClick, LEFT, LEFT),
        }
        canvas = canvas or self._panel.histogram.canvas.canvas
        axes = canvas.figure.axes[0]
        x, y = axes.transData.transform((value, 0))[0], axes.bbox.y0 + 20
        place = QPointF(x, canvas.figure.bbox.height - y)
        event, button, buttons = types[kind]
        modifiers = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(
            canvas, QMouseEvent(event, place, place, button, buttons, modifiers)
        )

    def drags(self, start: float, end: float) -> None:
        """Drag with the mouse along the grey values of the plot."""
        self._panel.histogram.canvas.canvas.draw()
        for kind, value in (("press", start), ("move", end), ("release", end)):
            self.mouse(kind, value)

    def presses_key(self, key: Qt.Key, *, shift: bool = False) -> None:
        modifier = Qt.KeyboardModifier
        QTest.keyClick(
            self._panel.histogram.canvas.canvas,
            key,
            modifier.ShiftModifier if shift else modifier.NoModifier,
        )

    def makes_labels(self) -> Any:
        """Press the button, wait until it can be pressed again, return the labels."""
        button = self._panel.run.button
        button.click()
        self.waits(button.isEnabled)
        return None if self._panel.layer is None else self._panel.layer.data


@pytest.fixture
def panel(dock: Callable[[str], Any]) -> Any:
    return dock("Otsu threshold")


@pytest.fixture
def person(panel: Any, qtbot: QtBot) -> Person:
    return Person(panel, qtbot)
