"""The plot of a teaching: the loss, and how good what is kept apart is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.utils.theme import get_theme
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_mobile_unet.widgets.shared.figure import new_canvas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_mobile_unet.unet.card import Measure

HEIGHT = 170
"""Pixels."""
FEWEST = 20
"""Steps that there is room for at first."""
LOSS, AP = "#ff8c69", "#4cc9f0"
"""Colours that are seen on dark and on light."""


class Curve(QWidget):
    """Loss, and AP or IoU, over the steps, in the colours of the theme."""

    def __init__(self) -> None:
        super().__init__()
        self.canvas: Any = None
        self.setMinimumHeight(HEIGHT)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self.losses: list[tuple[int, float]] = []
        self.aps: list[tuple[int, float]] = []
        self.measure: Measure = "AP at IoU 0.5"
        self.theme = "dark"
        self._lines: tuple[Any, ...] = ()

    def clear(self, measure: Measure) -> None:
        """Begin anew, to show how a measure rises."""
        self.losses, self.aps, self.measure = [], [], measure
        if self.canvas is None:
            self._make_canvas()
        self.canvas.setToolTip(
            f"Loss on what is taught, and {measure} on what is kept apart"
        )
        self.draw()

    def _make_canvas(self) -> None:
        self.canvas = new_canvas(figsize=(3.4, 1.7), layout="constrained")
        self._rows.addWidget(self.canvas)

    def add(self, step: Mapping[str, Any]) -> None:
        """Take in a message of a step."""
        if step["loss"] is not None:
            self.losses.append((step["step"], step["loss"]))
        if step["ap"] is not None:
            self.aps.append((step["step"], step["ap"]))
        self._follow()

    def draw(self) -> None:
        """Draw everything, in the colours of the theme, once something is taught."""
        if self.canvas is None:
            return
        theme, figure = get_theme(self.theme), self.canvas.figure
        text, ground = theme.text.as_hex("long"), theme.background.as_hex("long")
        figure.clear()
        figure.set_facecolor(ground)
        left = figure.add_subplot()
        right = left.twinx()
        lines = []
        for axes, colour, name in (
            (left, LOSS, "loss"),
            (right, AP, f"{self.measure.removesuffix(' at IoU 0.5')}, kept apart"),
        ):
            axes.set_facecolor(ground)
            lines += axes.plot([], [], color=colour, marker=".")
            axes.set_ylabel(name, color=colour, fontsize=8)
            axes.tick_params(colors=text, labelsize=7)
            for spine in axes.spines.values():
                spine.set_color(text)
                spine.set_linewidth(0.5)
        left.set_xlabel("steps", color=text, fontsize=8)
        right.set_ylim(0, 1)
        self._lines = tuple(lines)
        self._follow()

    def _follow(self) -> None:
        """Move the two lines on; the rest stays as it is drawn."""
        for line, points in zip(self._lines, (self.losses, self.aps), strict=True):
            line.set_data(*zip(*points, strict=True) if points else ([], []))
            line.axes.relim()
            line.axes.autoscale_view(scalex=False, scaley=points is self.losses)
        steps = [step for step, _ in (*self.losses, *self.aps)]
        for line in self._lines:
            line.axes.set_xlim(0, max([*steps, FEWEST]) * 1.03)
        self.canvas.draw_idle()
