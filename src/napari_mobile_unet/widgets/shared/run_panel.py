"""A run over the open image that fills a labels layer, plane by plane."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from napari.layers import Tracks
from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from napari_mobile_unet.linking.tracks import tracks_of
from napari_mobile_unet.messages import one_line
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.runs.result import placed
from napari_mobile_unet.runs.segment import iter_segment
from napari_mobile_unet.unet.confidence import doubts
from napari_mobile_unet.unet.segment import UNet
from napari_mobile_unet.widgets.layers.placement import (
    placed_like,
    result_axes,
    result_index,
)
from napari_mobile_unet.widgets.layers.result import Result, add_beside
from napari_mobile_unet.widgets.layers.storage import empty_labels
from napari_mobile_unet.widgets.shared.job import Job, JobBar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari
    from napari.layers import Image

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.runs.fit import Fitted
    from napari_mobile_unet.runs.result import PlaneResult
    from napari_mobile_unet.widgets.shared.source_panel import SourcePanel


REFRESH = 0.2
"""Seconds between two drawings of the labels in space, which take long."""


@dataclass(eq=False)
class _Run:
    """What a run was started with, and how far it has come."""

    layer: Image
    whole: Stack
    recipe: Recipe
    record: Provenance
    planes: Iterator[PlaneResult]
    labels: Any = None
    tables: list[pd.DataFrame] = field(default_factory=list)
    left_out: int = 0
    fitted: Fitted | None = None
    begun: float = 0.0

    @property
    def upright(self) -> bool:
        """Whether rows come before columns in the image."""
        return self.whole.axes.index("Y") < self.whole.axes.index("X")


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
        self._run: _Run | None = None
        self._tracks: WeakKeyDictionary[Any, Tracks] = WeakKeyDictionary()
        self._refreshed = 0.0
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

    def start(self, described: Callable[[], Recipe], batch_size: int = 1) -> None:
        """Segment the chosen image by a recipe; what cannot work is said.

        Parameters
        ----------
        described : callable
            Returns the recipe, or raises where settings contradict each other.
        batch_size : int
            Planes read at a time.
        """
        layer, whole = self._source.layer, self._source.whole
        if layer is None or whole is None:
            self.refuse(self._source.note.text())
            return
        try:
            recipe = described()
            record = Provenance.of(recipe, whole)
        except (ValueError, OSError) as error:
            self.refuse(one_line(error))
            return
        # The channel is taken here, so that a lazy image stays lazy in the thread.
        stack, fixed = whole.channel(recipe.channel or 0), recipe.replace(channel=None)
        planes = iter_segment(stack, fixed, batch_size=batch_size)
        self._run = _Run(layer, whole, recipe, record, planes)
        self.status.clear()
        self._go_on()

    def _go_on(self) -> None:
        """Work on the planes that are not done."""
        run = self._run
        assert run is not None
        if run.tables and not self._result.shown:
            self._viewer.add_layer(self.layer)
        run.begun = time.monotonic()
        self.button.setEnabled(False)
        self.continue_button.hide()
        self.bar.begin("Segmenting", run.whole.n_planes, done=len(run.tables))
        # Ending this generator leaves the one within as it is, to be gone on with.
        self.job.start(lambda: (plane for plane in run.planes))

    def _show(self, run: _Run) -> None:
        """Show empty labels, once there is something to fill them with."""
        run.labels, where = empty_labels(run.whole)
        method = run.record.model or run.recipe.segment.method
        kept = self._result.begin(
            run.labels,
            run.layer,
            f"{run.layer.name} {method}",
            placed_like(run.layer, run.whole, result_axes(run.whole)),
            run.record.model_dump(mode="json"),
        )
        self.status.setText(where)
        if kept:
            show_info("The labels you painted on are kept; results go to a new layer.")

    def refuse(self, message: str) -> None:
        """Say why nothing came of it."""
        self.status.setText(message)
        show_error(message)

    def _on_plane(self, result: PlaneResult) -> None:
        run = self._run
        assert run is not None
        if run.labels is None:
            self._show(run)
        run.fitted = result.fitted
        run.left_out += result.left_out
        run.tables.append(placed(result.objects, result.index, run.whole.batch_axes))
        where = result_index(run.whole, result.number)
        plane = result.labels if run.upright else result.labels.T
        if self._result.painted:
            mine = np.asarray(run.labels[where])
            plane = np.where(mine, mine, plane)
        run.labels[where] = plane
        if not self._result.shown or self.layer.data is not run.labels:
            self.job.finish()  # nobody would see what is found
            return
        in_space = self._viewer.dims.ndisplay == 3
        seen = in_space or self._source.plane_number(self._viewer) == result.number
        now = time.monotonic()
        if seen and not (in_space and now - self._refreshed < REFRESH):
            self.layer.refresh()
            self._refreshed = now

    def _on_ended(self, cancelled: bool) -> None:
        self._on_source()
        run = self._run
        if run is None or not run.tables:
            return
        self.layer.refresh()
        filled = [table for table in run.tables if len(table)] or run.tables[:1]
        objects = pd.concat(filled, ignore_index=True)
        rows = objects.drop_duplicates("label")  # a linked object has one a plane
        self.layer.features = rows.rename(columns={"label": "index"})
        self._show_tracks(run.whole, objects)
        done, planes = len(run.tables), run.whole.n_planes
        if done < planes and not cancelled:
            return  # it failed, and has said why
        of = "" if done == planes else f" of {planes}"
        to_show = not self._result.shown and self.layer.data is run.labels
        to_do = done < planes and self.layer.data is run.labels
        self.continue_button.setVisible(to_do or to_show)
        seconds = time.monotonic() - run.begun
        gone = "; Continue brings the layer back" if to_show else ""
        self.status.setText(
            f"{'Cancelled: ' if done < planes else ''}{len(rows)} objects in "
            f"{done}{of} plane{'s' * (planes != 1)}, {seconds:.1f} s"
            f"{_diameter(run)}{_doubts(run, objects)}{gone}"
        )

    def _show_tracks(self, whole: Stack, objects: pd.DataFrame) -> None:
        """Show the way of objects that were followed over time."""
        for labels, earlier in list(self._tracks.items()):
            if labels is self.layer or labels not in self._viewer.layers:
                del self._tracks[labels]
                if earlier in self._viewer.layers:
                    self._viewer.layers.remove(earlier)
        followed = "parent" in objects and len(objects)
        if not followed or whole.labels_axes not in ("TYX", "TZYX"):
            return
        data, graph = tracks_of(objects)
        if "C" in result_axes(whole):
            data = np.insert(data, 1 + whole.axes.index("C"), 0, axis=1)
        labels = self.layer
        tracks = Tracks(
            data,
            graph=graph,
            name=f"{labels.name} tracks",
            scale=labels.scale,
            translate=labels.translate,
            units=labels.units,
            axis_labels=labels.axis_labels,
        )
        self._tracks[labels] = tracks
        add_beside(self._viewer, tracks)

    def _on_source(self) -> None:
        self.continue_button.hide()
        ready = self._source.whole is not None and not self.job.running
        self.button.setEnabled(ready)


def _diameter(run: _Run) -> str:
    """Say how large the objects were taken to be, if that was found."""
    assert run.fitted is not None
    asked, used = run.recipe.segment, run.fitted.recipe.segment
    if not isinstance(used, UNet) or not isinstance(asked, UNet) or asked.diameter:
        return ""
    return f"; taken to be about {used.diameter:.0f} pixels across"


def _doubts(run: _Run, objects: pd.DataFrame) -> str:
    """Say how far the objects are to be trusted, if that is known."""
    if "confidence" not in objects:
        return ""
    return doubts(objects["confidence"].to_numpy(), run.left_out)
