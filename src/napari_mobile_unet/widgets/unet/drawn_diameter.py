"""The size of an object that a person draws around."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from napari.layers import Shapes
from napari.layers.base import ActionType
from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QPushButton

from napari_mobile_unet.widgets.layers.drawn import outlines_of, rows_and_columns
from napari_mobile_unet.widgets.layers.placement import Placement

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer
    from napari.utils.events import Event

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.widgets.shared.source_panel import SourcePanel

LINE = 1.5
"""Width of the outline in pixels of the screen."""
SMALLEST = 6
"""Diameter in pixels of the screen below which a shape is a click, not a drawing."""
HINT = "Drag over one object from corner to corner; its size is taken when you let go."


class SizeButton(QPushButton):
    """Offers an ellipse to draw once around an object, and takes its size.

    The layer to draw in is there only while the button is down; other shapes do not
    count and stay.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the ellipse is drawn.
    source : SourcePanel
        On which image.
    """

    measured = Signal(float)
    """The diameter in pixels of the disc of the same area."""
    said = Signal(str)
    """What to do next, or why nothing came of it."""

    def __init__(self, viewer: napari.Viewer, source: SourcePanel) -> None:
        super().__init__("Draw one object")
        self.setToolTip(
            "Draw an ellipse around a typical object to set the object size"
        )
        self.setCheckable(True)
        self._viewer, self._source = viewer, source
        self._drawn: Any = None
        self._before: Layer | None = None
        self.clicked.connect(self._on_clicked)
        source.changed.connect(self.stop)
        viewer.layers.events.removed.connect(self._on_removed)

    def disconnect_viewer(self) -> None:
        """Let go of the viewer, before this widget goes."""
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self.stop()

    def stop(self) -> None:
        """Take the layer away, and leave the layers as they were."""
        drawn, self._drawn = self._drawn, None
        self.setChecked(False)
        if drawn is None:
            return
        drawn.events.data.disconnect(self._on_drawn)
        following, self._source.box.following = self._source.box.following, False
        try:
            if drawn in self._viewer.layers:
                self._viewer.layers.remove(drawn)
            if self._before in self._viewer.layers:
                self._viewer.layers.selection.active = self._before
        finally:
            self._source.box.following = following

    def _on_clicked(self, down: bool) -> None:
        layer, whole = self._source.layer, self._source.whole
        if not down:
            self.said.emit("")
            self.stop()
            return
        if layer is None or whole is None:
            self.setChecked(False)
            self.said.emit(self._source.note.text())
            return
        self._viewer.dims.ndisplay = 2
        self._before = self._viewer.layers.selection.active
        self._drawn = Shapes(
            ndim=layer.ndim,
            name="one object",
            face_color="transparent",
            edge_color="yellow",
            edge_width=LINE / self._on_screen(layer, whole),
            **Placement.of_layer(layer, whole).keywords(),
        )
        self._viewer.add_layer(self._drawn)
        self._drawn.mode = "add_ellipse"
        self._drawn.events.data.connect(self._on_drawn)
        self.said.emit(HINT)

    def _on_screen(self, layer: Layer, whole: Stack) -> float:
        """Return how wide a pixel of the image is on the screen."""
        pixel = np.abs(layer.scale[list(rows_and_columns(whole))]).min()
        return float(pixel * self._viewer.scene.camera.zoom) or 1.0

    def _on_drawn(self, event: Event) -> None:
        if event.action == ActionType.ADDED:
            # napari is at work on the shape until its own event is over.
            QTimer.singleShot(0, self._take)

    def _take(self) -> None:
        layer, whole = self._source.layer, self._source.whole
        if self._drawn is None or layer is None or whole is None:
            return
        try:
            diameter = drawn_diameter(self._drawn, layer, whole)
        except ValueError:
            diameter = 0
        if diameter * self._on_screen(layer, whole) < SMALLEST:
            self._drawn.data = []
            self.said.emit(f"That was too small to be an object. {HINT}")
            return
        self.stop()
        self.measured.emit(diameter)

    def _on_removed(self, event: Event) -> None:
        if event.value is self._drawn:
            self.stop()


def drawn_diameter(drawn: Shapes, source: Layer, stack: Stack) -> float:
    """Return the diameter in pixels of the disc of the area of the last closed shape.

    Raises
    ------
    ValueError
        If there is none, or it is smaller than a pixel.
    """
    outlines = outlines_of(drawn, source, stack)
    area = cv2.contourArea(outlines[-1].astype(np.float32)) if outlines else 0.0
    if area < 1:
        raise ValueError(f"one object covers a pixel or more, got {area:.2g} pixels")
    return float(2 * np.sqrt(area / np.pi))
