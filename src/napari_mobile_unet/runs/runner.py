"""The planes of a run, worked on by whoever is told the run's folder."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from napari_mobile_unet.images.pixels import single_channel
from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.images.windows import is_large
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.parallel.executors import THREADS, iter_done, use_few_threads
from napari_mobile_unet.runs.store import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_mobile_unet.images.grid import Channel
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.runs.fit import Fitted


_opening = threading.Lock()


@dataclass(frozen=True)
class Work:
    """Some planes of a run; small, since it is sent to other processes.

    Parameters
    ----------
    source : str
        Path of the image, that every worker can read.
    axes : str, optional
        As given by the person.
    channel : int, "mean" or "max", optional
        The channel to look at.
    folder : str
        Of the run, that every worker can write to.
    key : str
        The run's own, so that nothing is kept of an earlier run in this folder.
    numbers : range
        Of the planes.
    """

    source: str
    axes: str | None
    channel: Channel | None
    folder: str
    key: str
    numbers: range


def iter_work(
    works: list[Work], executor: str = THREADS, workers: int | None = None
) -> Iterator[int]:
    """Yield how many planes more are done, in any order; see ``iter_done``.

    Raises
    ------
    OSError, ValueError, MemoryError
        If a plane cannot be read, does not fit its recipe, or cannot be kept.
    """
    try:
        yield from iter_done(do, works, executor, workers)
    finally:
        _opened.cache_clear()  # an image may be as large as half of the memory


def do(work: Work) -> int:
    """Segment the planes of a piece of work; return how many these were."""
    source = (work.source, work.axes, work.channel)
    with _opening:  # threads that begin together read it once
        stack, run, fitted = _opened(*source, work.folder, work.key)
    do_planes(run, stack, fitted, work.numbers)
    return len(work.numbers)


@lru_cache(maxsize=2)
def _opened(
    source: str, axes: str | None, channel: Channel | None, folder: str, key: str
) -> tuple[Stack, Run, Fitted]:
    """Open what a piece of work is about; once for all pieces of a run."""
    use_few_threads()
    run = Run(Path(folder))
    found, fitted = run.fitted
    if found != key:
        raise OSError(
            f"the run in {folder} was begun anew by another process; start again"
        )
    stack = as_stack(read_stack(source, axes), None, channel)
    return stack, run, fitted


def do_planes(run: Run, stack: Stack, fitted: Fitted, numbers: range) -> None:
    """Segment some planes of a stack, and keep what was found.

    Where memory does not last for all of them, half of them are tried at a time.

    Raises
    ------
    OSError
        If a plane cannot be read, or its labels cannot be written.
    MemoryError
        If memory does not last for a single plane.
    """
    if is_large(stack.plane_shape):
        for number in numbers:
            run.write(number, stack, fitted, None)
        return
    try:
        planes = stack.batch(numbers.start, numbers.stop)
        for number, plane in zip(numbers, planes, strict=True):
            run.write(number, stack, fitted, single_channel(plane))
    except MemoryError:
        if len(numbers) == 1:
            raise
        half = len(numbers) // 2
        do_planes(run, stack, fitted, numbers[:half])
        do_planes(run, stack, fitted, numbers[half:])
