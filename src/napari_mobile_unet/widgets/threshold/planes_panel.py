"""Looks for the threshold of each plane in a thread, and plots what it finds."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_mobile_unet.thresholding.histogram import count_planes
from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.widgets.threshold.counting import iter_parts
from napari_mobile_unet.widgets.threshold.planes_plot import PlanesCanvas, PlaneSplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.thresholding.threshold import Threshold


REDRAW = 200
"""Milliseconds between two drawings while the plot fills."""


class PlanesPanel(QWidget):
    """Threshold and η of each plane; hidden while planes are not on their own."""

    chosen = Signal(int)
    """The number of the plane that was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self.canvas = PlanesCanvas()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.splits: dict[int, PlaneSplit] = {}
        self._asked: tuple[Stack, str, int] | None = None
        self._limit, self._theme = 0.0, "dark"
        self._job, self._stale = Job(self), threading.Event()
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REDRAW)
        self._redraw.timeout.connect(self._draw)
        self._job.yielded.connect(self._on_found)
        self._job.ended.connect(lambda _: self._draw())
        self.canvas.chosen.connect(self.chosen)
        self.hide()

    def look(self, stack: Stack | None, threshold: Threshold) -> None:
        """Find the threshold of each plane, unless that is known already.

        Parameters
        ----------
        stack : Stack or None
            Of one channel, or RGB; None to stop and to hide.
        threshold : Threshold
            Only its method and its number of classes matter.
        """
        self.setVisible(stack is not None)
        asked = None if stack is None else (stack, threshold.method, threshold.classes)
        if asked == self._asked and asked is not None:
            return
        self.cancel()
        self._asked, self.splits = asked, {}
        self._stale = stale = threading.Event()
        if stack is not None:
            found = threshold.replace(values=None)
            self._job.start(lambda: _iter_splits(stack, found, stale))

    def show_limit(self, limit: float, theme: str) -> None:
        """Draw again, with the η below which a plane is left empty."""
        self._limit, self._theme = limit, theme
        self._draw()

    def cancel(self) -> None:
        """Give up what is at work."""
        self._redraw.stop()
        self._stale.set()
        self._job.cancel()

    def _on_found(self, split: PlaneSplit) -> None:
        self.splits[split.number] = split
        if not self._redraw.isActive():
            self._redraw.start()

    def _draw(self) -> None:
        if self._asked is not None and self.splits:
            planes = self._asked[0].n_planes
            self.canvas.show_planes(self.splits, planes, self._limit, self._theme)


def _iter_splits(
    stack: Stack, threshold: Threshold, stale: threading.Event
) -> Iterator[PlaneSplit]:
    for number in range(stack.n_planes):
        parts = partial(iter_parts, stack, [number], None, stale)
        try:
            split = threshold.split(count_planes(parts))
        except ValueError:  # nothing finite, or no threshold: it stays empty
            yield PlaneSplit(number, float("nan"), 0.0)
        else:
            yield PlaneSplit(number, split.threshold, split.separability)
