"""The command line, one file a command, and how it is ended from outside.

This file imports next to nothing: who presses Ctrl+C while the rest is being imported
gets a line, too.
"""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED = 130
"""Exit status after Ctrl+C, as shells have it."""
TERMINATED = 143
"""Exit status after SIGTERM, as shells have it."""
STOPPED = "mobile-unet: stopped; nothing unfinished is left in the results"
"""What is said then."""
ENDS = [
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
]
"""By which the system ends a program: time is up, or the terminal was closed."""


class Terminated(KeyboardInterrupt):
    """The system ends the program, which happens as after Ctrl+C.

    What is unfinished is removed, and child processes end.
    """


def main() -> None:
    """Run the command line."""
    try:
        end_in_order()
        from napari_mobile_unet.commands.app import main as run

        run()
    except KeyboardInterrupt as interruption:  # between two commands' own lines
        sys.stderr.write(f"{STOPPED}\n")
        ended = isinstance(interruption, Terminated)
        sys.exit(TERMINATED if ended else INTERRUPTED)


def end_in_order() -> None:
    """Let SIGTERM and a closed terminal end the program as Ctrl+C does."""

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)  # the end is not to be interrupted
        raise Terminated

    for number in ENDS:
        # What somebody ignores, as nohup does, stays ignored.
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)


def end_at_once() -> None:
    """Let SIGTERM and a closed terminal end the program as ever: a window's way.

    What a person did there lies in its journal at every moment.
    """
    for number in ENDS:
        signal.signal(number, signal.SIG_DFL)
