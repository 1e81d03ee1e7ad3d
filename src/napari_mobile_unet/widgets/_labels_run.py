"""A run over the open image that fills a labels layer, plane by plane."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pandas as pd
from napari.layers import Tracks
from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from napari_mobile_unet.confidence import doubts
from napari_mobile_unet.console import one_line
from napari_mobile_unet.link import tracks_of
from napari_mobile_unet.pipeline import iter_segment, placed
from napari_mobile_unet.recipe import Provenance
from napari_mobile_unet.unet.segment import UNet
from napari_mobile_unet.widgets._job import Job, JobBar
from napari_mobile_unet.widgets._layers import Result, empty_labels, placed_like

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari

    from napari_mobile_unet.fitting import Fitted
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
        self.continue_button = QPushButton("Continue")
        self.continue_button.setToolTip("Go on with the planes that are not done")
        self.bar = JobBar(self.job)
        self.status = QLabel()
        self.status.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.button, self.continue_button, self.bar, self.status):
            layout.addWidget(widget)
        self._result = Result(viewer)
        self._stack: Stack | None = None
        self._recipe: Recipe | None = None
        self._planes: Iterator[PlaneResult] | None = None
        self._tables: list[pd.DataFrame] = []
        self._left_out = 0
        self._tracks: Any = None
        self._begun = 0.0
        self._fitted: Fitted | None = None
        source.changed.connect(self._on_source)
        self.button.clicked.connect(lambda _: self.clicked.emit())
        self.continue_button.clicked.connect(lambda _: self._go_on())
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
        data, where = empty_labels(whole)
        kept = self._result.begin(
            data,
            layer,
            f"{layer.name} {record.model or recipe.segment.method}",
            placed_like(layer, whole, whole.labels_axes),
            record.model_dump(mode="json"),
        )
        if kept:
            show_info("The labels you painted on are kept; results go to a new layer.")
        # The channel is taken here, so that a lazy image stays lazy in the thread.
        self._stack = stack = whole.channel(recipe.channel or 0)
        self._recipe = fixed = recipe.replace(channel=None)
        self._planes = iter_segment(stack, fixed, batch_size=batch_size)
        self._tables, self._left_out = [], 0
        self.status.setText(where)
        self._go_on()

    def _go_on(self) -> None:
        """Work on the planes that are not done."""
        planes, stack = self._planes, self._stack
        assert planes is not None
        assert stack is not None
        self._begun = time.monotonic()
        self.button.setEnabled(False)
        self.continue_button.hide()
        self.bar.begin("Segmenting", stack.n_planes, done=len(self._tables))
        # Ending this generator leaves the one within as it is, to be gone on with.
        self.job.start(lambda: (plane for plane in planes))

    def refuse(self, message: str) -> None:
        """Say why nothing came of it."""
        self.status.setText(message)
        show_error(message)

    def _on_plane(self, result: PlaneResult) -> None:
        assert self._stack is not None
        self._stack.write_plane(self.layer.data, result.number, result.labels)
        self._fitted = result.fitted
        self._left_out += result.left_out
        index, axes = result.index, self._stack.batch_axes
        self._tables.append(placed(result.objects, index, axes))
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
        rows = objects.drop_duplicates("label")  # a linked object has one a plane
        self.layer.features = rows.rename(columns={"label": "index"})
        self._show_tracks(objects)
        done, planes = len(self._tables), self._stack.n_planes
        if done < planes and not cancelled:
            return  # it failed, and has said why
        of = "" if done == planes else f" of {planes}"
        self.continue_button.setVisible(done < planes)
        seconds = time.monotonic() - self._begun
        self.status.setText(
            f"{'Cancelled: ' if done < planes else ''}{len(rows)} objects in "
            f"{done}{of} plane{'s' * (planes != 1)}, {seconds:.1f} s"
            f"{self._diameter()}{self._doubts(objects)}"
        )

    def _diameter(self) -> str:
        """Say how large the objects were taken to be, if that was found."""
        assert self._recipe is not None and self._fitted is not None
        asked, used = self._recipe.segment, self._fitted.recipe.segment
        if not isinstance(used, UNet) or not isinstance(asked, UNet) or asked.diameter:
            return ""
        return f"; taken to be about {used.diameter:.0f} pixels across"

    def _doubts(self, objects: pd.DataFrame) -> str:
        """Say how far the objects are to be trusted, if that is known."""
        if "confidence" not in objects:
            return ""
        return doubts(objects["confidence"].to_numpy(), self._left_out)

    def _show_tracks(self, objects: pd.DataFrame) -> None:
        """Show the way of objects that were followed over time."""
        assert self._stack is not None
        if self._tracks is not None and self._tracks in self._viewer.layers:
            self._viewer.layers.remove(self._tracks)
        self._tracks = None
        followed = "parent" in objects and len(objects)
        if not followed or self._stack.labels_axes not in ("TYX", "TZYX"):
            return
        data, graph = tracks_of(objects)
        labels = self.layer
        self._tracks = Tracks(
            data,
            graph=graph,
            name=f"{labels.name} tracks",
            scale=labels.scale,
            translate=labels.translate,
            units=labels.units,
            axis_labels=labels.axis_labels,
        )
        active = self._viewer.layers.selection.active
        self._viewer.add_layer(self._tracks)
        self._viewer.layers.selection.active = active

    def _on_source(self) -> None:
        self.continue_button.hide()
        ready = self._source.whole is not None and not self.job.running
        self.button.setEnabled(ready)
