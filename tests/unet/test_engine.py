from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_mobile_unet.unet import engine
from napari_mobile_unet.unet.engine import HALO, TILE, predict
from napari_mobile_unet.unet.model import load_model


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
    """An engine whose maps are the tile itself, twice."""

    def run(self, tile: np.ndarray) -> np.ndarray:
        assert tile.shape == (TILE, TILE, 1)
        return np.repeat(tile, 2, axis=-1)


@pytest.mark.parametrize("shape", [(1, 1), (33, 7), (512, 512), (513, 1100)])
def test_tiles_are_put_back_where_they_came_from(
    shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_load", lambda *_: Echo())
    plane = np.random.default_rng(0).random(shape, dtype=np.float32)
    maps = predict(plane, load_model("nuclei"))
    assert maps.shape == (*shape, 2)
    assert np.array_equal(maps[..., 1], plane)


def test_tiled_maps_agree_with_those_of_one_tile() -> None:
    """The middle of a plane looks the same whichever tile it falls into."""
    model = load_model("nuclei")
    rng = np.random.default_rng(1)
    plane = rng.random((700, 512), dtype=np.float32)
    whole = predict(plane[:512], model)
    tiled = predict(plane, model)
    assert np.abs(whole[: 512 - HALO] - tiled[: 512 - HALO]).max() < 1e-5
    # Further down both look at the same pixels through different tiles.
    moved = predict(plane[188:], model)
    agree = np.abs(moved[HALO:] - tiled[188 + HALO :])
    assert np.median(agree) < 0.01
