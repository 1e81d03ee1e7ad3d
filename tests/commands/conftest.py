"""The command line as scripts see it, and images to run it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from napari_mobile_unet.commands.app import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def run() -> Callable[..., Result]:
    """Return a function that runs a command, given its arguments."""

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return invoke


def squares(count: int) -> np.ndarray:
    """Return a plane with some bright squares."""
    plane = np.random.default_rng(count).integers(10, 30, (64, 48)).astype(np.uint8)
    for y, x in [(4, 4), (30, 25), (50, 4)][:count]:
        plane[y : y + 12, x : x + 12] = 220
    return plane


@pytest.fixture
def plane_of() -> Callable[[int], np.ndarray]:
    """Return a function from a number of squares to a plane with them."""
    return squares


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """Return a calibrated ImageJ time-lapse of three planes and two channels."""
    path = tmp_path / "cells.tif"
    signal = np.stack([squares(count) for count in (1, 2, 3)])
    both = np.stack([np.zeros_like(signal), signal], axis=1)
    tifffile.imwrite(
        path,
        both,
        imagej=True,
        resolution=(2, 2),
        metadata={"axes": "TCYX", "unit": "um", "finterval": 5},
    )
    return path


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    iio.imwrite(path, squares(2))
    return path
