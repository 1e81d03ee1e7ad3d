"""A labels layer that shows, while a line moves, what the threshold would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QDockWidget

from napari_mobile_unet.images.pixels import luminance
from napari_mobile_unet.images.windows import is_large
from napari_mobile_unet.thresholding.threshold import classify
from napari_mobile_unet.widgets.layers.convert import PREVIEW
from napari_mobile_unet.widgets.layers.placement import placed_like
from napari_mobile_unet.widgets.layers.result import add_beside
from napari_mobile_unet.widgets.shared.job import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari
    from numpy.typing import NDArray
    from qtpy.QtGui import QShowEvent
    from qtpy.QtWidgets import QWidget

    from napari_mobile_unet.thresholding.otsu import HistogramSplit
    from napari_mobile_unet.thresholding.threshold import Threshold
    from napari_mobile_unet.widgets.shared.source_panel import SourcePanel

COLOURS = {None: "transparent", 1: "#E69F00", 2: "#009E73", 3: "#CC79A7"}
"""Of the foreground, and where there are more classes of those between, as in the
plot."""


class LiveMask(QCheckBox):
    """Keeps one layer over the visible plane; it cannot be painted on.

    It is seen while this widget is: where another dock lies over this one, what that
    dock makes is to be looked at.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layer goes.
    source : SourcePanel
        Which image is looked at.
    """

    came = Signal()
    """The visible plane has been read."""

    def __init__(
        self, viewer: napari.Viewer, source: SourcePanel, parent: QWidget
    ) -> None:
        super().__init__("live mask", parent)
        self.setToolTip("Show on the visible plane what lies above the threshold")
        self.setChecked(True)
        self._viewer, self._from = viewer, source
        self._reading = Job(self)
        self._reading.yielded.connect(self._on_read)
        self._plane: NDArray[Any] | None = None
        self._shown_on: Any = None
        self._frame: QDockWidget | None = None
        self._seen = True
        self.layer: Any = None

    def read(self) -> None:
        """Read the visible plane, in a thread; large ones are not shown live."""
        stack = self._from.stack
        self._plane = None
        if stack is None or is_large(stack.plane_shape):
            self._reading.cancel()
            return
        number = self._from.plane_number(self._viewer)

        def plane() -> Iterator[NDArray[Any]]:
            yield luminance(stack.plane(number))

        self._reading.start_next(plane)

    def _on_read(self, plane: NDArray[Any]) -> None:
        self._plane = plane
        self.came.emit()

    def show_mask(self, threshold: Threshold, split: HistogramSplit) -> None:
        """Show what a threshold does to the visible plane."""
        source, whole = self._from.layer, self._from.whole
        flat = self._viewer.dims.ndisplay == 2
        if source is None or whole is None or not (self.isChecked() and flat):
            self.close_layer()
            return
        if self._plane is None or self._plane.shape != whole.plane_shape:
            return  # it is being read
        if len(split.thresholds) == 1 or threshold.method == "adaptive":
            classes = threshold.mask(self._plane, split).view(np.uint8)
        else:
            classes = _coloured(classify(self._plane, split.thresholds), threshold)
        if self._usable(classes) and self._shown_on is source:
            # Into the array that is there: a new one would be measured first.
            np.copyto(self.layer.data, classes)
            self.layer.refresh(extent=False, thumbnail=False)
            return
        self.close_layer()
        self._shown_on = source
        self.layer = Labels(
            classes.copy(),
            name="threshold preview",
            opacity=0.5,
            visible=self._seen,
            colormap=DirectLabelColormap(color_dict=COLOURS),
            metadata={PREVIEW: True},
            **placed_like(source, whole, "YX"),
        )
        self.layer.editable = False
        add_beside(self._viewer, self.layer)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Follow the dock that this widget has come to lie in."""
        super().showEvent(event)
        frame = self.parentWidget()
        while frame is not None and not isinstance(frame, QDockWidget):
            frame = frame.parentWidget()
        if frame is not None and frame is not self._frame:
            # Qt hides no dock behind another one: only this signal tells of it.
            frame.visibilityChanged.connect(self._on_seen)
            self._frame = frame

    def _on_seen(self, seen: bool) -> None:
        self._seen = seen
        if self.layer is not None:
            self.layer.visible = seen

    def _usable(self, classes: NDArray[np.uint8]) -> bool:
        there = self.layer is not None and self.layer in self._viewer.layers
        return there and self.layer.data.shape == classes.shape

    def close_layer(self) -> None:
        """Take the layer away."""
        if self.layer is not None and self.layer in self._viewer.layers:
            self._viewer.layers.remove(self.layer)
        self.layer = self._shown_on = None


def _coloured(classes: NDArray[np.uint8], threshold: Threshold) -> NDArray[np.uint8]:
    """Return classes by colour: 0 for the background, 1 for the foreground."""
    order = np.array([0, *range(2, threshold.classes), 1], np.uint8)
    return (order[::-1] if threshold.foreground == "dark" else order)[classes]
