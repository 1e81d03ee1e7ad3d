"""A labels layer that shows, while a line moves, what the threshold would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import DirectLabelColormap
from qtpy.QtWidgets import QCheckBox

from napari_mobile_unet.images.pixels import luminance
from napari_mobile_unet.images.windows import is_large
from napari_mobile_unet.thresholding.threshold import classify
from napari_mobile_unet.widgets.layers.placement import Placement
from napari_mobile_unet.widgets.layers.preview_labels import PreviewLabels
from napari_mobile_unet.widgets.shared.job import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari
    from napari.layers import Layer
    from numpy.typing import NDArray
    from qtpy.QtWidgets import QWidget

    from napari_mobile_unet.thresholding.otsu import HistogramSplit
    from napari_mobile_unet.types import Plane
    from napari_mobile_unet.widgets.shared.source_panel import SourcePanel
    from napari_mobile_unet.widgets.threshold.model import ThresholdModel

GROUND = 4
COLOURS = {
    None: "transparent",
    1: "#E69F00",
    2: "#009E73",
    3: "#CC79A7",
    GROUND: "#56B4E9",
}
"""Of the foreground, of the classes between, and of the background, as in the plot."""


class LiveMask(QCheckBox):
    """Keeps one layer over the visible plane; it cannot be painted on.

    It is there while its page is seen: on another page, what that page makes is to be
    looked at. Taking the layer away is the same as taking the tick away.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layer goes.
    source : SourcePanel
        Which image is looked at.
    model : ThresholdModel
        What is done to it.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        source: SourcePanel,
        model: ThresholdModel,
        parent: QWidget,
    ) -> None:
        super().__init__("live mask", parent)
        self.setToolTip("Show the foreground over the visible plane as you set it")
        self.setChecked(True)
        self._viewer, self._source, self._model = viewer, source, model
        self._reading = Job(self)
        self._reading.yielded.connect(self._on_read)
        self._plane: Plane | None = None
        self._place: Placement | None = None
        self._dock_visible = True
        self._gone_from: Layer | None = None
        self._mask = PreviewLabels(
            viewer,
            "threshold preview",
            self._on_gone,
            opacity=0.5,
            colormap=DirectLabelColormap(color_dict=COLOURS),
        )
        self.toggled.connect(self._show)
        model.changed.connect(self._show)
        model.moved.connect(self._show)

    @property
    def layer(self) -> Any:
        """The layer, while it is shown."""
        return self._mask.layer

    def read(self) -> None:
        """Read the visible plane, in a thread; large ones are not shown live."""
        stack = self._source.stack
        self._plane = None
        before, layers = self._gone_from, self._viewer.layers
        if before is not None and before not in layers:
            self._gone_from = None
            self.setChecked(True)  # it only went with its image
        if stack is None or is_large(stack.plane_shape):
            self._reading.cancel()
            return
        number = self._source.plane_number(self._viewer)

        def plane() -> Iterator[Plane]:
            yield luminance(stack.plane(number))

        self._reading.start_next(plane)

    def follow_image(self) -> None:
        """Show the layer where the image lies now."""
        layer, whole = self._source.layer, self._source.whole
        if layer is not None and whole is not None:
            self._place = Placement.of_plane(layer, whole)
        self._show()

    def close_layer(self) -> None:
        """Take the layer away."""
        self._mask.remove()

    def follow_page(self, seen: bool) -> None:
        """Show the layer while its page is seen."""
        self._dock_visible = seen
        self._show()

    def _on_gone(self) -> None:
        """Follow a person who took the layer away."""
        self._gone_from = self._source.layer
        self.setChecked(False)

    def _on_read(self, plane: Plane) -> None:
        self._plane = plane
        self.follow_image()

    def _show(self) -> None:
        """Show what the thresholds do to the visible plane."""
        whole, split, place = self._source.whole, self._model.split, self._place
        seen = self.isChecked() and self._dock_visible
        if whole is None or split is None or not seen or self._viewer.dims.ndisplay > 2:
            self.close_layer()
            return
        plane = self._plane
        if plane is None or place is None or plane.shape != whole.plane_shape:
            return  # it is being read
        image = self._source.layer
        assert image is not None
        self._mask.show(image, place, self._classify(plane, split))

    def _classify(self, plane: Plane, split: HistogramSplit) -> NDArray[np.uint8]:
        """Return the colour of each pixel, 0 where no labels are made of it."""
        threshold = self._model.threshold.replace(foreground=self._model.side)
        if len(split.thresholds) == 1 or self._model.local:
            return threshold.mask(plane, split).view(np.uint8)
        if split.separability < threshold.min_separability:
            return np.zeros(plane.shape, np.uint8)
        order = np.array([GROUND, *range(2, threshold.classes), 1], np.uint8)
        if threshold.foreground == "dark":
            order = order[::-1]
        taken = np.isin(np.arange(1, threshold.classes + 1), self._model.taken)
        colours = (order * taken)[classify(plane, split.thresholds)]
        colours[~np.isfinite(plane)] = 0
        return colours
