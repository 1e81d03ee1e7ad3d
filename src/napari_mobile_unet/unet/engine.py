"""Prediction: planes to maps, tile by tile, on LiteRT.

Importing this room costs nothing heavy: LiteRT (43 MB) is loaded with the first
network. Where it has no wheel, TensorFlow takes its place in a child process,
since it must never share a process with a window's OpenGL.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import defaultdict, deque
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from itertools import product
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np

from napari_mobile_unet.parallel.cancel import checkpoint
from napari_mobile_unet.parallel.cores import usable_cores
from napari_mobile_unet.unet.model import TILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_mobile_unet.types import Floats
    from napari_mobile_unet.unet.model import Model, Precision

HALO = 16
"""Pixels at a tile's rim that are computed and thrown away: there the network
sees too little around them."""

STEP = TILE - 2 * HALO
"""Pixels from one tile to the next, in networks as they are exported now."""
REMEMBERED = 3
"""Tiles whose maps an engine keeps: as a rule no more looks at an image are made."""

_making = threading.Lock()


class Engine(Protocol):
    """Runs a network on single tiles."""

    @property
    def tile(self) -> int:
        """Height and width in pixels of the tile that the network takes."""
        ...

    def run(self, tile: Floats) -> Floats:
        """Return the maps (y, x, maps) of a tile (y, x, channels)."""
        ...


class LiteRT:
    """The network on LiteRT, with the cores that the calling thread may use.

    An interpreter is not safe to be run by two threads at once, so each borrows one;
    Python's own lock is released while it computes.
    """

    def __init__(self, network: Path) -> None:
        self._network = network
        self._idle: defaultdict[int, list[Any]] = defaultdict(list)
        with self._borrowed() as interpreter:
            details = interpreter.get_input_details()[0]
            self._input, self._tile = details["index"], int(details["shape"][1])
            self._output = interpreter.get_output_details()[0]["index"]
        self._last: deque[tuple[Floats, Floats]] = deque(maxlen=REMEMBERED)

    @property
    def tile(self) -> int:
        """Height and width in pixels of the tile that the network takes."""
        return self._tile

    def run(self, tile: Floats) -> Floats:
        """Return the maps (y, x, maps) of a tile (y, x, channels), which is kept."""
        # A look at an image is a tile of its segmentation.
        for seen, maps in list(self._last):
            if np.array_equal(tile[0], seen[0]) and np.array_equal(tile, seen):
                return maps
        with self._borrowed() as interpreter:
            interpreter.set_tensor(self._input, tile[None])
            interpreter.invoke()
            maps = np.asarray(interpreter.get_tensor(self._output)[0])
        self._last.append((tile, maps))
        return maps

    @contextmanager
    def _borrowed(self) -> Iterator[Any]:
        """Lend an interpreter that nobody else runs; make one if there is none."""
        cores = usable_cores()
        idle = self._idle[cores]
        try:
            interpreter = idle.pop()
        except IndexError:
            interpreter = self._interpreter(cores)
        yield interpreter
        idle.append(interpreter)

    def _interpreter(self, threads: int) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        with _making, _without_greeting():
            interpreter = Interpreter(str(self._network), num_threads=threads)
            interpreter.allocate_tensors()
        return interpreter


@contextmanager
def _without_greeting() -> Iterator[None]:
    """Keep a line that LiteRT prints at its start off standard error.

    It comes from C++, and no setting turns it off.
    """
    try:
        kept = os.dup(2)
    except OSError:  # started without one, from a desktop
        yield
        return
    if sys.stderr:
        sys.stderr.flush()
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class TensorFlowChild:
    """The network on TensorFlow's own interpreter, in a child process."""

    def __init__(self, network: Path) -> None:
        from loky import ProcessPoolExecutor

        self._network = network
        self._pool = ProcessPoolExecutor(max_workers=1)
        self._tile: int = self._pool.submit(tile_of, str(network)).result()

    @property
    def tile(self) -> int:
        """Height and width in pixels of the tile that the network takes."""
        return self._tile

    def run(self, tile: Floats) -> Floats:
        """Return the maps (y, x, maps) of a tile (y, x, channels)."""
        maps = self._pool.submit(run_tensorflow, str(self._network), tile).result()
        return np.asarray(maps, np.float32)


