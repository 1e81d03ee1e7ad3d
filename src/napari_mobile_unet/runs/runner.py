"""The one runner: planes through a recipe into a store, wherever the work is done."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from napari_mobile_unet.images.pixels import single_channel
from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.images.windows import is_large
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.parallel.cancel import checkpoint
from napari_mobile_unet.parallel.executors import (
    AHEAD,
    THREADS,
    iter_done,
    use_few_threads,
)
from napari_mobile_unet.runs.disk_store import DiskStore
from napari_mobile_unet.runs.plane import find_in_blocks, find_objects
from napari_mobile_unet.runs.result import PlaneResult

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from napari_mobile_unet.images.grid import Channel
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.runs.fit import Fitted
    from napari_mobile_unet.runs.store import Store
    from napari_mobile_unet.types import Plane

_opening = threading.Lock()


@dataclass(frozen=True)
class RunOptions:
    """Where, and in which order, planes are worked on: no result depends on it."""

    executor: str = THREADS
    """threads, processes, or tcp://HOST:PORT of a Dask scheduler."""
    workers: int | None = None
    """How many; two unless given, which keeps memory low: one reads or decodes while
    the other one's network runs."""
    batch_size: int | None = None
    """Planes read together; as many as are best unless given."""
    first: int = 0
    """The plane to begin with; the others follow by their distance from it."""


@dataclass(frozen=True)
class Source:
    """How other processes open the image."""

    path: Path
    axes: str | None = None
    channel: Channel | None = None

    def open(self) -> Stack:
        """Return the image as a stack of one channel, or of RGB.

        Raises
        ------
        OSError, ValueError
            If it cannot be read so.
        """
        return as_stack(read_stack(self.path, self.axes), None, self.channel)


def iter_run(
    stack: Stack,
    fitted: Fitted,
    store: Store,
    options: RunOptions | None = None,
    source: Source | None = None,
) -> Generator[PlaneResult, None, None]:
    """Segment the planes that a store lacks, and yield each when it is kept.

    Planes come in any order, each with its own labels 1 to n; ``iter_numbered`` gives
    them the ids of the stack. Closing the generator, or cancelling the work of the
    calling thread, stops it within a tile; what is kept stays.

    Parameters
    ----------
    stack : Stack
        The image, of one channel or RGB.
    fitted : Fitted
        The recipe, fitted to the stack.
    store : Store
        Where the planes are kept; a ``DiskStore`` where other processes work.
    options : RunOptions, optional
        Where and in which order they are worked on.
    source : Source, optional
        Needed where other processes work: threads read the stack itself.

    Raises
    ------
    OSError, ValueError, MemoryError
        If a plane cannot be read, does not fit its recipe, or cannot be kept.
    Cancelled
        If the work of the calling thread was cancelled.
    """
    options = options or RunOptions()
    if options.executor == THREADS:
        do: Callable[[Any], range] = partial(segment_planes, stack, fitted, store)
        pieces: list[Any] = batches(stack, store.done, options)
    else:
        if source is None or not isinstance(store, DiskStore):
            raise ValueError(
                "other processes need an image file and a folder to write to; received "
                "an array; save it, or choose the executor 'threads'"
            )
        do, key = _segment_elsewhere, store.start[0]
        pieces = [
            _Piece(source, store.folder.resolve(), key, numbers)
            for numbers in batches(stack, store.done, options)
        ]
    workers = min(options.workers or AHEAD, max(1, len(pieces)))
    for numbers in iter_done(do, pieces, options.executor, workers):
        for number in numbers:
            yield PlaneResult(number, stack.index(number), fitted, store.read(number))


def batches(stack: Stack, done: set[int], options: RunOptions) -> list[range]:
    """Return runs of neighbouring planes that are not done, each read at one go."""
    todo = [number for number in range(stack.n_planes) if number not in done]
    # Not so many that a worker would have nothing to do.
    share = -(-len(todo) // (options.workers or AHEAD))
    size, found, start = min(options.batch_size or 1, share), [], 0
    for stop in range(1, len(todo) + 1):
        ended = stop == len(todo) or todo[stop] != todo[stop - 1] + 1
        if ended or stop - start == size:
            found.append(range(todo[start], todo[stop - 1] + 1))
            start = stop
    return sorted(found, key=lambda numbers: _distance(numbers, options.first))


def _distance(numbers: range, first: int) -> int:
    return min(abs(number - first) for number in numbers)


def segment_planes(stack: Stack, fitted: Fitted, store: Store, numbers: range) -> range:
    """Segment some neighbouring planes, keep what was found, and return which.

    Raises
    ------
    OSError
        If a plane cannot be read, or its labels cannot be written.
    MemoryError
        If memory does not last for a single plane.
    """
    if is_large(stack.plane_shape):
        for number in numbers:
            checkpoint()
            canvas = store.canvas(number)
            objects, left_out = find_in_blocks(stack, number, fitted, canvas)
            store.write(number, None, objects, left_out)
        return numbers

    def keep(number: int, plane: Plane) -> None:
        store.write(number, *find_objects(plane, fitted))

    return read_and_do(stack, numbers, keep)


def read_and_do(
    stack: Stack, numbers: range, do: Callable[[int, Plane], None]
) -> range:
    """Read planes together and do something with each.

    Where memory does not last for all of them, half of them are tried at a time.
    """
    try:
        planes = stack.batch(numbers.start, numbers.stop)
        for number, plane in zip(numbers, planes, strict=True):
            checkpoint()
            do(number, single_channel(plane))
    except MemoryError:
        if len(numbers) == 1:
            raise
        half = len(numbers) // 2
        read_and_do(stack, numbers[:half], do)
        read_and_do(stack, numbers[half:], do)
    return numbers


@dataclass(frozen=True)
class _Piece:
    """Some planes of a run; small, since it is sent to other processes."""

    source: Source
    folder: Path
    key: str
    numbers: range


def _segment_elsewhere(piece: _Piece) -> range:
    """Segment a piece, in a process that does not know its run yet."""
    with _opening:  # threads of a process that begin together read it once
        stack, fitted, store = _opened(piece.source, piece.folder, piece.key)
    return segment_planes(stack, fitted, store, piece.numbers)


@lru_cache(maxsize=2)
def _opened(source: Source, folder: Path, key: str) -> tuple[Stack, Fitted, DiskStore]:
    """Open what a piece is about; once for all pieces of a run."""
    use_few_threads()
    store = DiskStore(folder)
    found, fitted = store.start
    if found != key:
        raise OSError(
            f"the run in {folder} was started again by another process; "
            "wait for that one"
        )
    return source.open(), fitted, store
