"""Prediction: planes to maps, tile by tile, on LiteRT.

Importing this module costs nothing heavy: LiteRT (43 MB) is loaded with the first
network. Where it has no wheel, TensorFlow takes its place, see ``TensorFlowChild``.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from itertools import product
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np

from napari_mobile_unet.parallel.cancel import checkpoint
from napari_mobile_unet.parallel.cores import usable_cores
from napari_mobile_unet.unet.model import TILE
from napari_mobile_unet.unet.tensorflow_child import TensorFlowChild

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_mobile_unet.types import Floats
    from napari_mobile_unet.unet.model import Model, Precision

HALO = 16
"""Pixels along a tile's edges that are computed and discarded: the network has too
little context there."""

STEP = TILE - 2 * HALO
"""Pixels from one tile to the next, in networks as they are exported now."""

_creating = threading.Lock()


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

    Two threads must not run one interpreter at once, so each borrows its own. The
    GIL is released while it computes.
    """

    def __init__(self, network: Path) -> None:
        self._network = network
        self._idle: defaultdict[int, list[Any]] = defaultdict(list)
        with self._borrowed() as interpreter:
            details = interpreter.get_input_details()[0]
            self._input, self._tile = details["index"], int(details["shape"][1])
            self._output = interpreter.get_output_details()[0]["index"]

    @property
    def tile(self) -> int:
        """Height and width in pixels of the tile that the network takes."""
        return self._tile

    def run(self, tile: Floats) -> Floats:
        """Return the maps (y, x, maps) of a tile (y, x, channels)."""
        with self._borrowed() as interpreter:
            interpreter.set_tensor(self._input, tile[None])
            interpreter.invoke()
            return np.asarray(interpreter.get_tensor(self._output)[0])

    @contextmanager
    def _borrowed(self) -> Iterator[Any]:
        """Lend an interpreter that no other thread runs; create one if none is idle."""
        cores = usable_cores()
        idle = self._idle[cores]
        try:
            interpreter = idle.pop()
        except IndexError:
            interpreter = self._create(cores)
        yield interpreter
        idle.append(interpreter)

    def _create(self, threads: int) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        with _creating, _silent_stderr():
            # As bytes, since names of folders need not be UTF-8.
            path = os.fsencode(self._network)
            interpreter = Interpreter(path, num_threads=threads)
            interpreter.allocate_tensors()
        return interpreter


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Suppress a line that LiteRT prints at its start, which no setting turns off."""
    try:
        stderr = os.dup(2)
    except OSError:  # a program started from a desktop may have none
        yield
        return
    if sys.stderr:
        sys.stderr.flush()
    try:
        with open(os.devnull, "wb") as null:
            os.dup2(null.fileno(), 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


@lru_cache(maxsize=4)
def _load(network: Path, checksum: str) -> Engine:
    """Return the engine of a network file; the checksum renews it."""
    if find_spec("ai_edge_litert") is None:
        return TensorFlowChild(network)
    return LiteRT(network)


@dataclass(frozen=True, eq=False)
class TileCache:
    """The one tile of a plane that its segmentation need not compute again.

    The search for the diameter runs the network on a tile of the plane as it is, and
    the segmentation of that plane would run it on the same tile: of an image of one
    tile, a third of the work. A cache serves one plane and one model.

    Parameters
    ----------
    origin : tuple of int
        Row and column of the plane at which the image in hand begins.
    """

    origin: tuple[int, int] = (0, 0)
    _tiles: dict[tuple[int, int], tuple[Floats, Floats]] = field(default_factory=dict)
    """The first tile that the network was run on, and its maps, by its place."""

    def at(self, row: int, column: int) -> TileCache:
        """Return the same cache for a part of the plane that begins there."""
        return TileCache((row, column), self._tiles)

    def run(self, engine: Engine, tile: Floats, row: int, column: int) -> Floats:
        """Return the maps of the tile at a row and column of the image in hand."""
        place = self.origin[0] + row, self.origin[1] + column
        # With NaN, or a grey range of its own, the tile of the search may differ.
        if place in self._tiles and np.array_equal(self._tiles[place][0], tile):
            return self._tiles[place][1]
        maps = engine.run(tile)
        if not self._tiles:  # that of the search: to keep all would fill the memory
            self._tiles[place] = tile, maps
        return maps


def load_engine(model: Model, precision: Precision = "auto") -> Engine:
    """Return what runs a model's network; it is loaded once.

    Raises
    ------
    ValueError
        If the model has no network of that precision.
    """
    network = model.network(precision)
    return _load(network, model.card.files[network.name])


def predict(
    plane: Floats,
    model: Model,
    precision: Precision = "auto",
    *,
    engine: Engine | None = None,
    cache: TileCache | None = None,
) -> Floats:
    """Return the maps of one plane of any size.

    Parameters
    ----------
    plane : ndarray of float32
        (Y, X) or (Y, X, channels), normalised as the model's card says.
    model : Model
        The model.
    precision : {"auto", "fp32", "int8"}
        Of the network; see `Model.network`.
    engine : Engine, optional
        What runs the network, if not that of ``load_engine``.
    cache : TileCache, optional
        Tiles of this plane that need not be computed again.

    Returns
    -------
    ndarray of float32
        (Y, X, maps), each between 0 and 1.

    Raises
    ------
    ValueError
        If the model has no network of that precision.
    """
    engine = engine or load_engine(model, precision)
    image = np.atleast_3d(plane).astype(np.float32, copy=False)
    height, width = image.shape[:2]
    channels = model.card.architecture.channels
    maps = np.empty((height, width, len(model.card.architecture.maps)), np.float32)
    for rows, columns in product(
        _tiles(height, engine.tile), _tiles(width, engine.tile)
    ):
        checkpoint()
        inside, outside = zip(rows, columns, strict=True)
        tile = _cut(image, outside, engine.tile, channels)
        found = (
            cache.run(engine, tile, *(side.start for side in outside))
            if cache
            else engine.run(tile)
        )
        maps[inside] = found[
            tuple(
                slice(i.start - o.start, i.stop - o.start)
                for i, o in zip(inside, outside, strict=True)
            )
        ]
    return maps


def _tiles(length: int, tile: int = TILE) -> Iterator[tuple[slice, slice]]:
    """Yield, along one axis, the pixels that a tile gives and those that it takes.

    It takes ``tile`` pixels, which may reach beyond the plane's end.
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
    """Return a copy of a tile, mirrored beyond the plane's end.

    For a network for colour, grey becomes three equal channels.
    """
    tile = image[where]
    missing = [size - length for length in tile.shape[:2]]
    if any(missing):
        widths = ((0, missing[0]), (0, missing[1]), (0, 0))
        tile = np.pad(tile, widths, mode="symmetric")
    if tile.shape[2] < channels:
        return np.asarray(cv2.cvtColor(tile, cv2.COLOR_GRAY2RGB), np.float32)
    return np.array(tile, order="C")
