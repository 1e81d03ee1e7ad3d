"""The button that segments the open image, its progress, and what came of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_error
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_mobile_unet.messages import one_line
from napari_mobile_unet.parallel.cores import process_cores
from napari_mobile_unet.runs.runner import RunOptions
from napari_mobile_unet.widgets.layers.being_written import BEING_WRITTEN
from napari_mobile_unet.widgets.layers.result import Results
from napari_mobile_unet.widgets.preferences import follow_threads
from napari_mobile_unet.widgets.shared.beside import Beside
from napari_mobile_unet.widgets.shared.continuing import ContinueButton
from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.widgets.shared.job_bar import JobBar
from napari_mobile_unet.widgets.shared.previous import PreviousButton
from napari_mobile_unet.widgets.shared.result_labels import (
    seen_in,
    show_empty,
    show_renumbered,
)
from napari_mobile_unet.widgets.shared.run_folder import forget_old
from napari_mobile_unet.widgets.shared.run_summary import (
    cancelled_after,
    summary,
)
from napari_mobile_unet.widgets.shared.shown_run import (
    Named,
    Renumbered,
    ShownRun,
    Started,
)
from napari_mobile_unet.widgets.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari
    from napari.layers import Labels
    from napari.utils.events import Event

    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.runs.result import PlaneResult
    from napari_mobile_unet.widgets.layers.result import Result
    from napari_mobile_unet.widgets.layers.written import Written
    from napari_mobile_unet.widgets.shared.source_panel import SourcePanel


REFRESH = 0.2
"""Seconds between two drawings of the labels in space, which take long."""


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
    finished = Signal()
    """All planes of an image are done."""
    began = Signal()
    """A run is at work: what it finds is to be seen now."""

    def __init__(self, viewer: napari.Viewer, source: SourcePanel, text: str) -> None:
        super().__init__()
        self._viewer, self._source = viewer, source
        self.job = Job(self)
        self.button = QPushButton(text)
        self.button.setToolTip(
            "Find the objects of all planes; the one that you see comes first, and "
            "Cancel keeps what is done"
        )
        self._results = Results(viewer)
        self.continue_button = ContinueButton(source, self._results)
        self.bar = JobBar(self.job)
        self.status = Status(source)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.previous = PreviousButton()
        for widget in (
            self.button,
            self.continue_button,
            self.bar,
            self.status,
            self.previous,
        ):
            layout.addWidget(widget)
        self._beside = Beside(viewer, self)
        self._run: ShownRun | None = None
        self._theirs = self._naming = self._cancelled = self._failed = False
        self._batch_size: int | None = None
        self._begun = self._refreshed = 0.0
        self._forecast = self._where = self._kept = ""
        source.changed.connect(self._on_source)
        self.button.clicked.connect(lambda _: self.clicked.emit())
        self.continue_button.chosen.connect(self._on_continue)
        self.job.yielded.connect(self._on_value)
        self.job.failed.connect(self._on_failed)
        self.job.ended.connect(self._on_ended)
        self.previous.brought.connect(self._on_brought)
        viewer.layers.events.removed.connect(self._on_removed)
        forget_old()
        follow_threads()
        self._on_source()

    @property
    def layer(self) -> Any:
        """The labels layer of the last run."""
        return None if self._run is None else self._run.result.layer

    def labels_of(self, recipe: Recipe) -> Labels | None:
        """Return the labels layer of a run over the chosen image by such a recipe."""
        image = self._source.layer
        if image is None:
            return None
        result = self._results.of(image, seen_in(recipe))
        return result.layer if result.shown else None

    def cancel(self) -> None:
        """Stop everything and let go of the viewer, before this widget goes."""
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self.continue_button.take_away()
        self.previous.offer(None)
        self._beside.close()
        self.job.cancel()

    def _on_removed(self, event: Event) -> None:
        """Let go of an image that has gone."""
        self.continue_button.forget(event.value)

    def start(
        self, described: Callable[[], Recipe], batch_size: int | None = None
    ) -> None:
        """Segment the chosen image by a recipe; what cannot work is said.

        Parameters
        ----------
        described : callable
            Returns the recipe, or raises where settings contradict each other.
        batch_size : int, optional
            Planes read at a time; as many as are best unless given.
        """
        layer, whole = self._source.layer, self._source.whole
        if layer is None or whole is None:
            self.refuse(self._source.note.text())
            return
        try:
            recipe = described()
            result = self._results.of(layer, seen_in(recipe))
            run = ShownRun(layer, result, whole, recipe, self._source.prepared)
        except (ValueError, OSError) as error:
            self.refuse(one_line(error))
            return
        self._batch_size = batch_size
        self._work_on(run)

    def start_with(self, recipe: Recipe) -> None:
        """Segment the chosen image by a recipe that is known already."""
        self.start(lambda: recipe)

    def _on_continue(self, run: ShownRun) -> None:
        """Work on the planes that are not done, or show a layer again."""
        if run.is_in_layer and not run.shown:
            self._viewer.add_layer(run.result.layer)
        if run.finished:
            self._on_source()
        else:
            self._work_on(run)

    def _work_on(self, run: ShownRun) -> None:
        self._run, self._begun = run, time.monotonic()
        self._beside.leave(run.result.layer)
        self._naming = self._cancelled = self._failed = False
        self._forecast = self._where = self._kept = ""
        self.status.say("", run.layer)
        self.button.setEnabled(False)
        self.continue_button.take_away()
        self.previous.offer(None)
        self.bar.begin("Segmenting", run.whole.n_planes, done=len(run.tables))
        if run.result.layer is not None:
            BEING_WRITTEN.begin(run.result.layer)
        shown = self._source.plane_number(self._viewer)
        workers = process_cores()
        options = RunOptions(workers=workers, batch_size=self._batch_size, first=shown)

        def work() -> Iterator[Any]:
            self._theirs = run.written is None and run.result.is_theirs()
            yield from run.iter_planes(options)

        self.job.start(work)
        self.began.emit()

    def refuse(self, message: str) -> None:
        """Say why nothing came of it."""
        self.status.say(message)
        show_error(message)

    def _on_failed(self, message: str) -> None:
        self._failed = True
        self.status.say(message, None if self._run is None else self._run.layer)
        show_error(message)

    def _on_value(self, value: Started | PlaneResult | Named | Renumbered) -> None:
        run = self._run
        assert run is not None
        if isinstance(value, Started):
            self._forecast = "" if value.estimate is None else f"{value.estimate}"
            self.status.say(self._forecast, run.layer)
        elif isinstance(value, Named):
            run.name(value)
        elif isinstance(value, Renumbered):
            show_renumbered(run, value)
        else:
            self._on_plane(run, value)

    def _on_plane(self, run: ShownRun, result: PlaneResult) -> None:
        if run.written is None:
            run.written = self._show(run)
        self.bar.advance()
        run.show(result, run.written)
        if not run.shown:
            self.job.finish()  # nobody would see what is found
            return
        in_space = self._viewer.dims.ndisplay == 3
        seen = in_space or self._source.plane_number(self._viewer) == result.number
        now = time.monotonic()
        if seen and not (in_space and now - self._refreshed < REFRESH):
            run.result.layer.refresh()
            self._refreshed = now

    def _show(self, run: ShownRun) -> Written:
        """Show empty labels, once there is something to fill them with."""
        begun = show_empty(run, theirs=self._theirs)
        self._where, self._kept = begun.where, begun.kept
        said = (begun.where, self._forecast, begun.kept)
        self.status.say("; ".join(each for each in said if each), run.layer)
        return begun.written

    def _on_ended(self, cancelled: bool) -> None:
        run = self._run
        self._cancelled |= cancelled
        if run is None or not run.tables:
            if run is not None:
                BEING_WRITTEN.end(run.result.layer)
            if run is not None and cancelled and not self._failed:
                self.status.say(cancelled_after(0, run.whole.n_planes), run.layer)
            self._on_source()
            return
        if not self._naming:
            self._naming = True
            self.bar.begin("Numbering objects", 0)
            self.bar.cancel_button.setEnabled(False)
            self.job.start(run.iter_named)
            return
        run.finished = len(run.tables) == run.whole.n_planes
        self.continue_button.keep(run)
        self._tell(run)
        BEING_WRITTEN.end(run.result.layer)
        self._on_source()
        if run.finished:
            self.finished.emit()

    def _tell(self, run: ShownRun) -> None:
        """Show tables and tracks, and say what was found."""
        count = run.objects["label"].nunique()  # a linked object has a row each plane
        if run.is_in_layer:
            self._beside.show(run.result.layer, run)
        if run.finished or self._cancelled:  # else it failed, and has said why
            seconds = time.monotonic() - self._begun
            said = "; ".join(each for each in (self._where, self._kept) if each)
            self.status.say(summary(run, count, seconds, said), run.layer)

    def _on_source(self) -> None:
        """Offer what can be done with the image that is chosen now."""
        layer, whole = self._source.layer, self._source.whole
        self.button.setEnabled(whole is not None and not self.job.running)
        self.continue_button.take_away()
        self.previous.offer(None)
        if layer is None or whole is None or self.job.running:
            return
        channel, last = self._source.chosen_channel, self._run
        if last is not None and (last.layer, last.recipe.channel) == (layer, channel):
            self.previous.offer(last.result)
        else:
            self.previous.offer(self._results.of(layer, channel))
        self.continue_button.offer()

    def _on_brought(self, result: Result) -> None:
        """Go on with the run whose labels are shown again."""
        run = result.about
        assert isinstance(run, ShownRun)
        self._run = run
        self.continue_button.keep(run)
        self._beside.follow(result.layer, run)
        self.status.say("The previous result is shown again.")
        self._on_source()
