"""The dock *Pre-process*: a chain of OpenCV steps, previewed and applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image
from napari.utils.notifications import show_error
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.console import one_line
from napari_mobile_unet.pipeline import iter_prepare, prepare_plane
from napari_mobile_unet.recipe import Provenance, Recipe
from napari_mobile_unet.threshold import Threshold
from napari_mobile_unet.widgets._chain import Chain
from napari_mobile_unet.widgets._job import Job, JobBar
from napari_mobile_unet.widgets._layers import PREVIEW, Result, placed_like, stack_place
from napari_mobile_unet.widgets._source import SourcePanel

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari
    from numpy.typing import NDArray

    from napari_mobile_unet.stack import Stack

PAUSE = 150
"""Milliseconds without a change before the preview is computed again."""


class PreprocessDock(QWidget):
    """Prepares the chosen image layer with a chain of steps.

    Parameters
    ----------
    viewer : napari.Viewer
        The window that it stands in.
    """

    def __init__(self, viewer: napari.Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewer = viewer
        self.source = SourcePanel(viewer)
        self.chain = Chain()
        self.preview = QCheckBox("Preview on the visible plane")
        self.apply_button = QPushButton("Apply to the layer")
        self.save_button = QPushButton("Save recipe …")
        self.load_button = QPushButton("Load recipe …")
        self.job = Job(self)
        self.bar = JobBar(self.job)
        self.status = QLabel()
        self.status.setWordWrap(True)
        self._previewing = Job(self)
        self._preview_layer: Image | None = None
        self._result = Result(viewer)
        self._stack: Stack | None = None
        self._planes: list[NDArray[Any]] = []
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        files = QHBoxLayout()
        files.addWidget(self.load_button)
        files.addWidget(self.save_button)
        layout = QVBoxLayout(self)
        for widget in (self.source, self.chain, self.preview, self.apply_button):
            layout.addWidget(widget)
        layout.addWidget(self.bar)
        layout.addWidget(self.status)
        layout.addLayout(files)
        layout.addStretch()

    def _connect(self) -> None:
        self.source.changed.connect(self._pause.start)
        self.chain.changed.connect(self._pause.start)
        self.preview.toggled.connect(lambda _: self._pause.start())
        self.viewer.dims.events.current_step.connect(self._on_step)
        self._pause.timeout.connect(self._show_preview)
        self._previewing.yielded.connect(self._on_previewed)
        self._previewing.failed.connect(self.status.setText)
        self.apply_button.clicked.connect(self._apply)
        self.save_button.clicked.connect(self._save)
        self.load_button.clicked.connect(self._load)
        self.job.yielded.connect(self._on_plane)
        self.job.failed.connect(self._refuse)
        self.job.ended.connect(self._on_ended)

    def disconnect_viewer(self) -> None:
        """Let go of the viewer's events, before this widget goes."""
        self.job.cancel()
        self._previewing.cancel()
        self.source.disconnect_viewer()
        self.viewer.dims.events.current_step.disconnect(self._on_step)
        self._remove_preview()

    @property
    def recipe(self) -> Recipe:
        """The chain as a recipe; Otsu's threshold is what follows it by default."""
        return Recipe(
            channel=self.source.chosen_channel,
            steps=self.chain.steps,
            segment=Threshold(),
        )

    @property
    def layer(self) -> Any:
        """The image layer of the last run."""
        return self._result.layer

    def _on_step(self) -> None:
        if self.preview.isChecked():
            self._pause.start()

    def _show_preview(self) -> None:
        """Compute the visible plane's preview in a thread; drop what is stale."""
        stack = self.source.stack
        self.status.clear()
        if stack is None or not self.preview.isChecked():
            self._previewing.cancel()
            self._remove_preview()
            return
        number, steps = self.source.plane_number(self.viewer), self.chain.steps

        def prepared() -> Iterator[tuple[Stack, NDArray[Any]]]:
            yield stack, prepare_plane(stack, steps, number)

        self._previewing.start(prepared)

    def _on_previewed(self, found: tuple[Stack, NDArray[Any]]) -> None:
        stack, plane = found
        place = stack_place(stack, plane)
        low, high = float(np.nanmin(plane)), float(np.nanmax(plane))
        limits = (low, high) if high > low else (low, low + 1)
        layer = self._preview_layer
        if layer is not None and layer in self.viewer.layers:
            if layer.rgb == (plane.ndim == 3):
                layer.data = plane
                layer.scale, layer.translate = place["scale"], place["translate"]
                layer.contrast_limits = limits
                return
            self.viewer.layers.remove(layer)
        active = self.viewer.layers.selection.active
        self._preview_layer = self.viewer.add_image(
            plane,
            name="preview",
            rgb=plane.ndim == 3,
            contrast_limits=limits,
            metadata={PREVIEW: True},
            **place,
        )
        self.viewer.layers.selection.active = active

    def _remove_preview(self) -> None:
        if (
            self._preview_layer is not None
            and self._preview_layer in self.viewer.layers
        ):
            self.viewer.layers.remove(self._preview_layer)
        self._preview_layer = None

    def _apply(self) -> None:
        """Prepare the whole layer in a thread."""
        stack = self.source.stack
        if stack is None:
            self._refuse(self.source.note.text())
            return
        steps = self.chain.steps
        self._stack, self._planes = stack, []
        self.apply_button.setEnabled(False)
        self.status.clear()
        self.bar.begin("Preparing", stack.n_planes)
        self.job.start(lambda: iter_prepare(stack, steps))

    def _on_plane(self, plane: NDArray[Any]) -> None:
        self._planes.append(plane)

    def _on_ended(self, cancelled: bool) -> None:
        self.apply_button.setEnabled(True)
        stack, layer = self._stack, self.source.layer
        if stack is None or layer is None or len(self._planes) < stack.n_planes:
            if cancelled:
                self.status.setText("Cancelled: the layers are as they were.")
            return
        prepared = stack.with_planes(self._planes)
        place = placed_like(layer, self.source.whole or stack, prepared.labels_axes)
        place |= {"scale": prepared.scale, "translate": prepared.translate}
        self._result.begin(
            prepared.data,
            layer,
            f"{layer.name} prepared",
            place,
            Provenance.of(self.recipe, stack).model_dump(mode="json"),
            kind=Image,
        )
        self._result.layer.reset_contrast_limits()
        self.preview.setChecked(False)
        count = len(self._planes)
        self._planes = []
        self.status.setText(f"{count} plane{'s' * (count != 1)} prepared")

    def _refuse(self, message: str) -> None:
        self.status.setText(message)
        show_error(message)

    def _save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, "Save recipe", "recipe.json", "*.json"
        )
        if path:
            try:
                self.recipe.save(path)
            except OSError as error:
                self._refuse(one_line(error))

    def _load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Load recipe", "", "*.json")
        if path:
            try:
                self.chain.steps = Recipe.load(path).steps
            except (OSError, ValueError) as error:
                self._refuse(one_line(error))
