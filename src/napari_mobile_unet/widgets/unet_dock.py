"""The dock *Mobile U-Net*: labels over the open image, plane by plane."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from napari.utils.notifications import show_error, show_info
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible

from napari_mobile_unet.console import one_line
from napari_mobile_unet.instances import Objects
from napari_mobile_unet.pipeline import iter_segment
from napari_mobile_unet.recipe import Provenance, Recipe
from napari_mobile_unet.unet.model import list_models
from napari_mobile_unet.unet.segment import UNet, model_of
from napari_mobile_unet.widgets._form import Form
from napari_mobile_unet.widgets._job import Job, JobBar
from napari_mobile_unet.widgets._layers import Result, placed_like
from napari_mobile_unet.widgets._source import SourcePanel

if TYPE_CHECKING:
    import napari

    from napari_mobile_unet.pipeline import PlaneResult
    from napari_mobile_unet.stack import Stack


class UNetDock(QWidget):
    """Runs a model over the chosen image layer.

    Parameters
    ----------
    viewer : napari.Viewer
        The window that it stands in.
    """

    def __init__(self, viewer: napari.Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewer = viewer
        self.job = Job(self)
        self.source = SourcePanel(viewer)
        self.model = QComboBox()
        self.folder_button = QPushButton("…")
        self.folder_button.setToolTip("Choose a model folder")
        self.folder_button.setMaximumWidth(32)
        self.settings = Form(UNet(), leave_out=("method", "model", "limits"))
        self.batch_size = QSpinBox()
        self.batch_size.setRange(1, 1024)
        self.batch_size.setValue(4)
        self.batch_size.setToolTip("Planes read at a time; the result is the same")
        self.objects = Form(Objects(), leave_out=("spacing",))
        self.run_button = QPushButton("Segment")
        self.bar = JobBar(self.job)
        self.status = QLabel()
        self.status.setWordWrap(True)
        self._result = Result(viewer)
        self._tables: list[pd.DataFrame] = []
        self._stack: Stack | None = None
        self._begun = 0.0
        self._lay_out()
        for name, folder in list_models().items():
            self._offer(name, str(folder))
        self.source.changed.connect(self._on_source)
        self.model.currentIndexChanged.connect(lambda _: self._on_model())
        self.folder_button.clicked.connect(self._choose_folder)
        self.run_button.clicked.connect(self.run)
        self.job.yielded.connect(self._on_plane)
        self.job.failed.connect(self._on_failed)
        self.job.ended.connect(self._on_ended)
        self.destroyed.connect(self.source.disconnect_viewer)
        self._on_source()

    def _lay_out(self) -> None:
        model_row = QHBoxLayout()
        model_row.addWidget(self.model, 1)
        model_row.addWidget(self.folder_button)
        form = QFormLayout()
        form.addRow("model", model_row)
        form.addRow("batch size", self.batch_size)
        more = QCollapsible("Objects")
        more.addWidget(self.objects)
        layout = QVBoxLayout(self)
        layout.addWidget(self.source)
        layout.addLayout(form)
        layout.addWidget(self.settings)
        layout.addWidget(more)
        layout.addWidget(self.run_button)
        layout.addWidget(self.bar)
        layout.addWidget(self.status)
        layout.addStretch()

    @property
    def recipe(self) -> Recipe:
        """What the dock would do now."""
        model = self.model.currentData()
        stack = self.source.whole
        channel = self.source.channel.value()
        return Recipe(
            channel=channel if stack is not None and "C" in stack.axes else None,
            segment=self.settings.value.replace(model=model),
            objects=self.objects.value,
        )

    @property
    def layer(self) -> Any:
        """The labels layer of the last run."""
        return self._result.layer

    def run(self) -> None:
        """Segment the chosen image; the labels fill plane by plane."""
        layer, stack = self.source.layer, self.source.whole
        if layer is None or stack is None:
            self._on_failed(self.source.note.text())
            return
        try:
            recipe = self.recipe
            record = Provenance.of(recipe, stack)
        except (ValueError, OSError) as error:
            self._on_failed(one_line(error))
            return
        one = stack.channel(recipe.channel or 0)
        empty = np.zeros(stack.labels_shape, np.int32)
        kept = self._result.begin(
            empty,
            layer,
            f"{layer.name} {record.model}",
            placed_like(layer, stack, stack.labels_axes),
            record.model_dump(mode="json"),
        )
        if kept:
            show_info("The labels you painted on are kept; results go to a new layer.")
        self._stack, self._tables, self._begun = one, [], time.monotonic()
        self.run_button.setEnabled(False)
        self.status.setText("")
        self.bar.begin("Segmenting", one.n_planes)
        size = self.batch_size.value()
        fixed = recipe.replace(channel=None)
        self.job.start(lambda: iter_segment(one, fixed, batch_size=size))

    def _on_plane(self, result: PlaneResult) -> None:
        stack, layer = self._stack, self._result.layer
        assert stack is not None
        stack.write_plane(layer.data, result.number, result.labels)
        self._tables.append(result.objects)
        shown = self.viewer.dims.ndisplay == 3
        if shown or self.source.plane_number(self.viewer) == result.number:
            layer.refresh()

    def _on_failed(self, message: str) -> None:
        self.status.setText(message)
        show_error(message)

    def _on_ended(self, cancelled: bool) -> None:
        self.run_button.setEnabled(True)
        stack, layer = self._stack, self._result.layer
        if stack is None or layer is None or not self._tables:
            return
        layer.refresh()
        filled = [table for table in self._tables if len(table)] or self._tables[:1]
        features = pd.concat(filled, ignore_index=True)
        layer.features = features.rename(columns={"label": "index"})
        planes, done = stack.n_planes, len(self._tables)
        if done < planes:
            how = "cancelled" if cancelled else "stopped"
            kept = f"{how}: {done} of {planes} planes are done and kept, "
        else:
            kept = f"{planes} plane{'s' * (planes != 1)}, "
        seconds = time.monotonic() - self._begun
        text = f"{kept}{len(features)} objects, {seconds:.1f} s"
        if cancelled or done == planes:
            self.status.setText(text[0].upper() + text[1:])

    def _on_source(self) -> None:
        ready = self.source.whole is not None and not self.job.running
        self.run_button.setEnabled(ready)

    def _offer(self, text: str, folder: str) -> None:
        """Add a model to the box, by name or by its folder."""
        name = text if text in list_models() else folder
        self.model.addItem(text, name)
        self._on_model()

    def _on_model(self) -> None:
        """Show what the chosen model is, as its tooltip."""
        try:
            card = model_of(self.model.currentData()).card
        except (ValueError, OSError) as error:
            self.model.setToolTip(one_line(error))
            return
        self.model.setToolTip(
            f"{card.description}\nknows objects of about {card.diameter:g} pixels\n"
            f"trained on: {card.training.data or 'unknown'}\n"
            f"licence: {card.licence or 'unknown'}"
        )

    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Model folder")
        if not folder:
            return
        try:
            model_of(folder)
        except (ValueError, OSError) as error:
            self._on_failed(one_line(error))
            return
        self._offer(Path(folder).name, folder)
        self.model.setCurrentIndex(self.model.count() - 1)
