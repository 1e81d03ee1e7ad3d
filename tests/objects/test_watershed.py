"""The watershed against scikit-image's, which orders all pixels in one queue."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import label
from skimage.segmentation import watershed

from napari_mobile_unet.objects.watershed import flood


def seeds_of(core: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return an id for each core, and one for each piece of mask without any."""
    count, seeds = cv2.connectedComponents(core.view(np.uint8), connectivity=8)
    pieces = cv2.connectedComponents(mask.view(np.uint8), connectivity=4)[1]
    for piece in range(1, pieces.max() + 1):
        if not core[pieces == piece].any():
            seeds[pieces == piece] = count
            count += 1
    return seeds


@st.composite
def landscapes(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw cores, a mask and heights, no two alike, from rough to smooth."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    smooth = draw(st.sampled_from([0.1, 1.0, 2.0, 4.0]))
    rough = cv2.GaussianBlur(rng.random(shape), (0, 0), smooth).reshape(shape)
    height = np.empty(shape, np.float32)
    height.ravel()[np.argsort(rough, axis=None)] = np.arange(rough.size)
    height -= draw(st.sampled_from([0, rough.size // 2]))
    low = np.quantile(height, draw(st.floats(0, 0.9)))
    mask = height >= low
    if draw(st.booleans()):  # the summits
        core = height > np.quantile(height, draw(st.floats(0.5, 1)))
    else:  # anywhere
        core = rng.random(shape) < draw(st.floats(0, 0.3))
    return core & mask, mask, height


@given(landscapes())
def test_it_is_the_watershed_of_scikit_image(landscape) -> None:
    core, mask, height = landscape
    expected = watershed(-height, seeds_of(core, mask), mask=mask)
    assert np.array_equal(flood(core, mask, height[mask]), expected)


@given(landscapes(), st.sampled_from([1, 5, 100]))
def test_each_core_gets_one_connected_object(landscape, steps: int) -> None:
    core, mask, height = landscape
    height = np.floor(height / steps)  # with plateaus
    labels = flood(core, mask, height[mask])
    assert np.array_equal(labels > 0, mask)
    seeds = seeds_of(core, mask)
    assert np.array_equal(labels[core], seeds[core])
    assert labels.max() == seeds.max()
    for number in range(1, labels.max() + 1):
        own = labels == number
        assert label(own, connectivity=2).max() == 1
        # Each part of it in a piece of the mask holds a part of its seed.
        parts = label(own, connectivity=1)
        assert set(parts[own & (seeds == number)]) == set(range(1, parts.max() + 1))


@given(landscapes())
def test_a_part_of_a_plane_is_divided_as_in_the_whole(landscape) -> None:
    core, mask, height = landscape
    wide = ((3, 2), (1, 4))
    outer, around = (np.pad(plane, wide) for plane in (core, mask))
    labels = flood(outer, around, height[mask])
    assert np.array_equal(labels[3:-2, 1:-4] > 0, mask)
    inner = flood(core, mask, height[mask])
    pairs = np.unique([labels[3:-2, 1:-4][mask], inner[mask]], axis=1)
    assert pairs.shape[1] == inner.max() == labels.max()


def test_turned_masks_are_taken() -> None:
    rng = np.random.default_rng(0)
    maps = cv2.GaussianBlur(rng.random((60, 50, 2), np.float32), (0, 0), 2)
    height, mask = maps[..., 0], maps[..., 1] > 0.48
    core = mask & (height > 0.55)
    labels = flood(core, mask, height[mask])
    turned = np.asfortranarray(core), np.asfortranarray(mask)
    assert np.array_equal(labels, flood(*turned, height[mask]))


def test_a_hill_without_a_core_goes_over_its_highest_pass() -> None:
    #                  core         hill           core
    height = np.array([[9, 3, 5, 4, 7, 8, 7, 2, 5, 9]], np.float32)
    mask = height > 0
    expected = [[1, 1, 1, 1, 1, 1, 1, 2, 2, 2]]
    assert flood(height > 8, mask, height[mask]).tolist() == expected


def test_a_long_way_down_ends() -> None:
    side = 200
    mask = np.zeros((side, side), bool)
    mask[::2] = True
    mask[1::4, -1] = mask[3::4, 0] = True  # one path, to and fro
    core = np.zeros_like(mask)
    core[0, 0] = core[-2, 0] = True
    height = np.zeros((side, side), np.float32)
    labels = flood(core, mask, height[mask])
    assert np.array_equal(np.unique(labels), [0, 1, 2])
    assert np.array_equal(labels > 0, mask)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (5, 6)])
def test_without_a_mask_there_is_nothing(shape: tuple[int, int]) -> None:
    nothing = np.zeros(shape, bool)
    assert not flood(nothing, nothing, np.zeros(0, np.float32)).any()


def test_cores_below_the_smallest_size_do_not_count() -> None:
    mask = np.ones((9, 30), bool)
    core = np.zeros_like(mask)
    core[3:6, 3:6] = core[4, 14] = core[3:6, 24:27] = True
    height = np.random.default_rng(0).random(mask.shape, np.float32)
    assert set(np.unique(flood(core, mask, height[mask]))) == {1, 2, 3}
    labels = flood(core, mask, height[mask], min_core=2)
    assert set(np.unique(labels)) == {1, 2}
    assert labels[4, 4] != labels[4, 25]
    mask[:, 10:20] = False
    mask[4, 14] = True  # a piece whose only core is too small stays an object
    assert len(np.unique(flood(core, mask, height[mask], min_core=2))) == 4
