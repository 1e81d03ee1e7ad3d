"""Prediction where LiteRT has no wheel: TensorFlow's interpreter in a child process.

TensorFlow must never share a process with a window's OpenGL.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.types import Floats


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
    runner.allocate_tensors()
    (entry,), (exit_,) = runner.get_input_details(), runner.get_output_details()

    def run(image: Floats) -> Any:
        runner.set_tensor(entry["index"], image[None])
        runner.invoke()
        return runner.get_tensor(exit_["index"])[0]

    return run, int(entry["shape"][1])
