"""Progress of a job: in its dock, and among napari's own activities."""

from __future__ import annotations

import time
from io import StringIO
from typing import TYPE_CHECKING, Any

from napari.utils import cancelable_progress
from qtpy.QtCore import QObject, QTimer
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.runs.estimate import duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_mobile_unet.widgets.shared.job import Job

FOLLOWS_AFTER = 100
"""Milliseconds after which napari's own bar follows."""
FORETOLD_FROM = 1.0
"""Seconds of work from which on the time that is left is foretold."""


class JobBar(QWidget):
    """Progress of a job, and a button to cancel it; hidden while nothing runs.

    Parameters
    ----------
    job : Job
        The job.
    """

    def __init__(self, job: Job, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job = job
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.label = QLabel()
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setToolTip("Stop; what is finished is kept")
        row = QHBoxLayout()
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.label)
        layout.addLayout(row)
        self._text, self._first, self._begun = "", 0, 0.0
        self._what = "plane"
        self._activity = _Activity(self)
        self.cancel_button.clicked.connect(lambda _: self.cancel())
        job.ended.connect(lambda _: self._end())
        self.destroyed.connect(self._activity.close)
        self.hide()

    def begin(
        self, text: str, total: int, done: int = 0, *, what: str = "plane"
    ) -> None:
        """Show the bar, at ``done`` of ``total`` planes, or what else is counted.

        A total of 0 means that nobody knows.
        """
        self._what = what
        self._text, self._first, self._begun = text, done, time.monotonic()
        self.bar.setRange(0, total)
        self._set(done)
        self.cancel_button.setEnabled(True)
        self._activity.show(text, done, total)
        self._say()
        self.show()

    def advance(self) -> None:
        """Show that one more is done."""
        self._set(self.bar.value() + 1)
        self._activity.show(self._text, self.bar.value(), self.bar.maximum())
        if self.cancel_button.isEnabled():
            self._say()

    def cancel(self) -> None:
        """Stop the job at its next checkpoint."""
        self.cancel_button.setEnabled(False)
        self.label.setText("Stopping …")
        self._job.finish()

    def _set(self, done: int) -> None:
        """Move the bar; Qt would draw the whole window at once, before it goes on."""
        self.bar.setUpdatesEnabled(False)
        self.bar.setValue(done)
        self.bar.setUpdatesEnabled(True)

    def _say(self) -> None:
        done, total = self.bar.value(), self.bar.maximum()
        if not total:
            self.label.setText(f"{self._text} …")
            return
        what = f"{self._what}{'s' * (total != 1)}"
        self.label.setText(f"{self._text}: {done} of {total} {what}{self._left()}")

    def _left(self) -> str:
        """Return how long the other planes will take, once that is known."""
        took, done = time.monotonic() - self._begun, self.bar.value() - self._first
        if took < FORETOLD_FROM or done < 1:
            return ""
        seconds = took / done * (self.bar.maximum() - self.bar.value())
        return f", about {duration(seconds)} left"

    def _end(self) -> None:
        self.hide()
        self._activity.show("", 0, 0)


class _Activity(QObject):
    """Follows a job in napari's activity dock.

    napari works off all that is waiting whenever a bar of its own moves. That must not
    happen while a value of the job is taken up, or the next one would come in between:
    its bar follows a moment later.

    Parameters
    ----------
    bar : JobBar
        Whose Cancel it shares.
    """

    def __init__(self, bar: JobBar) -> None:
        super().__init__()
        self._cancel = bar.cancel
        self._wanted = "", 0, 0
        self._shown: tuple[str, int] | None = None
        self._bar: _Cancellable | None = None
        self._at_work = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(FOLLOWS_AFTER)
        self._later.timeout.connect(self._follow)

    def show(self, text: str, done: int, total: int) -> None:
        """Show how far a job is; without a text there is none."""
        self._wanted = text, done, total
        if not self._later.isActive():
            self._later.start()

    def close(self) -> None:
        """Take the bar away at once, when the job's dock goes."""
        self._wanted = "", 0, 0
        self._later.stop()
        self._take_away()

    def _take_away(self) -> None:
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.close()

    def _follow(self) -> None:
        if self._at_work:  # and this is among what napari works off for it
            self._later.start()
            return
        self._at_work = True
        try:
            self._move(*self._wanted)
        finally:
            self._at_work = False

    def _move(self, text: str, done: int, total: int) -> None:
        if self._bar is not None and self._shown != (text, total):
            self._take_away()
        if text and self._bar is None:
            self._shown = text, total
            self._bar = _Cancellable(self._cancel, desc=text, total=total, initial=done)
            if not self._wanted[0]:  # it ended while napari made the bar
                self._take_away()
        elif text and self._bar is not None:
            self._bar.update(done - self._bar.n)


class _Cancellable(cancelable_progress):
    """A bar of napari's whose Cancel works though nothing iterates over it."""

    def __init__(self, stop: Callable[[], None], **settings: Any) -> None:
        self._stop = stop
        super().__init__(file=StringIO(), **settings)  # not on the terminal, too

    def cancel(self) -> None:
        """Stop the job."""
        super().cancel()
        self._stop()
