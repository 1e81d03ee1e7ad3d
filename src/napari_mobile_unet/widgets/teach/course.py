"""One teaching after the other, in a child process, as the page sees it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_mobile_unet.objects.classes import in_words
from napari_mobile_unet.parallel.cancel import Cancelled, checkpoint
from napari_mobile_unet.training.class_labels import default_names
from napari_mobile_unet.training.lesson_files import write_lessons
from napari_mobile_unet.training.lessons import check_lessons
from napari_mobile_unet.training.pupils import TeachingProcess, iter_teaching
from napari_mobile_unet.training.teach import Read, empty_job, read_subject
from napari_mobile_unet.training.teaching import channels_of
from napari_mobile_unet.unet.card import BACKGROUND
from napari_mobile_unet.unet.model import load_model
from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from napari_mobile_unet.training.lessons import Lesson
    from napari_mobile_unet.widgets.teach.subject_form import Wanted


@dataclass(frozen=True, eq=False)
class Candidate:
    """A taught model that nobody has kept yet.

    Parameters
    ----------
    folder : Path
        Of the model.
    parent : str
        What it was taught from; empty for a new network.
    gate : dict
        How the two compare: fields of a `GateRecord`.
    lessons : list of Lesson
        What it was taught with.
    """

    folder: Path
    parent: str
    gate: dict[str, Any]
    lessons: list[Lesson]


class Course(QObject):
    """Keeps a child process ready, has it learn, and tells what it says.

    The process is gone, with its memory, when a teaching has ended.
    """

    said = Signal(str)
    """What a person should read."""
    stepped = Signal(object)
    """A message of a step."""
    changed = Signal()
    """It is ready, busy, measuring, or at rest."""
    ended = Signal(object)
    """A teaching is over: the `Candidate`, or None if it failed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job, self._preparing = Job(self), Job(self)
        self.busy = False
        """Whether it learns or measures, or will as soon as it can."""
        self.state = ""
        """What it does now, in words; empty at rest."""
        self.process: TeachingProcess | None = None
        self._wanted: Wanted | None = None
        self._place: TemporaryDirectory[str] | None = None
        self._kept: TemporaryDirectory[str] | None = None
        self._read: Read | None = None
        self._minutes = 1.0
        self._done: dict[str, Any] | None = None
        self._begun = self._replaced = False
        self.job.yielded.connect(self._on_message)
        self.job.failed.connect(self._on_failed)
        self.job.ended.connect(self._on_ended)
        self._preparing.yielded.connect(self._on_prepared)
        self._preparing.failed.connect(self._on_refused)

    def warm(self, wanted: Wanted) -> None:
        """Have a process ready for a model, unless there is one or it learns."""
        if self.busy or (self.job.running and wanted == self._wanted):
            return
        self._start(wanted)

    def teach(
        self,
        wanted: Wanted,
        lessons: Callable[[], list[Lesson]],
        seconds: float,
        names: Sequence[str] = (),
    ) -> None:
        """Teach a model.

        Parameters
        ----------
        wanted : Wanted
            What is taught.
        lessons : callable
            Returns what it is taught with; called in a thread.
        seconds : float
            How long it learns.
        names : sequence of str
            Of classes that a new model is to tell; numbered unless given.
        """
        if self.busy:
            return
        self.busy, self._begun = True, False
        self._read, self._done = None, None
        self._minutes = seconds / 60
        if not (self.job.running and wanted == self._wanted):
            self._start(wanted)
        assert self._place is not None
        self._set("Reading the examples …")
        folder = Path(self._place.name) / "lessons"
        self._preparing.start_next(
            lambda: _iter_prepared(lessons, wanted, names, folder)
        )

    def stop(self) -> None:
        """End the learning; the best so far is measured, and becomes the candidate."""
        if self.busy and self._begun and self.process is not None:
            self._set("Stopping: the best so far is measured …")
            self.process.stop()
        elif self.busy:  # nothing is learnt yet
            self.busy = False
            self._preparing.cancel()
            self._set("Getting ready …" if self.job.running else "")
            self.ended.emit(None)

    def cool(self) -> None:
        """End a process that only waits, and give its memory back."""
        if not self.busy:
            self.job.cancel()
            self.process, self._wanted = None, None
            self._set("")

    def forget(self) -> None:
        """Remove the candidate's files, once it was kept or is not wanted."""
        if self._kept is not None:
            self._kept.cleanup()
            self._kept = None

    def close(self) -> None:
        """End everything, before the page goes."""
        self.busy = False
        self._preparing.cancel()
        self.job.cancel()
        self.forget()

    def _start(self, wanted: Wanted) -> None:
        self.process, self._wanted = None, wanted
        self._replaced = self.job.running
        place = TemporaryDirectory(
            prefix="mobile-unet-teach-", ignore_cleanup_errors=True
        )
        self._place = place
        self._set("Getting ready …")
        self.job.start_next(lambda: _iter_work(place, wanted))

    def _set(self, state: str) -> None:
        self.state = state
        self.changed.emit()

    def _on_prepared(self, read: Read) -> None:
        self._read = read
        if read.said:
            self.said.emit(read.said)
        self._begin()

    def _begin(self) -> None:
        """Begin, once both the process and the lessons are there."""
        process, read = self.process, self._read
        if self.busy and process is not None and read is not None:
            self._set("Waiting for the process …")
            self._begun = True
            architecture = process.job.architecture
            if read.classes:
                architecture = architecture.replace(maps=(BACKGROUND, *read.classes))
            process.begin(minutes=self._minutes, architecture=architecture)

    def _on_message(self, message: TeachingProcess | dict[str, Any]) -> None:
        if isinstance(message, TeachingProcess):
            self.process = message
            self._begin()
            return
        kind = message["kind"]
        if kind == "warm" and not self.busy:
            self._set("Ready")
        elif kind == "ready":
            learnt = f"from {counted(message['objects'], 'object')}"
            apart = message["apart"]
            if names := message["classes"]:
                learnt, apart = in_words(names), f"{apart} blocks of them"
            self._set(f"Learning {learnt}; {apart} are kept apart to measure on")
        elif kind == "step":
            self.stepped.emit(message)
        elif kind == "measuring":
            self._set("Comparing with the old model …")
        elif kind == "saving":
            self._set("Saving the taught model …")
        elif kind == "died":
            self._set("The best so far is measured …")
            self.said.emit(f"{message['message']}; what it had learnt is kept")
        elif kind == "done":
            self._done = message

    def _on_failed(self, text: str) -> None:
        self.said.emit(text)

    def _on_refused(self, text: str) -> None:
        """Say why the lessons are none; the process waits for others."""
        self.busy = False
        self.said.emit(text)
        self._set("Ready" if self.job.running else "")
        self.ended.emit(None)

    def _on_ended(self) -> None:
        if self._replaced:  # what has ended is a process that nobody waits for
            self._replaced = False
            return
        self.process, was_busy, self.busy = None, self.busy, False
        wanted, self._wanted = self._wanted, None
        self._set("")
        candidate = None
        if self._done is not None and wanted is not None:
            self.forget()
            self._kept, self._place = self._place, None
            candidate = Candidate(
                Path(self._done["output"]),
                wanted.parent,
                self._done["gate"],
                self._read.lessons if self._read else [],
            )
            self._done = None
        if was_busy:
            self.ended.emit(candidate)


