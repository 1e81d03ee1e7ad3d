from __future__ import annotations

import shutil
from types import SimpleNamespace
from typing import TYPE_CHECKING

import dask.array as da
import numpy as np
import psutil
import pytest
import zarr

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.estimate import choose_batch_size, estimate
from napari_mobile_unet.runs.fit import fit
from napari_mobile_unet.runs.runner import RunOptions
from napari_mobile_unet.thresholding.threshold import Threshold

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = Recipe(segment=Threshold(values=(100.0,)))


@pytest.fixture
def stack() -> Stack:
    planes = np.random.default_rng(0).integers(0, 255, (40, 128, 128)).astype("uint8")
    return Stack(planes, "TYX", name="cells")


def available(monkeypatch: pytest.MonkeyPatch, memory: int) -> None:
    free = SimpleNamespace(available=memory)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)


def test_small_planes_are_read_together_and_large_ones_alone() -> None:
    assert choose_batch_size(Stack(da.zeros((99, 64, 64), chunks=1), "TYX")) == 16
    assert choose_batch_size(Stack(da.zeros((9, 9000, 9000)), "TYX")) == 1


def test_every_worker_gets_its_share() -> None:
    few = Stack(da.zeros((16, 64, 64), chunks=1), "TYX")
    assert choose_batch_size(few, workers=2) == 2
    assert choose_batch_size(few, workers=100) == 1


@pytest.mark.parametrize("depth", [5, 20])
def test_planes_of_a_chunk_are_read_at_one_go(depth: int) -> None:
    array = zarr.create_array(
        {}, shape=(60, 64, 64), chunks=(depth, 64, 64), dtype="uint8"
    )
    assert choose_batch_size(Stack(array, "ZYX")) % depth == 0
    lazy = da.zeros((60, 64, 64), chunks=(depth, 64, 64))
    assert choose_batch_size(Stack(lazy, "ZYX")) % depth == 0


def test_it_is_said_in_one_line(stack: Stack, tmp_path: Path) -> None:
    ahead = estimate(stack, fit(stack, RECIPE), RunOptions(workers=2), tmp_path)
    assert (ahead.planes, ahead.batch_size, ahead.workers) == (40, 5, 2)
    assert ahead.seconds > 0
    line = str(ahead)
    assert line.startswith("40 planes, 0.7 megapixels; about ")
    assert "2 at a time in batches of 5" in line


def test_fewer_at_a_time_where_memory_is_short(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    available(monkeypatch, 1_500_000)
    ahead = estimate(
        stack, fit(stack, RECIPE), RunOptions(workers=8, batch_size=1), tmp_path
    )
    assert ahead.workers == 1


def test_what_cannot_be_held_is_refused(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted, alone = fit(stack, RECIPE), RunOptions(workers=1, batch_size=1)
    available(monkeypatch, 500_000)
    with pytest.raises(MemoryError, match="128 × 128 needs about"):
        estimate(stack, fitted, alone, tmp_path)
    available(monkeypatch, 2**40)
    full = SimpleNamespace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(OSError, match="make room"):
        estimate(stack, fitted, alone, tmp_path)
