"""The one runner: planes through a recipe into a store, wherever the work is done."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from typing import TYPE_CHECKING

from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.images.windows import is_large
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.parallel.cancel import checkpoint
from napari_mobile_unet.parallel.executors import (
    AHEAD,
    THREADS,
    iter_as_completed,
    use_few_threads,
)
from napari_mobile_unet.runs.disk_store import DiskStore
from napari_mobile_unet.runs.plane import find_in_blocks, find_objects
from napari_mobile_unet.runs.reading import Batch, batches
from napari_mobile_unet.runs.result import PlaneResult

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.runs.fit import Fitted
    from napari_mobile_unet.runs.store import Store
    from napari_mobile_unet.types import Channel
    from napari_mobile_unet.unet.engine import TileCache

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
    cache: TileCache | None = None,
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
    cache : TileCache, optional
        As ``fit`` filled it for the only plane of the stack; for threads.

    Raises
    ------
    OSError, ValueError, MemoryError
        If a plane cannot be read, does not fit its recipe, or cannot be kept.
    Cancelled
        If the work of the calling thread was cancelled.
    """
    options = options or RunOptions()
    todo = batches(stack, store.done, options.batch_size or 1, options.first)
    if options.executor == THREADS:
        segment = partial(segment_plane_of, stack, fitted, store, cache=cache)
        numbers = iter_batches(todo, segment, options.workers)
    elif source is None or not isinstance(store, DiskStore):
        raise ValueError(
            "other processes need an image file and a folder to write to; received an "
            "array; save it, or choose the executor 'threads'"
        )
    else:
        key, folder = store.start[0], store.folder.resolve()
        pieces = [_Piece(source, folder, key, batch.numbers) for batch in todo]
        workers = min(options.workers or AHEAD, max(1, len(pieces)))
        elsewhere = iter_as_completed(
            _segment_elsewhere, pieces, options.executor, workers
        )
        numbers = chain.from_iterable(elsewhere)
    for number in numbers:
        yield PlaneResult(number, stack.index(number), fitted, store.read(number))


def iter_batches(
    todo: Sequence[Batch], do: Callable[[Batch, int], None], workers: int | None = None
) -> Iterator[int]:
    """Do something with each plane of batches, in threads; yield which are done.

    Parameters
    ----------
    todo : sequence of Batch
        The planes, in the order in which they are begun.
    do : callable
        Takes a plane from its batch; run in threads.
    workers : int, optional
        How many threads, ``AHEAD`` unless given; no more than there are planes.
    """
    pieces = [(batch, number) for batch in todo for number in batch.order]

    def work(piece: tuple[Batch, int]) -> int:
        checkpoint()
        do(*piece)
        return piece[1]

    number_of_threads = min(workers or AHEAD, max(1, len(pieces)))
    yield from iter_as_completed(work, pieces, workers=number_of_threads)


def segment_plane_of(
    stack: Stack,
    fitted: Fitted,
    store: Store,
    batch: Batch,
    number: int,
    *,
    cache: TileCache | None = None,
) -> None:
    """Segment a plane, a large one block by block, and keep what was found.

    Raises
    ------
    OSError
        If the plane cannot be read, or its labels cannot be written.
    MemoryError
        If memory does not last for a single plane.
    """
    if is_large(stack.plane_shape):
        canvas = store.canvas(number)
        objects, left_out = find_in_blocks(stack, number, fitted, canvas)
        store.write(number, None, objects, left_out)
    else:
        store.write(number, *find_objects(batch.take(number), fitted, cache))


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
    batch = Batch(stack, piece.numbers)
    for number in piece.numbers:
        segment_plane_of(stack, fitted, store, batch, number)
    return piece.numbers


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
