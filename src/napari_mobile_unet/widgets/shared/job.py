"""Long work off the GUI thread: a generator, its progress, and a Cancel that works."""

from __future__ import annotations

import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_mobile_unet.messages import one_line
from napari_mobile_unet.parallel.cancel import Cancelled, cancellable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

NAME = "mobile-unet job"
"""Of the threads."""


class Job(QObject):
    """Runs one generator at a time in a thread.

    ``ended`` comes exactly once for each ``start``, after ``failed`` if the
    generator raised, ``RuntimeError`` too, which napari's own workers swallow; their
    threads, as few as there are cores, are also shared with all other plugins. A
    thread stops after the value in hand when the widget or Python itself goes.
    """

    yielded = Signal(object)
    failed = Signal(str)
    ended = Signal(bool)
    """Whether it was cancelled."""
    _came = Signal(object, object)
    _done = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stop: threading.Event | None = None
        self._dropping = False
        self._waiting: Callable[[], Iterator[Any]] | None = None
        # From the thread to Qt's own: slots of this object run where it lives.
        self._came.connect(self._on_came)
        self._done.connect(self._on_done)
        self.destroyed.connect(lambda: self.cancel())

    @property
    def running(self) -> bool:
        """Whether a generator is at work."""
        return self._stop is not None

    def start(self, make: Callable[[], Iterator[Any]]) -> None:
        """Run the generator that ``make`` returns, both in a thread of their own.

        A generator that is at work already is cancelled; its values are dropped.
        """
        self.cancel()
        self._stop, self._dropping = threading.Event(), False
        threading.Thread(target=self._work, args=(make, self._stop), name=NAME).start()

    def start_next(self, make: Callable[[], Iterator[Any]]) -> None:
        """Run a generator once the one at work, which is cancelled, has stopped.

        So no two are ever at work; of those that wait only the latest is run.
        """
        if self.running:
            self.cancel()
            self._waiting = make
        else:
            self.start(make)

    def cancel(self) -> None:
        """Stop at the next checkpoint, and drop what is on its way."""
        self._dropping, self._waiting = True, None
        self.finish()

    def finish(self) -> None:
        """Stop at the next checkpoint; values that are on their way still come."""
        if self._stop is not None:
            self._stop.set()

    def _work(self, make: Callable[[], Iterator[Any]], stop: threading.Event) -> None:
        """Go through the generator; the only method that runs in the thread."""
        failure = ""
        try:
            with cancellable(stop), closing(_closable(make())) as values:
                for value in values:
                    self._came.emit(stop, value)
                    if stop.is_set() or not threading.main_thread().is_alive():
                        break
        except Cancelled:
            pass  # what came before is there
        except Exception as error:  # noqa: BLE001  whatever it is, it is shown
            failure = one_line(error)
        with suppress(RuntimeError):  # the widget may be gone
            self._done.emit(stop, failure)

    def _on_came(self, stop: threading.Event, value: Any) -> None:
        if self._stop is stop and not self._dropping:
            self.yielded.emit(value)

    def _on_done(self, stop: threading.Event, failure: str) -> None:
        if self._stop is not stop:  # replaced by a later start
            return
        self._stop = None
        if failure:
            self.failed.emit(failure)
        self.ended.emit(stop.is_set())
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not self.running:
            self.start(waiting)


def _closable(values: Iterator[Any]) -> Generator[Any, None, None]:
    yield from values
