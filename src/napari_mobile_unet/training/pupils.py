"""The process that a model is taught in, as its parent sees it."""

from __future__ import annotations

import queue
import tempfile
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from napari_mobile_unet.training.process import (
    Died,
    JobError,
    iter_messages,
    start_child,
)

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Generator

    from napari_mobile_unet.training.teaching import TeachingJob

MODULE = "napari_mobile_unet.training.child.teacher"
"""What the child process runs."""
OFTEN = 0.1
"""Seconds between two looks whether somebody wants to end the waiting."""

Message = dict[str, Any]
"""What a child says: its ``kind``, and more."""


class TeachingProcess:
    """A child process that gets ready for a job, and begins when it is told to.

    To import TensorFlow and to build the network takes seconds, in which a person still
    chooses what to teach.

    Parameters
    ----------
    job : TeachingJob
        The job; its lessons need not lie in their folder before ``begin``.
    """

    def __init__(self, job: TeachingJob) -> None:
        self.job = job
        log: IO[str] = tempfile.TemporaryFile(  # noqa: SIM115  its reader closes it
            "w+", encoding="utf-8", errors="replace"
        )
        self._child = start_child(MODULE, log)
        self._said: queue.SimpleQueue[Message | JobError | None] = queue.SimpleQueue()
        # A pipe cannot be waited for with an end in sight on every system.
        threading.Thread(
            target=_read, args=(self._child, log, self._said), daemon=True
        ).start()
        self._write(job.to_json())

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._child.poll() is None

    def iter_messages(
        self, look_up: Callable[[], object] = lambda: None
    ) -> Generator[Message, None, None]:
        """Yield what the child says, to its end.

        "warm"; once it was begun "ready" (planes, objects, apart), a "step" (step,
        loss, ap, share, seconds) now and then, "measuring", "saving", and "done"
        (steps, seconds, output, gate).

        Parameters
        ----------
        look_up : callable
            Called while nothing comes; it may raise.

        Raises
        ------
        JobError
            If the child refuses its job; `Died` if it ends without a word.
        """
        while True:
            look_up()
            with suppress(queue.Empty):
                said = self._said.get(timeout=OFTEN)
                if said is None:
                    return
                if isinstance(said, JobError):
                    raise said
                yield said

    def begin(self, **changes: object) -> None:
        """Have it learn from the lessons as soon as it is ready.

        Parameters
        ----------
        **changes
            Fields of the job that are decided only now: how long, for one.
        """
        self.job = self.job.replace(**changes)
        self._write(self.job.model_dump_json(include=set(changes)))

    def stop(self) -> None:
        """End the learning after the step in hand; the best so far is measured."""
        self._write("")

    def close(self) -> None:
        """End the process, whatever it does; its memory is free again after that."""
        self._child.kill()
        self._child.wait()
        assert self._child.stdin is not None
        with suppress(OSError):
            self._child.stdin.close()

    def _write(self, line: str) -> None:
        assert self._child.stdin is not None
        # If the child has died, its messages tell of it.
        with suppress(OSError, ValueError):
            self._child.stdin.write(line + "\n")
            self._child.stdin.flush()


def _read(
    child: subprocess.Popen[str],
    log: IO[str],
    said: queue.SimpleQueue[Message | JobError | None],
) -> None:
    """Hand on all that a child says; None at its end."""
    assert child.stdout is not None
    with log, child.stdout:
        try:
            for message in iter_messages(child, log):
                said.put(message)
            said.put(None)
        except JobError as error:
            said.put(error)
        except ValueError as error:  # half a line: it died while it spoke
            said.put(JobError(f"the training process broke off: {error}"))


def iter_teaching(
    process: TeachingProcess, look_up: Callable[[], object] = lambda: None
) -> Generator[Message, None, None]:
    """Yield the messages of a teaching, to its end.

    Should the process die, what it had learnt is measured and saved by another one,
    after the message "died" (message).

    Parameters
    ----------
    process : TeachingProcess
        It is closed at the end.
    look_up : callable
        As for `TeachingProcess.iter_messages`.

    Raises
    ------
    JobError
        If the job was refused, or the process died before anything was learnt.
    """
    try:
        yield from process.iter_messages(look_up)
        return
    except Died as error:
        job = process.job
        if job.learnt is not None or not job.best_so_far.is_file():
            raise
        message = str(error)
    finally:
        process.close()
    yield {"kind": "died", "message": message}
    again = TeachingProcess(job.replace(learnt=job.best_so_far))
    again.begin()
    try:
        yield from again.iter_messages(look_up)
    finally:
        again.close()
