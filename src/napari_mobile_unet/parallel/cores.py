"""How many processor cores the work in hand may use."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

from napari_mobile_unet.parallel.cancel import follow, stop_events

THREADS_OF_A_WORKER = "OMP_NUM_THREADS"
"""Environment variable that says how many threads a worker may use; Dask sets it."""

_share = threading.local()
_most: int | None = None


def limit_cores(most: int) -> None:
    """Have this process use no more cores from now on than these; 0 for all."""
    global _most
    _most = most or None


def process_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        there = len(os.sched_getaffinity(0))
    else:
        there = os.cpu_count() or 1
    return min(there, _most or there)


def assigned_cores() -> int | None:
    """Return how many cores this worker was assigned, if it was assigned any."""
    number = os.environ.get(THREADS_OF_A_WORKER, "").split(",")[0]
    return int(number) if number.isdigit() and int(number) else None


def usable_cores() -> int:
    """Return how many cores this thread may use to compute."""
    cores = assigned_cores() or process_cores()
    return max(1, cores // getattr(_share, "parts", 1))


def sharing_threads(
    parts: int, name: str, stop: threading.Event | None = None
) -> ThreadPoolExecutor:
    """Return threads that share this thread's cores in equal parts.

    Two networks with all cores each would wait for each other at every layer.

    Parameters
    ----------
    parts : int
        Number of threads.
    name : str
        Of the threads.
    stop : threading.Event, optional
        Stops their work at its next checkpoint, as do the events of this thread.
    """
    divided = parts * getattr(_share, "parts", 1)
    events = (*stop_events(), *([stop] if stop else []))

    def share() -> None:
        _share.parts = divided
        follow(events)

    return ThreadPoolExecutor(parts, f"mobile-unet {name}", share)
