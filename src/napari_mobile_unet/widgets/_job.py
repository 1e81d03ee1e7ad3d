"""Long work off the GUI thread: a generator, its progress, and a Cancel that works."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

from napari.qt.threading import create_worker
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from napari_mobile_unet.console import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator


class Job(QObject):
    """Runs one generator at a time in a thread.

    ``ended`` comes exactly once for each ``start``, after ``failed`` if the
    generator raised. napari's own workers swallow ``RuntimeError``, leave the
    generator open when they quit, and may emit neither signal; so the generator is
    wrapped in one that never raises and closes it.
    """

    yielded = Signal(object)
    failed = Signal(str)
    ended = Signal(bool)
    """Whether it was cancelled."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stop: threading.Event | None = None
        # A thread may outlive the window; its signals would find nothing there.
        self.destroyed.connect(lambda: self._abandon())

    @property
    def running(self) -> bool:
        """Whether a generator is at work."""
        return self._stop is not None

    def start(self, make: Callable[[], Iterator[Any]]) -> None:
        """Run the generator that ``make`` returns, both in a thread of their own.

        A generator that is at work already is cancelled; its values are dropped.
        """
        self.cancel()
        self._stop = stop = threading.Event()
        failures: list[str] = []

        def steps() -> Generator[Any, None, None]:
            try:
                with closing(_closable(make())) as values:
                    for value in values:
                        if stop.is_set():
                            return
                        yield value
            except Exception as error:  # noqa: BLE001  whatever it is, it is shown
                failures.append(one_line(error))

        def on_yielded(value: Any) -> None:
            if self._stop is stop and not stop.is_set():
                self.yielded.emit(value)

        def on_finished() -> None:
            if self._stop is not stop:  # replaced by a later start
                return
            self._stop = None
            if failures:
                self.failed.emit(failures[0])
            self.ended.emit(stop.is_set())

        worker = create_worker(steps, _start_thread=False)
        worker.yielded.connect(on_yielded)
        worker.finished.connect(on_finished)
        worker.start()

    def cancel(self) -> None:
        """Stop after the step in hand; what was yielded stays."""
        if self._stop is not None:
            self._stop.set()

    def _abandon(self) -> None:
        """Cancel, and tell nothing more: nobody listens."""
        self.cancel()
        self._stop = None


def _closable(values: Iterator[Any]) -> Generator[Any, None, None]:
    yield from values


class JobBar(QWidget):
    """Progress of a job, and a button to cancel it; hidden while nothing runs."""

    def __init__(self, job: Job, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job = job
        self.bar = QProgressBar()
        self.label = QLabel()
        self.cancel_button = QPushButton("Cancel")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.label, self.bar, self.cancel_button):
            layout.addWidget(widget)
        self.cancel_button.clicked.connect(self._cancel)
        job.yielded.connect(lambda _: self.bar.setValue(self.bar.value() + 1))
        job.ended.connect(lambda _: self.hide())
        self.hide()

    def begin(self, text: str, total: int) -> None:
        """Show the bar, at 0 of ``total`` steps; 0 means that nobody knows."""
        self.label.setText(text)
        self.bar.setRange(0, total)
        self.bar.setValue(0)
        self.cancel_button.setEnabled(True)
        self.show()

    def _cancel(self) -> None:
        self.cancel_button.setEnabled(False)
        self.label.setText("Stopping after this plane …")
        self._job.cancel()
