from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from hypothesis import given
from hypothesis import strategies as st

from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.parallel.cores import sharing_threads
from napari_mobile_unet.samples import sample_path
from napari_mobile_unet.unet import engine
from napari_mobile_unet.unet.engine import HALO, TILE, predict
from napari_mobile_unet.unet.model import load_model
from napari_mobile_unet.unet.segment import UNet


@given(st.integers(1, 4000))
def test_tiles_cover_an_axis_once_and_keep_their_halo(length: int) -> None:
    covered: list[int] = []
    for inside, outside in engine._tiles(length):
        assert outside.stop - outside.start == TILE
        assert outside.start <= inside.start < inside.stop <= outside.stop
        assert inside.start == 0 or inside.start - outside.start >= HALO
        assert inside.stop == length or outside.stop - inside.stop >= HALO
        covered.extend(range(inside.start, inside.stop))
    assert covered == list(range(length))


class Echo:
    """An engine each of whose three maps is the tile's first channel."""

    tile = TILE
    count = 0

    def run(self, tile: np.ndarray) -> np.ndarray:
        self.count += 1
        assert tile.shape[:2] == (TILE, TILE)
        return np.repeat(tile[..., :1], 3, axis=-1)


@pytest.mark.parametrize("shape", [(1, 1), (33, 7), (TILE, TILE), (TILE + 1, 1300)])
def test_tiles_are_put_back_where_they_came_from(
    shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_load", lambda *_: Echo())
    plane = np.random.default_rng(0).random(shape, dtype=np.float32)
    maps = predict(plane, load_model("nuclei"))
    assert maps.shape == (*shape, 3)
    assert np.array_equal(maps[..., 1], plane)


def test_tiled_maps_agree_with_those_of_one_tile() -> None:
    """The middle of a plane looks the same whichever tile it falls into."""
    model = load_model("nuclei")
    nuclei = read_stack(sample_path("nuclei_timelapse.tif")).plane(0)
    limits = model.card.normalisation.limits(nuclei)
    field = model.card.normalisation.apply(nuclei, limits)
    plane = np.tile(field, (4, 4))[: TILE + 188, :TILE]
    whole = predict(plane[:TILE], model)
    tiled = predict(plane, model)
    assert np.abs(whole[: TILE - HALO] - tiled[: TILE - HALO]).max() < 1e-5
    # Further down both look at the same pixels through different tiles.
    moved = predict(plane[188:], model)
    agree = np.abs(moved[HALO:] - tiled[188 + HALO :])
    assert np.median(agree) < 0.01 and agree.mean() < 0.02


def test_a_colour_image_and_its_grey_both_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_load", lambda *_: Echo())
    model = load_model("nuclei")
    channels = model.card.architecture.channels
    plane = np.random.default_rng(0).random((40, 30, channels), dtype=np.float32)
    assert np.array_equal(predict(plane, model)[..., 0], plane[..., 0])
    assert predict(plane[..., 0], model).shape == (40, 30, 3)


@pytest.mark.parametrize("shape", [(33, 47), (TILE + 1, 20)])
def test_an_image_is_turned_and_turned_back(
    shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Echo()
    monkeypatch.setattr(engine, "_load", lambda *_: runs)
    plane = np.random.default_rng(0).random(shape, dtype=np.float32)
    once = UNet(limits=(0, 1), diameter=20, mirror="never")
    model = load_model("nuclei")
    maps = once.maps(plane, model)
    tiles = runs.count
    for mirror, times in (("always", 2), ("auto", 2 if max(shape) <= TILE else 1)):
        runs.count = 0
        assert np.allclose(once.replace(mirror=mirror).maps(plane, model), maps)
        assert runs.count == times * tiles


def test_threads_at_once_get_interpreters_of_their_own() -> None:
    model = load_model("nuclei")
    network = model.network("auto")
    runs = engine.LiteRT(network)
    rng = np.random.default_rng(0)
    tiles = rng.random((4, TILE, TILE, 3), dtype=np.float32)
    alone = [runs.run(tile) for tile in tiles]
    meet = threading.Barrier(2)

    def both(tile: np.ndarray) -> np.ndarray:
        meet.wait()
        return runs.run(tile)

    with sharing_threads(2, "test") as pool:
        together = list(pool.map(both, tiles))
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one, other)
    assert 2 <= sum(len(idle) for idle in runs._idle.values()) <= 3


@pytest.mark.parametrize(("largest", "looks"), [(10, 1), (22, 3)])
def test_a_tile_of_the_first_look_is_not_computed_twice(
    largest: int, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:700, :700]
    radius = np.where((y // 50 % 2) & (x // 50 % 2), largest, 10)
    inside = 1 / (1 + np.exp(np.hypot(y % 50 - 25, x % 50 - 25) - radius))
    plane = (inside + rng.normal(0, 0.02, inside.shape)) * 200
    model = load_model("nuclei")
    unlooked = UNet(diameter=model.card.diameter).fit([plane]).maps(plane, model)
    invoked = []
    invoke = Interpreter.invoke
    monkeypatch.setattr(
        Interpreter, "invoke", lambda own: (invoked.append(own), invoke(own))
    )
    looked = UNet().fit([plane])
    assert (looked.diameter, len(invoked)) == (pytest.approx(20, rel=0.2), looks)
    assert np.array_equal(looked.maps(plane, model), unlooked)
    assert len(invoked) == looks + 3


def test_a_start_without_standard_error_is_no_fault() -> None:
    code = (
        "import numpy as np, napari_mobile_unet as nmu; "
        "nmu.segment(np.zeros((64, 64), np.uint8)); print('done')"
    )
    command = f'"{sys.executable}" -c "{code}" 2>&-'
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, text=True)
    assert done.stdout == "done\n"
