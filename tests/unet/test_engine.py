from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.parallel.cores import sharing_threads
from napari_mobile_unet.samples import sample_path
from napari_mobile_unet.unet.engine import (
    HALO,
    STEP,
    LiteRT,
    TileCache,
    predict,
)
from napari_mobile_unet.unet.model import TILE, load_model
from napari_mobile_unet.unet.segment import UNet


class Echo:
    """An engine that shows what it was given: the first channel, and where."""

    def __init__(self, tile: int = TILE) -> None:
        self.tile = tile
        self.tiles_run = 0

    def run(self, tile: np.ndarray) -> np.ndarray:
        self.tiles_run += 1
        assert tile.shape[:2] == (self.tile, self.tile)
        rows, columns = np.indices(tile.shape[:2], np.float32)
        return np.stack([tile[..., 0], rows, columns], axis=-1)


@given(st.integers(1, 500), st.integers(1, 150))
def test_tiles_cover_a_plane_once_and_keep_their_halo(height: int, width: int) -> None:
    plane = np.random.default_rng(0).random((height, width), dtype=np.float32)
    maps = predict(plane, load_model("nuclei"), engine=Echo(tile=64))
    assert np.array_equal(maps[..., 0], plane)
    for axis, length in enumerate((height, width)):
        place = np.indices(plane.shape)[axis]
        within = maps[..., 1 + axis]
        first = place - within
        assert (within[first > 0] >= HALO).all()
        assert (within[first + 64 < length] < 64 - HALO).all()


@pytest.mark.parametrize("shape", [(1, 1), (TILE, TILE), (TILE + 1, 1300)])
def test_tiles_of_the_size_of_the_shipped_network(shape: tuple[int, int]) -> None:
    plane = np.random.default_rng(0).random(shape, dtype=np.float32)
    maps = predict(plane, load_model("nuclei"), engine=Echo())
    assert maps.shape == (*shape, 3)
    assert np.array_equal(maps[..., 0], plane)


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


def test_a_colour_image_and_its_grey_both_fit() -> None:
    model = load_model("nuclei")
    channels = model.card.architecture.channels
    plane = np.random.default_rng(0).random((40, 30, channels), dtype=np.float32)
    assert np.array_equal(predict(plane, model, engine=Echo())[..., 0], plane[..., 0])
    assert predict(plane[..., 0], model, engine=Echo()).shape == (40, 30, 3)


@pytest.mark.parametrize("shape", [(33, 47), (TILE + 1, 20)])
def test_an_image_is_averaged_with_itself_turned(shape: tuple[int, int]) -> None:
    model = load_model("nuclei")
    plane = np.random.default_rng(0).random(shape, dtype=np.float32)
    once = UNet(limits=(0, 1), diameter=model.card.diameter, mirror="never")
    upright = once.maps(plane, model)
    turned = once.maps(np.flip(plane, (0, 1)), model)
    mean = (upright + np.flip(turned, (0, 1))) / 2
    assert not np.array_equal(mean, upright)
    assert np.array_equal(once.replace(mirror="always").maps(plane, model), mean)
    auto = once.replace(mirror="auto").maps(plane, model)
    assert np.array_equal(auto, mean if max(shape) <= TILE else upright)


def test_threads_at_once_give_what_one_gives() -> None:
    model = load_model("nuclei")
    runs = LiteRT(model.network("auto"))
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


def test_a_cached_tile_is_taken_for_the_same_place_and_pixels_only() -> None:
    model, echo, cache = load_model("nuclei"), Echo(), TileCache()
    plane = np.random.default_rng(0).random((700, 700), dtype=np.float32)
    predict(plane[STEP:], model, engine=echo, cache=cache.at(STEP, 0))
    assert echo.tiles_run == 2
    for pixels, computed in ((plane, 3), (plane + 1, 4), (np.flip(plane), 4)):
        echo.tiles_run = 0
        maps = predict(pixels, model, engine=echo, cache=cache)
        assert echo.tiles_run == computed
        assert np.array_equal(maps, predict(pixels, model, engine=echo))


@pytest.mark.parametrize("shape", [(300, 400), (1100, 600)])
def test_the_tile_of_the_search_is_kept_for_the_segmentation(
    shape: tuple[int, int],
) -> None:
    nuclei = read_stack(sample_path("nuclei_timelapse.tif")).plane(0)
    plane = np.tile(nuclei, (5, 3))[: shape[0], : shape[1]]
    model, cache = load_model("nuclei"), TileCache()
    fitted = UNet().fit([plane], cache=cache)
    assert fitted == UNet().fit([plane])
    assert fitted.limits is not None
    normal = model.card.normalisation.apply(plane, fitted.limits)
    echo = Echo()
    predict(normal, model, engine=echo, cache=cache)
    tiles = np.ceil((np.array(shape) - 2 * HALO) / STEP).prod()
    assert echo.tiles_run == tiles - 1
    again, anew = (fitted.segment(plane, Objects(), kept) for kept in (cache, None))
    assert np.array_equal(again.labels, anew.labels)
    assert np.array_equal(again.confidence, anew.confidence)


def test_a_start_without_standard_error_is_no_fault() -> None:
    code = (
        "import numpy as np, napari_mobile_unet as nmu; "
        "nmu.segment(np.zeros((64, 64), np.uint8)); print('done')"
    )
    command = f'"{sys.executable}" -c "{code}" 2>&-'
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, text=True)
    assert done.stdout == "done\n"
