"""The dock *Pre-process*: a chain of OpenCV steps, previewed and applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_error
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.messages import one_line
from napari_mobile_unet.preprocessing.steps import AnyStep
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.settings import Params
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.widgets.layers.result import Result, Results
from napari_mobile_unet.widgets.preprocess.preview import PreviewLayer
from napari_mobile_unet.widgets.preprocess.run import Prepared, Run
from napari_mobile_unet.widgets.preprocess.step_list import Chain
from napari_mobile_unet.widgets.shared.dock import Dock
from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.widgets.shared.job_bar import JobBar
from napari_mobile_unet.widgets.shared.memory import recall, remember
from napari_mobile_unet.widgets.shared.previous import PreviousButton
from napari_mobile_unet.widgets.shared.run_summary import cancelled_after
from napari_mobile_unet.widgets.shared.source_panel import SourcePanel
from napari_mobile_unet.widgets.shared.status import Status
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Image
    from numpy.typing import NDArray

PAUSE = 150
"""Milliseconds without a change before the preview is computed again."""


class _Kept(Params):
    """What the page remembers from one session to the next."""

    steps: tuple[AnyStep, ...] = ()
    """The chain."""


class PreprocessDock(Dock):
    """Prepares the chosen image layer with a chain of steps.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The window that it stands in.
    """

    page = "Prepare"

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(viewer)
        self.source = SourcePanel(self.viewer)
        self.chain = Chain()
        self.preview = QCheckBox("Preview on the visible plane")
        self.preview.setToolTip(
            "Show what the steps do to the plane that you see, while you change them"
        )
        self.apply_button = QPushButton("Apply to the layer")
        self.apply_button.setToolTip(
            "Do the steps to all planes; the result is a layer of its own"
        )
        self.save_button = QPushButton("Save recipe …")
        self.load_button = QPushButton("Load recipe …")
        self.save_button.setToolTip("Write the steps into a JSON file")
        self.load_button.setToolTip("Take the steps of a recipe's JSON file")
        self.reset_button = QPushButton("Back to defaults")
        self.reset_button.setToolTip("Take all steps away")
        self.job = Job(self)
        self.bar = JobBar(self.job)
        self.status = Status(self.source)
        self.previous = PreviousButton()
        self._previewing = Job(self)
        self._shown = PreviewLayer(self.viewer)
        self._results = Results(self.viewer)
        self._result: Result | None = None
        self._done = False
        self._at_work: Image | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._lay_out()
        self._connect()
        kept = recall(self.page, {"chain": _Kept()})["chain"]
        assert isinstance(kept, _Kept)
        self.chain.steps = kept.steps

    def _lay_out(self) -> None:
        files = QHBoxLayout()
        files.addWidget(self.load_button)
        files.addWidget(self.save_button)
        layout = self.column()
        for widget in (self.source, self.chain, self.preview):
            layout.addWidget(widget)
        layout.addLayout(files)
        layout.addWidget(self.reset_button)
        layout.addStretch()
        foot = QWidget()
        rows = QVBoxLayout(foot)
        rows.setContentsMargins(0, 0, 0, 0)
        for widget in (self.apply_button, self.bar, self.status, self.previous):
            rows.addWidget(widget)
        self.foot(foot)

    def _connect(self) -> None:
        self.source.changed.connect(self._on_changed)
        self.source.moved.connect(self._pause.start)
        self.chain.changed.connect(self._on_changed)
        self.chain.failed.connect(self.status.say)
        self.preview.toggled.connect(lambda _: self._pause.start())
        self.viewer.dims.events.current_step.connect(self._on_step)
        self._pause.timeout.connect(self._show_preview)
        self._previewing.yielded.connect(self._on_previewed)
        self._previewing.failed.connect(self._on_no_preview)
        self.apply_button.clicked.connect(self._apply)
        self.save_button.clicked.connect(self._save)
        self.load_button.clicked.connect(self._load)
        self.reset_button.clicked.connect(lambda _: self._reset())
        self.job.yielded.connect(self._on_value)
        self.job.failed.connect(self._on_failed)
        self.job.ended.connect(self._on_ended)
        self.previous.brought.connect(self._on_brought)

    def disconnect_viewer(self) -> None:
        """Stop what runs and let go of the viewer's events."""
        self._pause.stop()
        self.previous.offer(None)
        self.job.cancel()
        self._previewing.cancel()
        self.source.disconnect_viewer()
        self.viewer.dims.events.current_step.disconnect(self._on_step)
        self._shown.remove()

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
        return None if self._result is None else self._result.layer

    def _on_changed(self) -> None:
        self.status.say("")
        self._pause.start()
        self._offer_previous()

    def _offer_previous(self) -> None:
        layer, channel = self.source.layer, self.source.chosen_channel
        idle = layer is not None and not self.job.running
        self.apply_button.setEnabled(idle)
        self.previous.offer(self._results.of(layer, channel) if idle else None)

    def _on_brought(self, result: Result) -> None:
        self._result = result
        result.layer.reset_contrast_limits()
        self.status.say("The previous result is shown again.")

    def _on_step(self) -> None:
        if self.preview.isChecked():
            self._pause.start()

    def _show_preview(self) -> None:
        """Compute the visible plane's preview in a thread, one at a time."""
        whole, stack, layer = self.source.whole, self.source.stack, self.source.layer
        if not (whole and stack and layer and self.preview.isChecked()):
            self._previewing.cancel()
            self._shown.remove()
            return
        try:
            run = Run(self.recipe, layer, whole, stack)
        except ValueError as error:
            self._on_no_preview(one_line(error))
            return
        number = self.source.plane_number(self.viewer)
        self._previewing.start_next(lambda: run.iter_plane(number))

    def _on_no_preview(self, reason: str) -> None:
        self._shown.remove()
        self.status.say(reason)

    def _on_previewed(self, found: tuple[Run, NDArray[Any]]) -> None:
        run, plane = found
        self._shown.show(run.layer, run.whole, plane)

    def _apply(self) -> None:
        """Prepare the whole layer in a thread."""
        whole, stack, layer = self.source.whole, self.source.stack, self.source.layer
        if not (whole and stack and layer):
            self._refuse(self.source.note.text())
            return
        try:
            recipe = self.recipe
        except ValueError as error:
            self._refuse(one_line(error))
            return
        if not recipe.steps:
            self._refuse("a chain needs at least one step, got none; add or tick one")
            return
        run = Run(recipe, layer, whole, stack)
        self._result = result = self._results.of(layer, recipe.channel)
        earlier = self.source.prepared
        self._done, self._at_work = False, layer
        self.apply_button.setEnabled(False)
        self.previous.offer(None)
        self.status.say("")
        self.bar.begin("Preparing", stack.n_planes)

        self.job.start(lambda: run.iter_planes(result, earlier))
        remember(self.page, {"chain": _Kept(steps=recipe.steps)})

    def _on_value(self, value: int | Prepared) -> None:
        if isinstance(value, Prepared):
            self._done = True
            self._show_result(value)
        else:
            self.bar.advance()

    def _on_ended(self, cancelled: bool) -> None:
        self._offer_previous()
        if cancelled and not self._done:
            done = cancelled_after(self.bar.bar.value(), self.bar.bar.maximum())
            self.status.say(f"{done}: the layers are as they were", self._at_work)

    def _show_result(self, done: Prepared) -> None:
        run, image, result = done.run, done.image, self._result
        assert result is not None
        # Applying again must not work on what came out of the first time.
        self.source.box.following = False
        try:
            kept = result.begin(
                done.written,
                f"{run.layer.name} prepared",
                run.placement(image).keywords(),
                done.provenance.model_dump(mode="json"),
                theirs=done.theirs,
                rgb="S" in image.axes,
            )
        finally:
            self.source.box.following = True
        self.layer.reset_contrast_limits()
        self.preview.setChecked(False)
        count = image.n_planes
        said = f"{counted(count, 'plane')} prepared"
        if kept:
            said += f"; what you changed is kept in {kept!r}, which is hidden now"
        self.status.say(said, run.layer)

    def _on_failed(self, message: str) -> None:
        self.status.say(message, self._at_work)
        show_error(message)

    def _refuse(self, message: str) -> None:
        self.status.say(message)
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

    def _reset(self) -> None:
        self.chain.steps = ()

    def _load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Load recipe", "", "*.json")
        if path:
            try:
                self.chain.steps = Recipe.load(path).steps
            except (OSError, ValueError) as error:
                self._refuse(one_line(error))
