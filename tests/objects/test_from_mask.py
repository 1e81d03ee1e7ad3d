from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from napari_mobile_unet.objects.from_mask import Objects, label_mask
from napari_mobile_unet.objects.labels import fill_holes
from napari_mobile_unet.unet.card import Decoding
from napari_mobile_unet.unet.decoding import MIN_CORE, decode

KEEP_ALL = Objects(min_size=1, fill_holes=False, split=False)


def disc(shape: tuple[int, int], y: float, x: float, radius: float) -> np.ndarray:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


def maps_of(*discs: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return ideal maps of discs (y, x, radius) on a plane of 64²."""
    rows, columns = np.ogrid[:64, :64]
    foreground = np.zeros((64, 64), np.float32)
    distance = np.zeros((64, 64), np.float32)
    for y, x, radius in discs:
        relative = 1 - np.hypot(rows - y, columns - x) / radius
        distance = np.maximum(distance, relative).astype(np.float32)
        foreground[relative >= 0] = 0.9
    return foreground, distance


def test_touching_discs_are_two_objects_cut_between_their_centres() -> None:
    foreground, distance = maps_of((32, 20, 10), (32, 38, 10))
    labels = decode(np.dstack([foreground, distance]), Objects()).labels
    assert labels.max() == 2
    assert labels[32, 20] != labels[32, 38]
    assert np.array_equal(labels > 0, foreground > 0.5)
    left, right = np.bincount(labels.ravel())[1:]
    assert abs(left - right) <= 25  # the ridge is one pixel wide


def test_confidence_is_the_mean_probability_of_each_object() -> None:
    foreground, distance = maps_of((16, 16, 8), (48, 48, 8))
    foreground[:32] *= 0.7 / 0.9
    found = decode(np.dstack([foreground, distance]), Objects())
    first = found.labels[16, 16] - 1
    assert found.confidence[first] == pytest.approx(0.7, abs=1e-5)
    assert found.confidence[1 - first] == pytest.approx(0.9, abs=1e-5)


def test_objects_of_little_confidence_are_left_out_if_asked() -> None:
    foreground, distance = maps_of((16, 16, 8), (48, 48, 8))
    foreground[:32] *= 0.7 / 0.9
    found = decode(np.dstack([foreground, distance]), Objects(), min_confidence=0.8)
    assert found.labels.max() == len(found.confidence) == 1
    assert found.labels[48, 48] == 1
    assert found.confidence[0] == pytest.approx(0.9, abs=1e-5)


def test_foreground_without_a_core_is_an_object_of_its_own() -> None:
    foreground, distance = maps_of((32, 20, 10), (32, 50, 6))
    distance[:, 40:] *= 0.3
    labels = decode(np.dstack([foreground, distance]), Objects()).labels
    assert labels.max() == 2
    assert labels[32, 50] > 0


def test_touching_discs_of_a_mask_are_split_only_if_asked() -> None:
    mask = disc((64, 64), 32, 20, 11) | disc((64, 64), 32, 40, 11)
    assert label_mask(mask, Objects()).max() == 2
    assert label_mask(mask, Objects(split=False)).max() == 1


def test_a_single_disc_stays_one_object_at_every_size() -> None:
    for radius in (3, 5, 9, 20, 30):
        mask = disc((80, 80), 40, 40, radius)
        assert label_mask(mask, Objects()).max() == 1, radius


def test_an_object_cut_by_the_edge_stays_whole() -> None:
    mask = disc((64, 64), 0, 32, 12) | disc((64, 64), 40, 63, 12)
    assert label_mask(mask, Objects()).max() == 2


def test_small_objects_are_dropped_and_ids_have_no_gaps() -> None:
    mask = np.zeros((20, 40), bool)
    mask[2:4, 2:4] = True  # 4 pixels
    mask[8:14, 8:14] = True  # 36 pixels
    mask[8:14, 20:26] = True
    labels = label_mask(mask, Objects(min_size=10, split=False))
    assert np.array_equal(np.unique(labels), [0, 1, 2])
    assert labels[3, 3] == 0


def test_border_objects_are_dropped_only_if_asked() -> None:
    mask = np.zeros((30, 30), bool)
    mask[0:8, 0:8] = mask[15:22, 15:22] = True
    assert label_mask(mask, Objects()).max() == 2
    labels = label_mask(mask, Objects(drop_border=True))
    assert labels.max() == 1
    assert labels[18, 18] == 1


def test_a_hole_within_one_object_is_filled_and_one_between_two_is_not() -> None:
    ring = disc((64, 64), 32, 32, 12) & ~disc((64, 64), 32, 32, 3)
    filled = label_mask(ring, Objects(split=False))
    assert filled[32, 32] == 1
    assert label_mask(ring, KEEP_ALL)[32, 32] == 0
    foreground, distance = maps_of((32, 20, 10), (32, 38, 10))
    foreground[30:35, 27:32] = 0
    labels = decode(np.dstack([foreground, distance]), Objects()).labels
    assert labels[32, 29] == 0


def test_smoothing_removes_a_thin_bridge() -> None:
    mask = disc((64, 64), 32, 15, 9) | disc((64, 64), 32, 48, 9)
    mask[32, 15:48] = True
    assert label_mask(mask, Objects(split=False)).max() == 1
    assert label_mask(mask, Objects(split=False, smooth=2)).max() == 2


@given(hnp.arrays(bool, st.tuples(st.integers(1, 24), st.integers(1, 24))))
def test_splitting_never_adds_or_loses_a_pixel(mask: np.ndarray) -> None:
    labels = label_mask(mask, Objects(min_size=1, fill_holes=False))
    assert np.array_equal(labels > 0, mask)
    ids = np.unique(labels[labels > 0])
    assert np.array_equal(ids, np.arange(1, len(ids) + 1))


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_decoding_any_maps_gives_the_foreground(seed: int, y: int, x: int) -> None:
    rng = np.random.default_rng(seed)
    foreground, distance = rng.random((2, y, x), dtype=np.float32)
    found = decode(
        np.dstack([foreground, distance]), Objects(min_size=1, fill_holes=False)
    )
    assert np.array_equal(found.labels > 0, foreground > 0.5)
    assert len(found.confidence) == found.labels.max(initial=0)
    assert (found.confidence > 0.5).all()
    assert (found.confidence <= 1).all()


@given(st.integers(0, 2**32 - 1), st.floats(0.3, 0.7), st.sampled_from([4, 16]))
def test_every_core_becomes_one_object(seed: int, level: float, size: int) -> None:
    rng = np.random.default_rng(seed)
    foreground, distance = rng.random((2, 40, 50), dtype=np.float32)
    foreground = ndimage.gaussian_filter(foreground, 1.5) * 2 - 0.5
    distance = ndimage.gaussian_filter(distance, 1.5) * 2 - 0.5
    core = (distance > 0.6) & (foreground > level)
    cores, count = ndimage.label(core, np.ones((3, 3)))
    sizes = ndimage.sum_labels(core, cores, np.arange(count + 1))
    core &= (sizes >= MIN_CORE)[cores]
    cores, count = ndimage.label(core, np.ones((3, 3)))
    pieces, n_pieces = ndimage.label(foreground > level)
    every = decode(
        np.dstack([foreground, distance]),
        Objects(min_size=1, fill_holes=False),
        Decoding(foreground=level),
    )
    labels = every.labels
    bare = n_pieces - np.unique(pieces[core]).size
    assert labels.max() == count + bare
    for number in range(1, count + 1):
        assert np.unique(labels[cores == number]).size == 1
    for number in range(1, labels.max() + 1):
        assert ndimage.label(labels == number, np.ones((3, 3)))[1] == 1
    # The larger ones, and their confidence, are those of all.
    some = decode(
        np.dstack([foreground, distance]),
        Objects(min_size=size, fill_holes=False),
        Decoding(foreground=level),
    )
    large = np.flatnonzero(np.bincount(labels.ravel())[1:] >= size)
    assert np.array_equal(some.labels > 0, np.isin(labels, large + 1))
    assert np.array_equal(some.confidence, every.confidence[large])


@pytest.mark.parametrize("turns", range(4))
def test_a_hole_that_one_pixel_of_another_object_closes_stays(turns: int) -> None:
    labels = np.zeros((9, 9), np.int32)
    labels[2:5, 3:6], labels[3, 4], labels[4, 4] = 1, 0, 2
    labels = np.ascontiguousarray(np.rot90(labels, turns))
    before = labels.copy()
    fill_holes(labels)
    assert np.array_equal(labels, before)


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_holes_are_filled_like_one_by_one(noise: np.ndarray) -> None:
    mask = noise % 4 > 0
    own = label_mask(mask, Objects(min_size=1, fill_holes=False, split=False))
    expected = own.copy()
    holes, count = ndimage.label(own == 0)
    framed = np.pad(own == 0, 1, constant_values=True)
    outside = ndimage.label(framed)[0][1:-1, 1:-1] == 1
    for number in range(1, count + 1):
        hole = holes == number
        around = np.unique(own[ndimage.binary_dilation(hole, np.ones((3, 3)))])
        if not outside[hole].any() and len(around) == 2:  # 0 and an object
            expected[hole] = around[1]
    filled = label_mask(mask, Objects(min_size=1, split=False))
    assert np.array_equal(filled, expected)


def test_nothing_gives_nothing() -> None:
    empty = np.zeros((8, 8), np.float32)
    found = decode(np.dstack([empty, empty]), Objects())
    assert found.labels.max() == 0
    assert found.confidence.shape == (0,)
    assert label_mask(np.zeros((1, 1), bool), Objects()).tolist() == [[0]]


def test_a_spacing_beyond_the_plane_splits_nothing() -> None:
    mask = disc((48, 32), 12, 16, 9) | disc((48, 32), 31, 16, 11)  # they touch
    assert label_mask(mask, Objects(spacing=10)).max() == 2
    for spacing in (100, 2000):
        assert np.array_equal(label_mask(mask, Objects(spacing=spacing)), mask)


def test_a_plane_full_of_foreground_is_split_in_no_time_and_in_few() -> None:
    mask = np.ones((1024, 1024), bool)  # minutes, were its discs laid over all pixels
    assert 1 <= label_mask(mask, Objects()).max() <= 4


def test_large_objects_that_touch_are_split() -> None:
    mask = disc((700, 1200), 350, 330, 250) | disc((700, 1200), 350, 820, 250)
    labels = label_mask(mask, Objects())
    assert labels.max() == 2
    assert labels[350, 330] != labels[350, 820]
