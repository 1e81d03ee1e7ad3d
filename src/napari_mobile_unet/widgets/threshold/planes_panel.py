"""Looks for the threshold of each plane in a thread, and plots what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.widgets.threshold.counting import PlaneSplit, iter_plane_splits
from napari_mobile_unet.widgets.threshold.planes_plot import PlanesCanvas

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.widgets.threshold.model import ThresholdModel

REDRAW = 200
"""Milliseconds between two drawings while the plot fills."""


class PlanesPanel(QWidget):
    """Threshold and η of each plane; hidden unless each has its own.

    Parameters
    ----------
    model : ThresholdModel
        How thresholds are found, and below which η a plane is left empty.
    """

    chosen = Signal(int)
    """The number of the plane that was clicked."""

    def __init__(self, model: ThresholdModel) -> None:
        super().__init__()
        self.canvas = PlanesCanvas()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.splits: dict[int, PlaneSplit] = {}
        self._model = model
        self._stack: Stack | None = None
        self._looked_for: tuple[Stack | None, str, int] | None = None
        self._limit, self._theme = 0.0, "dark"
        self._job = Job(self)
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REDRAW)
        self._redraw.timeout.connect(self._draw)
        self._job.yielded.connect(self._on_found)
        self._job.ended.connect(lambda _: self._draw())
        self.canvas.chosen.connect(self.chosen)
        model.changed.connect(self._on_model)
        self.hide()

    def look_at(self, stack: Stack | None) -> None:
        """Find the threshold of each plane, unless that is known already.

        Parameters
        ----------
        stack : Stack or None
            Of one channel, or RGB; None to stop and to hide.
        """
        self._stack = stack
        self.setVisible(stack is not None)
        self._on_model()

    def set_theme(self, theme: str) -> None:
        """Draw in the colours of one of napari's themes."""
        self._theme = theme
        self._draw()

    def cancel(self) -> None:
        """Give up what is at work."""
        self._redraw.stop()
        self._job.cancel()

    def _on_model(self) -> None:
        stack, settings = self._stack, self._model.settings
        wanted = stack, settings.method, settings.classes
        if wanted != self._looked_for:
            self.cancel()
            self._looked_for, self.splits = wanted, {}
            if stack is not None:
                self._job.start(lambda: iter_plane_splits(stack, settings))
        if settings.min_separability != self._limit:
            self._limit = settings.min_separability
            self._draw()

    def _on_found(self, split: PlaneSplit) -> None:
        self.splits[split.number] = split
        if not self._redraw.isActive():
            self._redraw.start()

    def _draw(self) -> None:
        if self._stack is not None and self.splits:
            planes = self._stack.n_planes
            self.canvas.show_planes(self.splits, planes, self._limit, self._theme)
