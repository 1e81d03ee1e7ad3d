"""Work that nobody waits for any more stops at its next checkpoint, in any thread."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_of_thread = threading.local()


class Cancelled(Exception):
    """The work was cancelled; what was finished before is kept."""


def stop_events() -> tuple[threading.Event, ...]:
    """Return what may stop the work of this thread."""
    events: tuple[threading.Event, ...] = getattr(_of_thread, "events", ())
    return events


def follow(events: tuple[threading.Event, ...]) -> None:
    """Let these events stop the work of this thread, a new one."""
    _of_thread.events = events


@contextmanager
def cancellable(stop: threading.Event) -> Iterator[None]:
    """Let an event stop the work of this block, and of the threads that it starts."""
    before = stop_events()
    follow((*before, stop))
    try:
        yield
    finally:
        follow(before)


def checkpoint() -> None:
    """Go on if the work of this thread is still wanted.

    Cheap: called between tiles, blocks and planes.

    Raises
    ------
    Cancelled
        If it was cancelled.
    """
    if any(event.is_set() for event in stop_events()):
        raise Cancelled("the work was cancelled")
