"""Training runs in a child process, which keeps TensorFlow out of this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from napari_mobile_unet.training.job import TrainingJob, check_job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


STOP_SECONDS = 900
"""How long a stopped child may take to tune and save what it has learnt."""


KILLED = 9
"""SIGKILL, which a process cannot tell of itself."""
NO_MEMORY = (
    "MemoryError",
    "can't start new thread",
    "bad_alloc",
    "Resource temporarily unavailable",
    "ResourceExhaustedError",
)
"""What Python, C++ and TensorFlow say at last if memory has run out."""
LAST = 2000
"""Characters of the output that are its last words."""
REMEDY = "close other programs, or choose fewer or smaller images"


class JobError(Exception):
    """The child process refused its job or died.

    Not a ``RuntimeError``: napari's workers swallow those.
    """


class Died(JobError):
    """The child process ended without a word: it crashed, or somebody killed it."""

    def __init__(self, status: int, log: IO[str]) -> None:
        log.seek(0)
        text = log.read().strip()
        last = (text.splitlines() or ["no output"])[-1]
        if KILLED in (status, -status) and not text:
            last = f"it was killed, as systems do when memory runs out; {REMEDY}"
        elif any(each in text[-LAST:] for each in NO_MEMORY):
            last = f"memory ran out; {REMEDY}"
        super().__init__(f"the training process ended with {status}: {last}")


@dataclass(frozen=True)
class RunningTraining:
    """A training in progress: its messages as they come, and how to stop it."""

    messages: Iterator[dict[str, Any]]
    """The first has ``kind`` "ready" (images, validation, objects), the last one "done"
    (epochs, ap, minutes, output). Between them come an "epoch" (epoch, loss, ap,
    minutes, share) for each epoch, and "stopping" once ``stop`` was called."""
    stop: Callable[[], None]
    """End the training after the current batch, then tune and save the model. Any
    thread or signal handler may call it, more than once."""


@contextmanager
def training(job: TrainingJob) -> Iterator[RunningTraining]:
    """Train in a child process, which does not outlive this block.

    Leaving the block early stops the training and still saves the model;
    `KeyboardInterrupt` discards it.

    Raises
    ------
    ValueError, OSError
        If there is nothing to train on, or the output folder cannot be used.
    JobError
        If the child refused the job or died; the message is one line.
    """
    check_job(job)
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log,
        _child("napari_mobile_unet.training.child.trainer", log) as child,
    ):
        assert child.stdin is not None
        child.stdin.write(job.to_json() + "\n")
        child.stdin.flush()
        try:
            messages = _iter_messages(job, child, log)
            yield RunningTraining(messages, child.stdin.close)
        except KeyboardInterrupt:
            child.kill()
            raise
        finally:
            child.stdin.close()
            child.wait(STOP_SECONDS)


def iter_messages(
    child: subprocess.Popen[str], log: IO[str]
) -> Iterator[dict[str, Any]]:
    """Yield what a child says, to its end.

    Raises
    ------
    JobError
        If it refuses its job; `Died` if it ends without a word.
    """
    assert child.stdout is not None
    for line in child.stdout:
        message: dict[str, Any] = json.loads(line)
        if message["kind"] == "error":
            raise JobError(message["message"])
        yield message
    if child.wait() != 0:
        raise Died(child.returncode, log)


def _iter_messages(
    job: TrainingJob, child: subprocess.Popen[str], log: IO[str]
) -> Iterator[dict[str, Any]]:
    """Yield what a child says; should it die, tell where its model so far is."""
    try:
        yield from iter_messages(child, log)
    except Died as error:
        if not job.unfinished.is_dir():
            raise
        raise JobError(
            f"{error}; the model so far is {job.unfinished}: continue from it with "
            "--from"
        ) from error


@contextmanager
def _child(module: str, log: IO[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a module in a child process that cannot outlive this block."""
    with start_child(module, log) as child:
        try:
            yield child
        finally:
            child.kill()


def start_child(module: str, log: IO[str]) -> subprocess.Popen[str]:
    """Run a module in a child process, with pipes for its input and output."""
    # TensorFlow's start-up messages tell a person nothing that they could act on.
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        encoding="utf-8",
        env=environment,
        # A terminal that sends Ctrl-C, or is closed, does so to the parent alone.
        start_new_session=True,
    )
