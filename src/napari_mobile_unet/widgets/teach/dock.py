"""The page *Teach*: a model learns from a few corrected planes, and is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.corrections.doubts import Evidence
from napari_mobile_unet.training.suggest import plane_that_teaches_most
from napari_mobile_unet.training.teaching import SECONDS
from napari_mobile_unet.widgets.correct.view import confidence_of, show_plane
from napari_mobile_unet.widgets.shared.dock import Dock
from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.widgets.teach.before_after import BeforeAfter
from napari_mobile_unet.widgets.teach.course import Course
from napari_mobile_unet.widgets.teach.curve import Curve
from napari_mobile_unet.widgets.teach.examples import ExamplesPanel
from napari_mobile_unet.widgets.teach.pair import lessons_of_pairs, locks_of
from napari_mobile_unet.widgets.teach.subject_form import SubjectForm
from napari_mobile_unet.widgets.teach.verdict_panel import VerdictPanel

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari.viewer
    from napari.layers import Labels

    from napari_mobile_unet.widgets.teach.course import Candidate
    from napari_mobile_unet.widgets.teach.subject_form import Wanted

SOON = 600
"""Milliseconds until a process gets ready: who only turns the pages needs none."""
LONGEST = 36_000
"""Seconds that a teaching may take."""


class TeachDock(Dock):
    """Teaches a model with labels that were made right.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The window that it stands in.
    """

    page = "Teach"
    document = "docs/teaching.md"

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(viewer)
        self.examples = ExamplesPanel(self.viewer)
        self.subject = SubjectForm()
        self.model, self.scratch = self.subject.model, self.subject.scratch
        self.seconds = QSpinBox()
        self.seconds.setRange(5, LONGEST)
        self.seconds.setValue(round(SECONDS))
        self.seconds.setSuffix(" s")
        self.seconds.setToolTip("How long it learns")
        self.curve = Curve()
        self.curve.hide()
        self.verdict = VerdictPanel()
        self.teach_button = QPushButton("Teach")
        self.stop_button = QPushButton("Stop")
        self.stop_button.setToolTip("Stop learning; the best so far is compared")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.state, self.note = QLabel(), QLabel()
        for label in (self.state, self.note):
            label.setWordWrap(True)
        self.course = Course(self)
        self.comparison = BeforeAfter(self.viewer, self)
        self._suggesting = Job(self)
        self._soon = QTimer(self, singleShot=True, interval=SOON)
        self._suggested: Labels | None = None
        self._beside: dict[str, Labels] = {}
        self._lay_out()
        self._connect()
        self._on_theme()
        self._show()

    def _lay_out(self) -> None:
        self.subject.rows.addRow("time", self.seconds)
        column = self.column()
        column.addWidget(self.examples)
        column.addWidget(self.subject)
        column.addWidget(self.curve)
        column.addWidget(self.verdict)
        column.addStretch(1)
        foot = QWidget()
        rows = QVBoxLayout(foot)
        rows.setContentsMargins(0, 0, 0, 0)
        buttons = QHBoxLayout()
        buttons.addWidget(self.teach_button, 1)
        buttons.addWidget(self.stop_button)
        for widget in (self.note, self.state, self.bar):
            rows.addWidget(widget)
        rows.addLayout(buttons)
        self.foot(foot)

    def _connect(self) -> None:
        self.examples.changed.connect(self._on_examples)
        self.examples.labels.chosen.connect(
            lambda _: self.subject.follow(self.examples.labels.layer)
        )
        self.examples.labels.chosen.connect(lambda _: self._on_examples())
        self._soon.timeout.connect(self._warm)
        self.examples.suggest_button.clicked.connect(lambda _: self._suggest())
        self.subject.changed.connect(self._on_examples)
        self.teach_button.clicked.connect(lambda _: self.teach())
        self.stop_button.clicked.connect(lambda _: self.course.stop())
        self.seen.connect(self._on_seen)
        self.course.changed.connect(self._show)
        self.course.said.connect(self._say)
        self.course.stepped.connect(self._on_step)
        self.course.ended.connect(self._on_ended)
        self.comparison.said.connect(self._say)
        self.comparison.shown.connect(
            lambda: self.verdict.turn_button.setEnabled(len(self.comparison.layers) > 1)
        )
        self.verdict.said.connect(self._say)
        self.verdict.turn_button.clicked.connect(lambda _: self.comparison.turn())
        self.verdict.kept.connect(self._on_kept)
        self.verdict.discarded.connect(self._on_discarded)
        self._suggesting.yielded.connect(self._on_suggested)
        self._suggesting.failed.connect(self._say)
        self.viewer.events.theme.connect(self._on_theme)

    def disconnect_viewer(self) -> None:
        """Stop what runs and let go of the viewer's events."""
        self.viewer.events.theme.disconnect(self._on_theme)
        self._soon.stop()
        self.course.close()
        self.comparison.job.cancel()
        self._suggesting.cancel()
        self.examples.disconnect_viewer()

    @property
    def wanted(self) -> Wanted:
        """What is to be taught."""
        pairs = self.examples.pairs
        colour = any(pair.image.rgb for pair in pairs)
        return self.subject.wanted(colour, pairs[0].channels if pairs else ())

    def teach(self) -> None:
        """Teach the chosen model with the examples of the list."""
        pairs = list(self.examples.pairs)
        if not pairs or self.course.busy or self.verdict.candidate is not None:
            return
        self.examples.refresh()
        self._say("")
        self.bar.setValue(0)
        wanted = self.wanted
        self.curve.clear("mean IoU" if wanted.classes else "AP at IoU 0.5")
        self.curve.show()
        self._beside = {pair.image.name: pair.labels for pair in pairs}
        self.course.teach(
            wanted,
            lambda: lessons_of_pairs(pairs, wanted.classes),
            self.seconds.value(),
            self.subject.class_names,
        )
        self._show()

    def _on_examples(self) -> None:
        """Get a process ready soon, if there is something to teach with."""
        if self.isVisible() and self.examples.labels.layer is not None:
            self._soon.start()
        else:
            self._soon.stop()
            self.course.cool()
        self._show()

    def _warm(self) -> None:
        if self.verdict.candidate is None:
            self.course.warm(self.wanted)

    def _on_seen(self, seen: bool) -> None:
        if seen:
            self.model.refresh()
            self.examples.refresh()
            self._on_examples()
        else:
            self._soon.stop()
            self.course.cool()

    def _on_step(self, message: dict[str, Any]) -> None:
        self.bar.setValue(int(1000 * message["share"]))
        self.curve.add(message)

    def _on_ended(self, candidate: Candidate | None) -> None:
        if candidate is not None:
            self.verdict.show_candidate(candidate)
            self.comparison.look(candidate, self._beside)
        self._show()

    def _on_kept(self, name: str) -> None:
        self._close_candidate()
        self.model.refresh()
        self.model.setCurrentIndex(self.model.findData(name))
        self._say(f"Kept as {name}: the page Segment offers it")

    def _on_discarded(self) -> None:
        self._close_candidate()
        self._say("Discarded; the old model is as it was")

    def _close_candidate(self) -> None:
        self.comparison.job.cancel()
        self.comparison.remove()
        for labels in self._beside.values():
            labels.visible = True
        self.course.forget()
        self._on_examples()  # the next one begins at once

    def _suggest(self) -> None:
        layer = self.examples.labels.layer
        if layer is None:
            return
        self._suggested = layer
        self._say("Looking for the plane that teaches most …")
        evidence = Evidence(confidence=confidence_of(layer))
        finished = set(locks_of(layer).finished)

        def look() -> Iterator[tuple[tuple[int, ...], float] | None]:
            data = layer.data[0] if layer.multiscale else layer.data
            found = plane_that_teaches_most(data, finished, evidence)
            yield found

        # A bare None would be lost among the values of a job.
        self._suggesting.start_next(lambda: ([each] for each in look()))

    def _on_suggested(self, found: list[tuple[tuple[int, ...], float] | None]) -> None:
        layer, (best,) = self._suggested, found
        if layer is None or layer not in self.viewer.layers:
            return
        if best is None:
            self._say("Every plane with objects is finished")
            return
        plane, wrong = best
        show_plane(self.viewer, layer, plane)
        place = f"Plane {', '.join(str(n + 1) for n in plane)}" if plane else "It"
        self._say(
            f"{place} teaches most: about {wrong:.0f} of its objects may be wrong. "
            "Correct it, mark it as finished, and teach"
        )

    def _say(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _show(self) -> None:
        busy, waiting = self.course.busy, self.verdict.candidate is not None
        self.state.setText(self.course.state)
        self.state.setVisible(bool(self.course.state))
        self.bar.setVisible(busy)
        self.stop_button.setEnabled(busy)
        self.examples.setEnabled(not busy)
        self.examples.setVisible(not waiting)  # what is decided now needs the room
        self.teach_button.setEnabled(
            bool(self.examples.pairs) and not busy and not waiting
        )
        self.teach_button.setToolTip(
            "Keep or discard the taught model first"
            if waiting
            else "Let the model learn from the examples of the list"
        )

    def _on_theme(self) -> None:
        self.curve.theme = self.viewer.theme
        self.curve.draw()
