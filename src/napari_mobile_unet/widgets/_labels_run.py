"""A run over the open image that fills a labels layer, plane by plane."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from napari_mobile_unet.console import one_line
from napari_mobile_unet.pipeline import iter_segment
from napari_mobile_unet.recipe import Provenance
from napari_mobile_unet.widgets._job import Job, JobBar
from napari_mobile_unet.widgets._layers import Result, placed_like

if TYPE_CHECKING:
    import napari

    from napari_mobile_unet.pipeline import PlaneResult
    from napari_mobile_unet.recipe import Recipe
    from napari_mobile_unet.stack import Stack
    from napari_mobile_unet.widgets._source import SourcePanel


class LabelsRun(QWidget):
    """A button, the progress of the run, and what came of it.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the labels layer goes.
    source : SourcePanel
        Which image is segmented.
    text : str
        On the button.
    """

    clicked = Signal()

    def __init__(self, viewer: napari.Viewer, source: SourcePanel, text: str) -> None:
        super().__init__()
        self._viewer, self._source = viewer, source
        self.job = Job(self)
        self.button = QPushButton(text)
        self.bar = JobBar(self.job)
        self.status = QLabel()
        self.status.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.button, self.bar, self.status):
            layout.addWidget(widget)
        self._result = Result(viewer)
        self._stack: Stack | None = None
        self._tables: list[pd.DataFrame] = []
        self._begun = 0.0
        source.changed.connect(self._on_source)
        self.button.clicked.connect(lambda _: self.clicked.emit())
        self.job.yielded.connect(self._on_plane)
        self.job.failed.connect(self.refuse)
        self.job.ended.connect(self._on_ended)
        self._on_source()

    @property
    def layer(self) -> Any:
        """The labels layer of the last run."""
        return self._result.layer

    def start(self, recipe: Recipe, batch_size: int = 1) -> None:
        """Segment the chosen image by a recipe; what cannot work is said."""
        layer, whole = self._source.layer, self._source.whole
        if layer is None or whole is None:
            self.refuse(self._source.note.text())
            return
        try:
            record = Provenance.of(recipe, whole)
        except (ValueError, OSError) as error:
            self.refuse(one_line(error))
            return
        kept = self._result.begin(
            np.zeros(whole.labels_shape, np.int32),
            layer,
            f"{layer.name} {record.model or recipe.segment.method}",
            placed_like(layer, whole, whole.labels_axes),
            record.model_dump(mode="json"),
        )
        if kept:
            show_info("The labels you painted on are kept; results go to a new layer.")
        # The channel is taken here, so that a lazy image stays lazy in the thread.
        self._stack = stack = whole.channel(recipe.channel or 0)
        self._tables, self._begun = [], time.monotonic()
        self.button.setEnabled(False)
        self.status.clear()
        self.bar.begin("Segmenting", stack.n_planes)
        fixed = recipe.replace(channel=None)
        self.job.start(lambda: iter_segment(stack, fixed, batch_size=batch_size))

    def refuse(self, message: str) -> None:
        """Say why nothing came of it."""
        self.status.setText(message)
        show_error(message)

    def _on_plane(self, result: PlaneResult) -> None:
        assert self._stack is not None
        self._stack.write_plane(self.layer.data, result.number, result.labels)
        self._tables.append(result.objects)
        in_space = self._viewer.dims.ndisplay == 3
        if in_space or self._source.plane_number(self._viewer) == result.number:
            self.layer.refresh()

    def _on_ended(self, cancelled: bool) -> None:
        self._on_source()
        if self._stack is None or not self._tables:
            return
        self.layer.refresh()
        filled = [table for table in self._tables if len(table)] or self._tables[:1]
        objects = pd.concat(filled, ignore_index=True)
        self.layer.features = objects.rename(columns={"label": "index"})
        done, planes = len(self._tables), self._stack.n_planes
        if done < planes and not cancelled:
            return  # it failed, and has said why
        of = "" if done == planes else f" of {planes}"
        seconds = time.monotonic() - self._begun
        self.status.setText(
            f"{'Cancelled: ' if done < planes else ''}{len(objects)} objects in "
            f"{done}{of} plane{'s' * (planes != 1)}, {seconds:.1f} s"
        )

    def _on_source(self) -> None:
        ready = self._source.whole is not None and not self.job.running
        self.button.setEnabled(ready)