def tile_of(network: str) -> int:
    """Return the tile of a network; for a process that draws no window."""
    return _tensorflow_interpreter(network)[1]


def run_tensorflow(network: str, tile: Floats) -> Floats:
    """Return the maps of a tile; for a process that draws no window."""
    return np.asarray(_tensorflow_interpreter(network)[0](tile), np.float32)


@lru_cache(maxsize=2)
def _tensorflow_interpreter(network: str) -> tuple[Any, int]:
    import tensorflow as tf

    runner = tf.lite.Interpreter(model_path=network, num_threads=os.cpu_count())
    signature = runner.get_signature_runner()
    ((entry, details),) = signature.get_input_details().items()
    (exit_,) = signature.get_output_details()
    tile = int(details["shape"][1])
    return (lambda image: signature(**{entry: image[None]})[exit_][0]), tile


@lru_cache(maxsize=4)
def _load(network: Path, checksum: str) -> Engine:
    """Return the engine of a network file; the checksum renews it."""
    if find_spec("ai_edge_litert") is None:
        return TensorFlowChild(network)
    return LiteRT(network)


def predict(plane: Floats, model: Model, precision: Precision = "auto") -> Floats:
    """Return the maps of one plane of any size.

    Parameters
    ----------
    plane : ndarray of float32
        (Y, X) or (Y, X, channels), normalised as the model's card says.
    model : Model
        The model.
    precision : {"auto", "fp32", "int8"}
        Of the network; see `Model.network`.

    Returns
    -------
    ndarray of float32
        (Y, X, maps), each between 0 and 1.

    Raises
    ------
    ValueError
        If the model has no network of that precision.
    """
    network = model.network(precision)
    engine = _load(network, model.card.files[network.name])
    image = np.atleast_3d(plane).astype(np.float32, copy=False)
    height, width = image.shape[:2]
    channels = model.card.architecture.channels
    maps = np.empty((height, width, len(model.card.architecture.maps)), np.float32)
    for rows, columns in product(
        _tiles(height, engine.tile), _tiles(width, engine.tile)
    ):
        checkpoint()
        inside, outside = zip(rows, columns, strict=True)
        tile = engine.run(_cut(image, outside, engine.tile, channels))
        maps[inside] = tile[
            tuple(
                slice(i.start - o.start, i.stop - o.start)
                for i, o in zip(inside, outside, strict=True)
            )
        ]
    return maps


def _tiles(length: int, tile: int = TILE) -> Iterator[tuple[slice, slice]]:
    """Yield, along one axis, what a tile gives and what it sees.

    What it sees is always ``tile`` long and may reach beyond the plane's end.
    """
    if length <= tile:
        yield slice(0, length), slice(0, tile)
        return
    for start in range(0, length - 2 * HALO, tile - 2 * HALO):
        first = start == 0
        last = start + tile >= length
        yield (
            slice(
                start if first else start + HALO,
                length if last else start + tile - HALO,
            ),
            slice(start, start + tile),
        )


def _cut(image: Floats, where: tuple[slice, ...], size: int, channels: int) -> Floats:
    """Return a copy of a tile; beyond the plane's end the image is mirrored.

    A network for colour takes grey as three equal channels.
    """
    tile = image[where]
    missing = [size - length for length in tile.shape[:2]]
    if any(missing):
        widths = ((0, missing[0]), (0, missing[1]), (0, 0))
        tile = np.pad(tile, widths, mode="symmetric")
    if tile.shape[2] < channels:
        return np.asarray(cv2.cvtColor(tile, cv2.COLOR_GRAY2RGB), np.float32)
    return np.array(tile, order="C")
