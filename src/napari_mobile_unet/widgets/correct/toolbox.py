"""The buttons of the tools, group by group, and the switch of their scope."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import QFlowLayout

from napari_mobile_unet.widgets.correct.keys import written
from napari_mobile_unet.widgets.correct.tools import TOOLS, Group, Tool
from napari_mobile_unet.widgets.shared.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari.layers import Labels

    from napari_mobile_unet.corrections.operations.scope import Scope
    from napari_mobile_unet.widgets.correct.hand import Hand

SCOPES: dict[Scope, tuple[str, str]] = {
    "plane": ("this plane", "Tools change the plane that is looked at"),
    "rest": ("from here on", "Tools change this plane and those after it"),
    "all": ("all planes", "Tools change all planes along the axis"),
}
"""What the scopes are called, and what they mean."""
FOLDED = ("Planes and tracks", "All")
"""Groups of tools that are folded at first."""
PREVIEWED = ("Objects", "Split and merge", "Shape")
"""Groups whose tools show what they would do while the pointer is on their button."""
NARROW = "QPushButton { padding: 3px 7px; min-width: 0px; }"
"""Style of buttons that stand side by side."""


class Toolbox(QWidget):
    """The buttons of the tools, and the switch of their scope.

    Parameters
    ----------
    hand : Hand
        What uses the tools.
    more : mapping
        By group, other widgets that stand behind its tools.
    """

    def __init__(self, hand: Hand, more: Mapping[Group, Sequence[QWidget]]) -> None:
        super().__init__()
        self._hand = hand
        self.buttons = {tool.name: self._button(tool) for tool in TOOLS}
        self.scopes = {name: QPushButton(title) for name, (title, _) in SCOPES.items()}
        self.axis = QComboBox()
        self.axis.setToolTip("The axis along which the scope runs")
        self.smallest = QSpinBox()
        self.smallest.setRange(1, 1_000_000)
        self.smallest.setValue(hand.smallest)
        self.smallest.setToolTip("Pixels; smaller objects are chosen")
        self.doubtful = QDoubleSpinBox()
        self.doubtful.setRange(0.01, 1)
        self.doubtful.setSingleStep(0.05)
        self.doubtful.setValue(hand.doubtful_below)
        self.doubtful.setToolTip("Confidence; less sure objects are chosen")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        self.scope_row = self._scope_row()
        rows.addWidget(self.scope_row)
        for group, tools in groupby(TOOLS, key=lambda tool: tool.group):
            content = QWidget()
            flow = QFlowLayout(content)
            flow.setContentsMargins(0, 0, 0, 0)
            flow.setHorizontalSpacing(2)
            flow.setVerticalSpacing(2)
            numbers = {
                "choose small": self.smallest,
                "choose doubtful": self.doubtful,
            }
            for tool in tools:
                flow.addWidget(self.buttons[tool.name])
                if tool.name in numbers:
                    flow.addWidget(numbers[tool.name])
            for widget in more.get(group, ()):
                flow.addWidget(widget)
            section = Section(group, content)
            section.unfold(group not in FOLDED)
            rows.addWidget(section)
        self.smallest.valueChanged.connect(self._on_smallest)
        self.doubtful.valueChanged.connect(self._on_doubtful)
        self.axis.currentIndexChanged.connect(self._on_axis)

    def offer_axes(self, layer: Labels | None) -> None:
        """Offer the axes of a layer that the scope may run along."""
        self.axis.blockSignals(True)
        self.axis.clear()
        if layer is not None:
            self.axis.addItems([f"along {label}" for label in layer.axis_labels[:-2]])
            self.axis.setCurrentIndex(self.axis.count() - 1)
        self.axis.blockSignals(False)
        self._on_axis(self.axis.currentIndex())
        self.scope_row.setVisible(layer is not None and layer.ndim > 2)
        self.axis.setVisible(self.axis.count() > 1)

    def show_tool(self, ready: bool) -> None:
        """Show which tools can be used, and which one is in hand."""
        for tool in TOOLS:
            button = self.buttons[tool.name]
            button.setEnabled(ready)
            if button.isCheckable():
                button.setChecked(self._hand.tool is tool)

    def _button(self, tool: Tool) -> QPushButton:
        button = ToolButton(tool.title)
        key = f" ({written(tool.key)})" if tool.key else ""
        button.setToolTip(f"{tool.tip}{key}")
        button.setCheckable(tool.gesture != "now")
        button.setStyleSheet(NARROW)
        button.clicked.connect(lambda _: self._hand.use(tool))
        if tool.gesture == "now" and tool.group in PREVIEWED:
            button.entered.connect(lambda: self._hand.preview(tool))
            button.left.connect(self._hand.end_preview)
        return button

    def _scope_row(self) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        group = QButtonGroup(self)
        for name, button in self.scopes.items():
            button.setCheckable(True)
            button.setChecked(name == self._hand.scope)
            button.setToolTip(SCOPES[name][1])
            button.setStyleSheet(NARROW)
            button.clicked.connect(lambda _, name=name: self._on_scope(name))
            group.addButton(button)
            layout.addWidget(button)
        layout.addWidget(self.axis)
        return row

    def _on_scope(self, name: Scope) -> None:
        self._hand.scope = name

    def _on_axis(self, number: int) -> None:
        self._hand.axis = max(0, number)

    def _on_smallest(self, pixels: int) -> None:
        self._hand.smallest = pixels

    def _on_doubtful(self, confidence: float) -> None:
        self._hand.doubtful_below = confidence


class ToolButton(QPushButton):
    """A button that tells when the pointer comes to rest on it, and when it goes."""

    entered = Signal()
    left = Signal()

    def enterEvent(self, event: Any) -> None:
        """Tell that the pointer is here."""
        super().enterEvent(event)
        self.entered.emit()

    def leaveEvent(self, event: Any) -> None:
        """Tell that the pointer has gone."""
        super().leaveEvent(event)
        self.left.emit()