def _iter_prepared(
    lessons: Callable[[], list[Lesson]],
    wanted: Wanted,
    names: Sequence[str],
    folder: Path,
) -> Iterator[Read]:
    """Yield the lessons once they lie in their folder, and how they were read.

    Those of other channels than the model sees are refused.
    """
    model = load_model(wanted.model) if wanted.model else None
    read = read_subject(lessons(), model, wanted.classes, names)
    check_lessons(read.lessons)
    channels_of(read.lessons, model)
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.npz"):
        old.unlink()
    write_lessons(folder, read.lessons)
    yield read


def _iter_work(
    place: TemporaryDirectory[str], wanted: Wanted
) -> Iterator[TeachingProcess | dict[str, Any]]:
    """Yield a process that gets ready, and then what it says, to its end.

    Only of a teaching that is done the folder stays.
    """
    done = False
    try:
        model = load_model(wanted.model) if wanted.model else None
        classes: tuple[str, ...] = ()
        if wanted.classes:  # how many there are is known once the labels are read
            own = model.card.architecture.classes if model else ()
            classes = own or default_names(1)
        kinds = {"colour": wanted.colour, "channels": wanted.channels}
        job = empty_job(Path(place.name), model, classes=classes, **kinds)
        process = TeachingProcess(job)
        try:
            yield process
            for message in iter_teaching(process, _look_up):
                done = message["kind"] == "done"
                yield message
        finally:
            process.close()
    finally:
        if not done:
            place.cleanup()


def _look_up() -> None:
    """Raise if nobody waits any longer."""
    checkpoint()
    if not threading.main_thread().is_alive():
        raise Cancelled
