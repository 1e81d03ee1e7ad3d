"""The dock *Batch*: many files by one recipe, with a table of what came of each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from napari.utils.notifications import show_error
from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.io.atomic import check_folder
from napari_mobile_unet.messages import INPUT_ERRORS, one_line
from napari_mobile_unet.parallel.executors import check_executor
from napari_mobile_unet.recipes.provenance import model_used
from napari_mobile_unet.runs.files import Begun, Ended, Failed, iter_files
from napari_mobile_unet.runs.inputs import find_inputs, without_clashes
from napari_mobile_unet.runs.log import read_log
from napari_mobile_unet.runs.outputs import Outputs, check_results
from napari_mobile_unet.runs.result import PlaneResult
from napari_mobile_unet.runs.results import FileState, state_of
from napari_mobile_unet.widgets.batch.form import PlanForm
from napari_mobile_unet.widgets.batch.opened import OpenedFiles
from napari_mobile_unet.widgets.batch.plan import Plan
from napari_mobile_unet.widgets.batch.table import FilesModel, FilesView
from napari_mobile_unet.widgets.shared.bottom_dock import BottomDock
from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.widgets.shared.job_bar import JobBar
from napari_mobile_unet.widgets.shared.memory import recall, remember
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import napari.viewer

    from napari_mobile_unet.runs.inputs import Inputs

FORM_WIDTH = 380
"""Pixels of the form at first."""


class Looked(NamedTuple):
    """Which images there are, and how far each is."""

    inputs: Inputs
    states: list[FileState]
    clash: bool
    """Whether some were left out whose results would overwrite those of others."""


class BatchDock(BottomDock):
    """Segments a folder of files by one recipe, in the background.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The window that it stands in.
    """

    title = "Batch"

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(viewer)
        self.form = PlanForm(self.viewer)
        self.model = FilesModel()
        self.table = FilesView(self.model)
        self.table.setToolTip("A click opens an image with its result")
        self.job = Job(self)
        self.bar = JobBar(self.job)
        self.start_button = _button("Start", "Segment all images that are not done")
        self.retry_button = _button("Retry failed", "Try those again that failed")
        self.report_button = _button("Report …", "Write a page about all results")
        self.command = QLineEdit()
        self.command.setReadOnly(True)
        self.command.setToolTip("The command that does the same")
        self.copy_button = _button("Copy", "Copy the command that does the same")
        self.status = QLabel()
        self.status.setWordWrap(True)
        policy = QSizePolicy.Policy
        self.status.setSizePolicy(policy.Ignored, policy.Minimum)
        self._opened = OpenedFiles(self.viewer)
        self._looking, self._writing = Job(self), Job(self)
        self._plan, self._clash = Plan(), False
        self._lay_out()
        self._connect()
        # What is recalled has the type of the default, which mypy cannot know.
        self.form.plan = recall("Batch", {"plan": Plan()})["plan"]  # type: ignore[assignment]

    def _lay_out(self) -> None:
        scrolled = QScrollArea()
        scrolled.setWidget(self.form)
        scrolled.setWidgetResizable(True)
        scrolled.setFrameShape(QScrollArea.Shape.NoFrame)
        self._buttons, line = QWidget(), QHBoxLayout()
        buttons = QHBoxLayout(self._buttons)
        for button in (self.start_button, self.retry_button, self.report_button):
            buttons.addWidget(button)
        buttons.addWidget(self.status, 1)
        # Either is seen: a dock that has grown once does not get lower again, and the
        # window would grow beyond a small screen.
        either = QWidget()
        places = QHBoxLayout(either)
        for layout in (buttons, places):
            layout.setContentsMargins(0, 0, 0, 0)
        places.addWidget(self._buttons)
        places.addWidget(self.bar)
        either.setFixedHeight(self.bar.sizeHint().height())
        line.addWidget(self.command, 1)
        line.addWidget(self.copy_button)
        right = QWidget()
        rows = QVBoxLayout(right)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.table, 1)
        rows.addWidget(either)
        rows.addLayout(line)
        halves = QSplitter()
        halves.addWidget(scrolled)
        halves.addWidget(right)
        halves.setStretchFactor(1, 1)
        halves.setSizes([FORM_WIDTH, 10 * FORM_WIDTH])
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 0, 4, 0)
        column.addWidget(halves)

    def _connect(self) -> None:
        self.form.changed.connect(self.look)
        self.form.edited.connect(self._show_command)
        self.table.opened.connect(self._open)
        self._looking.yielded.connect(self._on_looked)
        self._looking.failed.connect(self._on_nothing)
        self.job.yielded.connect(self._on_state)
        self.job.failed.connect(self._on_failed)
        self.job.ended.connect(self._on_ended)
        self._writing.yielded.connect(self._on_report)
        self._writing.failed.connect(self._on_failed)
        self.start_button.clicked.connect(lambda _: self._start(retry=False))
        self.retry_button.clicked.connect(lambda _: self._start(retry=True))
        self.report_button.clicked.connect(lambda _: self._report())
        self.copy_button.clicked.connect(
            lambda _: QApplication.clipboard().setText(self.command.text())
        )

    def disconnect_viewer(self) -> None:
        """Stop what runs and let go of the viewer's events."""
        for job in (self.job, self._looking, self._writing):
            job.cancel()
        self.form.disconnect_viewer()

    def look(self) -> None:
        """Find the images, and what the output folder tells of each, in a thread."""
        if self.job.running:
            return
        plan = self.form.plan
        if not plan.places:
            self._on_nothing("")
            return

        def work() -> Iterator[Looked]:
            found = find_inputs(map(Path, plan.places), plan.pattern)
            inputs, folder = without_clashes(found), Path(plan.output)
            log = read_log(folder)
            states = [state_of(f, folder, plan.form, log) for f in inputs.files]
            yield Looked(inputs, states, inputs.files != found.files)

        self._looking.start_next(work)

    def _on_looked(self, looked: Looked) -> None:
        self.model.show(looked.inputs.files, looked.states)
        self._clash = looked.clash
        count = len(looked.inputs.files)
        said = looked.inputs.said
        text = f"{counted(count, 'image')}{'; ' * bool(said)}{said}"
        self.form.found.setText(text)
        self.form.found.setToolTip(
            "\n".join(f"{path}: {why}" for path, why in looked.inputs.left_out)
        )
        self._show()

    def _on_nothing(self, reason: str) -> None:
        self.model.show([], [])
        self.form.found.setText(reason)
        self._show()

    def _show(self) -> None:
        """Show how far all is, and offer what can be done now."""
        running, found = self.job.running, bool(self.model.files)
        self.form.setEnabled(not running)
        self._buttons.setVisible(not running)
        self.start_button.setEnabled(found and not running)
        self.retry_button.setEnabled(bool(self.model.rows("failed")) and not running)
        self.report_button.setEnabled(
            bool(self.model.rows("done", "failed")) and not running
        )
        self.status.setText(self.model.summary)
        self._show_command()

    def _show_command(self) -> None:
        files = self.model.files
        text = self.form.plan.command(files if self._clash else ()) if files else ""
        self.command.setText(text)
        self.command.setCursorPosition(0)
        self.copy_button.setEnabled(bool(text))

    def _start(self, *, retry: bool) -> None:
        """Work on all files, or on those that failed; what is done is only checked."""
        plan, files = self.form.plan, self.model.files
        rows = self.model.rows("failed") if retry else list(range(len(files)))
        try:
            recipe = self.form.recipes.recipe
            model_used(recipe)  # a missing or altered model, before any work
            recipe.check_classes()
            check_executor(plan.executor)
            if not plan.output:
                raise ValueError("results go into a folder; none is named; choose one")
            check_results(files, Path(plan.output), plan.form)
            check_folder(Path(plan.output))
        except INPUT_ERRORS as error:
            self._on_failed(one_line(error))
            return
        self._plan = plan
        remember("Batch", {"plan": plan})
        self._looking.cancel()
        self.bar.begin("Segmenting", len(rows), what="image")
        chosen = [files[row] for row in rows]
        known = [self.model.states[row] for row in rows]
        self.job.start(lambda: _iter_states(plan, chosen, known, rows))
        self._show()

    def _on_state(self, change: tuple[int, FileState]) -> None:
        row, state = change
        self.model.put(row, state)
        if state.state != "running":
            self.bar.advance()
        elif not state.planes:
            self.table.see(row)
        self.status.setText(self.model.summary)

    def _on_ended(self, cancelled: bool) -> None:
        folder = Path(self._plan.output)
        for row in self.model.rows("running"):  # where it was stopped
            path = self.model.files[row]
            self.model.put(row, state_of(path, folder, self._plan.form))
        self._show()
        if cancelled:
            self.status.setText(f"{self.model.summary}; Start goes on")

    def _on_failed(self, message: str) -> None:
        self.status.setText(message)
        show_error(message)

    def _open(self, row: int) -> None:
        """Open an image and, where there is one, its result."""
        plan = self._plan if self.job.running else self.form.plan
        source, state = self.model.files[row], self.model.states[row]
        labels = Outputs.of(source, Path(plan.output), plan.form).labels
        try:
            self._opened.show(source, labels if state.state == "done" else None)
        except INPUT_ERRORS as error:
            self._on_failed(one_line(error))

    def _report(self) -> None:
        folder = Path(self.form.plan.output)
        name, _ = QFileDialog.getSaveFileName(
            self, "Report", str(folder / "report.html"), "Web page (*.html)"
        )
        if not name:
            return
        images = list(dict.fromkeys(path.parent for path in self.model.files))

        def work() -> Iterator[Path]:
            from napari_mobile_unet.runs.report import write_report

            write_report(folder, Path(name), images)
            yield Path(name)

        self.status.setText("Writing the report …")
        self._writing.start(work)

    def _on_report(self, path: Path) -> None:
        self.status.setText(f"Report: {path}")
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def _iter_states(
    plan: Plan, files: Sequence[Path], known: Sequence[FileState], rows: Sequence[int]
) -> Iterator[tuple[int, FileState]]:
    """Segment files, in a thread; yield the states that each goes through."""
    folder, state = Path(plan.output), FileState()
    assert plan.recipe is not None
    for number, event in iter_files(files, folder, plan.recipe, plan.options):
        if isinstance(event, Begun):
            state = FileState("running", planes=0)
        elif isinstance(event, PlaneResult):
            state = replace(state, planes=(state.planes or 0) + 1)
        elif isinstance(event, Ended):
            state = state_of(files[number], folder, plan.form)
            # One that was done before took its time then.
            took = event.seconds if event.done else known[number].seconds
            state = replace(state, seconds=took)
        elif isinstance(event, Failed):
            reason = one_line(event.error)
            state = FileState("failed", seconds=event.seconds, reason=reason)
        else:
            state = replace(state, planes=event.done)
        yield rows[number], state


def _button(text: str, tooltip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    return button
