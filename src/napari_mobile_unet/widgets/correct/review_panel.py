"""The review queue: one object after the other, the most doubtful first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.corrections.doubts import Evidence
from napari_mobile_unet.corrections.review import Item, ReviewQueue
from napari_mobile_unet.widgets.correct.doubt_plot import BINS, DoubtPlot
from napari_mobile_unet.widgets.correct.view import confidence_of, image_beside
from napari_mobile_unet.widgets.shared.job import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari

    from napari_mobile_unet.corrections.done import Done
    from napari_mobile_unet.widgets.correct.bench import Bench


class ReviewPanel(QWidget):
    """Goes from one doubtful object to the next, and counts what was looked at.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose camera goes there.
    bench : Bench
        The labels layer in hand.
    """

    said = Signal(str)

    def __init__(self, viewer: napari.Viewer, bench: Bench) -> None:
        super().__init__()
        self._viewer, self._bench = viewer, bench
        self.queue: ReviewQueue | None = None
        self.item: Item | None = None
        self.before_button = QPushButton("◀")
        self.before_button.setToolTip("The object before in the queue (Shift+N)")
        self.before_button.setMaximumWidth(32)
        self.next_button = QPushButton("Next doubtful")
        self.next_button.setToolTip(
            "Go to the object that is most likely wrong and was not looked at (N)"
        )
        self.accept_button = QPushButton("Accept")
        self.accept_button.setToolTip(
            "The object is right: lock it and go to the next one (A)"
        )
        self.progress = QProgressBar()
        self.progress.setFormat("%v of %m looked at")
        self.plot = DoubtPlot()
        self.note = QLabel()
        self.note.setWordWrap(True)
        row = QHBoxLayout()
        for button in (self.before_button, self.next_button, self.accept_button):
            row.addWidget(button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addLayout(row)
        rows.addWidget(self.progress)
        rows.addWidget(self.plot)
        rows.addWidget(self.note)
        self._scoring = Job(self)
        self._scoring.yielded.connect(self._on_scored)
        self._scoring.failed.connect(self.said)
        self.next_button.clicked.connect(lambda _: self.go(1))
        self.before_button.clicked.connect(lambda _: self.go(-1))
        self.accept_button.clicked.connect(lambda _: self.accept())
        bench.changed.connect(self._on_bench)
        bench.stepped.connect(self._on_step)
        self._session: Any = None
        self._step = 1
        self._on_bench()

    def cancel(self) -> None:
        """Stop what runs."""
        self._scoring.cancel()

    def go(self, step: int) -> None:
        """Go to the next doubtful object, or with -1 to the one before."""
        session = self._bench.session
        if session is None or self._scoring.running:
            return
        if self.queue is None:
            self._score(step)
        else:
            self._go(step)

    def _go(self, step: int) -> None:
        assert self.queue is not None
        self.item = self.queue.after(self.item, step)
        if self.item is None:
            self.note.setText("Everything was looked at.")
        else:
            self._visit(self.item)
        self._show_progress()

    def accept(self) -> None:
        """Take the object for right: it is locked, and the next one comes."""
        desk, item = self._bench.desk, self.item
        if desk is None or item is None or self.queue is None:
            self.go(1)
            return
        following = self.queue.after(item)
        if item.own not in desk.session.locks.ids and item.own in desk.session.index:
            desk.lock([item.own])
        self.queue.accept([item])
        self.item = (
            None if following is None or following.key == item.key else following
        )
        if self.item is None:
            self.go(1)
        else:
            self._visit(self.item)
            self._show_progress()

    def finish(self) -> None:
        """Note that all of the plane was looked at, and go where doubts are next."""
        if self.queue is None:
            return
        plane = self._bench.plane()
        self.queue.finish(plane)
        following = self.queue.next_plane(plane)
        self._show_progress()
        if following is None:
            self.note.setText("No plane with doubtful objects is left.")
            return
        worst = next(item for item in self.queue.waiting if item.plane == following)
        self.item = worst
        self._visit(worst)

    def _score(self, step: int) -> None:
        session, layer = self._bench.session, self._bench.layer
        assert session is not None and layer is not None
        index = session.index
        linked = any(len(index.planes_of(own)) > 1 for own in index.ids)
        evidence = Evidence(
            confidence=confidence_of(layer),
            image=self._image(),
            axis=self._bench.hand.axis if linked else None,
        )
        self.note.setText("Looking for doubtful objects …")
        self._step = step

        def work() -> Iterator[ReviewQueue]:
            queue = ReviewQueue(session.labels, session.index, evidence)
            for _ in queue.iter_score():
                pass
            yield queue

        self._scoring.start(work)

    def _on_scored(self, queue: ReviewQueue) -> None:
        self.queue = queue
        self._go(self._step)

    def _image(self) -> Any:
        """Return the grey values beside the labels, of their very shape, or None."""
        layer = self._bench.layer
        assert layer is not None
        image = image_beside(self._viewer, layer)
        if image is None or image.rgb or image.multiscale:
            return None
        return image.data if image.data.shape == layer.data.shape else None

    def _visit(self, item: Item) -> None:
        session = self._bench.session
        assert session is not None and self.queue is not None
        rows, columns = self.queue.box(item)
        middle = tuple((side.start + side.stop - 1) / 2 for side in (rows, columns))
        size = max(side.stop - side.start for side in (rows, columns))
        self._bench.show(item.plane, (middle[0], middle[1]), size)
        self._bench.choose((item.own,))
        reasons = ": " + ", ".join(item.reasons) if item.reasons else ""
        self.note.setText(f"{item.own} may be wrong ({item.doubt:.0%}){reasons}")

    def _show_progress(self) -> None:
        done, count = self.queue.progress if self.queue is not None else (0, 0)
        self.progress.setRange(0, max(1, count))
        self.progress.setValue(done)
        for widget in (self.progress, self.plot):
            widget.setVisible(self.queue is not None)
        if self.queue is not None:
            self.plot.show_counts(self.queue.counts(BINS))

    def _on_bench(self) -> None:
        session = self._bench.session
        if session is not self._session:
            self._scoring.cancel()
            self._session, self.queue, self.item = session, None, None
            self.note.clear()
        for button in (self.next_button, self.before_button, self.accept_button):
            button.setEnabled(session is not None)
        self._show_progress()

    def _on_step(self, done: Done) -> None:
        if self.queue is None:
            return
        ids = done.ids
        for plane in {plane for plane, _ in done.boxes}:
            self.queue.update(plane, ids)
        self._show_progress()
