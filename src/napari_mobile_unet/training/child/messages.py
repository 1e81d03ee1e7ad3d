"""How a child process talks with its parent.

It is told what to do in lines on standard input, of which the last one, or the end,
stops it; its messages go out as lines of JSON on standard output.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable


class Parent:
    """The process that started this one.

    Attributes
    ----------
    stopped : threading.Event
        Set once the parent wants no more, see `listen`.
    """

    def __init__(self) -> None:
        # TensorFlow's own lines must not come between the messages.
        self._messages: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._writing = threading.Lock()
        self.stopped = Event()
        # Where a console is shared (Windows), only the parent decides when to stop.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def say(self, kind: str, **content: object) -> None:
        """Send a message; nothing happens if the parent has died."""
        with self._writing, suppress(BrokenPipeError):
            self._messages.write(json.dumps({"kind": kind, **content}) + "\n")
            self._messages.flush()

    def read(self) -> str:
        """Wait for a line; it is empty once there is no parent."""
        return sys.stdin.readline()

    def listen(self, then: Callable[[], object] = lambda: None) -> None:
        """Take the next line, or the end, for a wish to stop; do something more then.

        Parameters
        ----------
        then : callable
            Called in a thread.
        """

        def wait() -> None:
            self.read()
            self.stopped.set()
            then()

        threading.Thread(target=wait, daemon=True).start()


def serve(work: Callable[[Parent], None]) -> int:
    """Do the work for the parent; return the exit status.

    Parameters
    ----------
    work : callable
        What it raises for unusable input becomes the message "error".
    """
    parent = Parent()
    try:
        work(parent)
    except (ValueError, OSError) as error:
        parent.say("error", message=str(error))
        return 1
    return 0
