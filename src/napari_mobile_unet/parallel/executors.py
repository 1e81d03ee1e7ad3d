"""Where the work is done: threads, processes, or the workers of a Dask cluster."""

from __future__ import annotations

import logging
import threading
from collections import deque
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from napari_mobile_unet.parallel.cancel import checkpoint
from napari_mobile_unet.parallel.cores import (
    THREADS_OF_A_WORKER,
    assigned_cores,
    process_cores,
    sharing_threads,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Work = TypeVar("Work")
Result = TypeVar("Result")

THREADS, PROCESSES, CLUSTER = "threads", "processes", "tcp://"
AHEAD = 2
"""Planes that one process works on at a time, unless there are fewer."""
POLL = 0.1
"""Seconds between two checks whether work in other processes is still wanted."""
DEATHS = 3
"""How often workers may die before the work is given up."""

_log = logging.getLogger(__name__)


def check_executor(name: str) -> None:
    """Refuse an executor that does not exist.

    Raises
    ------
    ValueError
        If it is neither threads, processes nor the address of a cluster.
    """
    if name not in (THREADS, PROCESSES) and not name.startswith(CLUSTER):
        raise ValueError(
            f"an executor must be threads, processes or tcp://HOST:PORT of a Dask "
            f"scheduler; received {name!r}; choose one of these"
        )


def count_workers(name: str, workers: int | None) -> int:
    """Return the number of workers: as many as asked for, else one for each core."""
    return workers or process_cores()


@contextmanager
def open_executor(
    name: str, workers: int | None = None
) -> Iterator[tuple[Executor, int]]:
    """Open an executor for the duration of a ``with`` block.

    Parameters
    ----------
    name : str
        "threads", "processes" or the address of a Dask scheduler, "tcp://…".
    workers : int, optional
        Threads or processes; one for each core by default. A cluster has its own.

    Yields
    ------
    executor : Executor
        Of ``concurrent.futures``.
    capacity : int
        Pieces of work that it is given at a time: all workers are busy, and a piece
        or more waits.

    Raises
    ------
    ValueError
        If the name is unknown, or `distributed` is not installed.
    OSError
        If the cluster does not answer.
    """
    check_executor(name)
    number = count_workers(name, workers)
    stop = threading.Event()
    if name == THREADS:
        pool: Executor = sharing_threads(number, "worker", stop)
    elif name == PROCESSES:
        from loky import ProcessPoolExecutor

        each = str(max(1, process_cores() // number))
        pool = ProcessPoolExecutor(
            number, env={THREADS_OF_A_WORKER: each}, timeout=None
        )
    else:
        with _cluster(name) as (pool, threads):
            yield pool, 2 * max(1, threads)
        return
    try:
        yield pool, number + 1
    finally:
        stop.set()
        pool.shutdown(wait=True, **_cancelling(pool))


def _cancelling(pool: Executor) -> dict[str, bool]:
    """Return the keyword that drops work not yet begun; loky has one of its own."""
    return (
        {"cancel_futures": True}
        if isinstance(pool, ThreadPoolExecutor)
        else {"kill_workers": True}
    )


@contextmanager
def _cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """Open the executor of a Dask cluster; yield it and the number of its threads."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ValueError(
            f"a cluster needs the package distributed, which is not installed; "
            f'received {address}; install it: pip install "napari-mobile-unet[cluster]"'
        ) from error
    try:
        client = Client(address, timeout="20s")
    except (OSError, TimeoutError) as error:
        raise OSError(
            f"a Dask scheduler must answer at {address}, but none does; "
            "start one with `dask scheduler`, or correct the address"
        ) from error
    with client:
        try:
            threads = sum(client.nthreads().values())
            yield client.get_executor(pure=False), threads
        except Exception as error:
            if not type(error).__module__.startswith("distributed"):
                raise
            reason = " ".join(str(error).split())
            raise OSError(
                f"the cluster at {address} failed ({reason:.200}); finished planes are "
                "kept: repair the cluster, then continue with --resume"
            ) from error


def iter_in_order(
    work: Callable[[Work], Result], pieces: Iterable[Work], ahead: int = AHEAD
) -> Iterator[Result]:
    """Yield the result of each piece of work, in order, while threads do the next.

    While one thread does what uses a single core, the others keep the rest busy: each
    may use its part of them.

    Parameters
    ----------
    work : function
        Of one piece; run in threads.
    pieces : iterable
        The work; at most ``ahead`` more pieces are taken than results are yielded.
    ahead : int
        Number of threads, and of pieces that are worked on ahead of the caller.
    """
    waiting: deque[Future[Result]] = deque()
    stop = threading.Event()
    with sharing_threads(ahead, "plane", stop) as pool:
        try:
            for piece in pieces:
                waiting.append(pool.submit(work, piece))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            stop.set()
            for future in waiting:
                future.cancel()


def iter_as_completed(
    work: Callable[[Work], Result],
    pieces: Iterable[Work],
    name: str = THREADS,
    workers: int | None = None,
) -> Iterator[Result]:
    """Yield the result of each piece of work when it is done, in any order.

    Only a few more pieces than there are workers are handed out at a time. If worker
    processes die, new ones repeat their work.

    Parameters
    ----------
    work : function
        Of one piece; for processes and clusters it and its pieces are pickled.
    pieces : iterable
        The work.
    name, workers
        As for ``open_executor``.

    Raises
    ------
    OSError
        If workers keep dying.
    Cancelled
        If the work of this thread was cancelled; see ``checkpoint``.
    """
    waiting = deque(pieces)
    deaths = 0
    while waiting:
        running: dict[Any, Work] = {}
        try:
            with open_executor(name, workers) as (pool, capacity):
                while waiting or running:
                    while waiting and len(running) < capacity:
                        future = pool.submit(work, waiting[0])
                        running[future] = waiting.popleft()
                    checkpoint()
                    ended = wait(running, POLL, return_when=FIRST_COMPLETED).done
                    for future in [each for each in running if each in ended]:
                        result = future.result()
                        del running[future]
                        yield result
        except BrokenExecutor as error:
            waiting.extendleft(running.values())
            deaths += 1
            if deaths > DEATHS:
                raise OSError(
                    f"worker processes died {deaths} times, most likely for lack of "
                    "memory; use fewer workers"
                ) from error
            _log.warning("A worker process died; its work is repeated.")


def use_few_threads() -> None:
    """Keep OpenCV within the threads that this worker may use."""
    import cv2  # slow, and nothing else here needs it

    cores = assigned_cores()
    if cores is not None:
        cv2.setNumThreads(cores)
