"""Runs the networks of a model once, in a process of its own.

Started as ``python -m napari_mobile_unet.models.trial FOLDER``; the last line on
standard error says what is wrong.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from napari_mobile_unet.unet.engine import load_engine
from napari_mobile_unet.unet.model import NETWORK, QUANTISED, TILE, Model, Precision

PRECISIONS: dict[str, Precision] = {NETWORK: "fp32", QUANTISED: "int8"}
"""Of the networks, by their files."""


def try_networks(model: Model) -> None:
    """Run each network on one tile.

    Raises
    ------
    ValueError
        If a network takes or gives something else than the card says.
    """
    architecture = model.card.architecture
    for file, precision in PRECISIONS.items():
        if file not in model.card.files:
            continue
        engine = load_engine(model, precision)
        if engine.tile > 2 * TILE:
            raise ValueError(f"{file} takes tiles of {engine.tile} pixels")
        shape = (engine.tile, engine.tile, architecture.channels)
        noise = np.random.default_rng(0).random(shape, np.float32)
        maps = engine.run(noise)
        expected = (engine.tile, engine.tile, len(architecture.maps))
        if maps.shape != expected:
            raise ValueError(f"{file} gives maps of {maps.shape}, not {expected}")
        if not (maps.min() >= 0 and maps.max() <= 1):  # also true for NaN
            raise ValueError(f"{file} gives values beyond 0 to 1")


if __name__ == "__main__":
    try:
        try_networks(Model(Path(sys.argv[1])))
    except (ValueError, RuntimeError, OSError, MemoryError) as error:
        sys.exit(" ".join(str(error).split()) or type(error).__name__)
