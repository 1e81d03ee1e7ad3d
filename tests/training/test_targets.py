from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_mobile_unet.training.targets import (
    FURTHEST,
    RIM,
    distance_to,
    gap_of,
    maps_of,
    targets_of,
)


def test_foreground_is_where_labels_are(squares: np.ndarray) -> None:
    assert np.array_equal(maps_of(targets_of(squares))[..., 0], squares > 0)


def test_distance_is_1_inside_every_object_and_dips_between_touching_ones(
    squares: np.ndarray,
) -> None:
    distance = maps_of(targets_of(squares))[..., 1]
    for label in (1, 3, 9):
        assert distance[squares == label].max() == pytest.approx(1)
    assert distance[9, 9] == distance[32, 32] == pytest.approx(1)
    assert distance[9, 14] == distance[9, 15] == pytest.approx(0.5 / RIM)
    assert (distance[squares == 0] == 0).all()
    assert (distance[squares > 0] > 0).all()


def test_the_rim_keeps_its_width_when_the_crop_is_scaled(squares: np.ndarray) -> None:
    labels = np.kron(squares, np.ones((4, 4), np.uint16))
    targets = targets_of(labels)
    smaller = targets * np.float32([1, 0.5, 0.5, 0.5])
    full, half = maps_of(targets)[..., 1], maps_of(smaller)[..., 1]
    middle = slice(16, 60), 38
    assert (full[middle] == 1).sum() > (half[middle] == 1).sum() > 0


@given(hnp.arrays(np.int32, (7, 9), elements=st.integers(0, 9)))
def test_the_gap_is_that_between_the_two_nearest_objects(labels: np.ndarray) -> None:
    each = [distance_to(labels == label) for label in np.unique(labels[labels > 0])]
    expected = np.full(labels.shape, FURTHEST)
    if len(each) > 1:
        expected = np.sum(np.sort(each, axis=0)[:2], axis=0)
    assert np.allclose(gap_of(labels), np.minimum(expected, FURTHEST), atol=1e-4)


def test_a_seam_runs_only_where_two_objects_meet(squares: np.ndarray) -> None:
    seam = maps_of(targets_of(squares))[..., 2]
    assert seam[9, 14] == seam[9, 15] == pytest.approx(1 - 1 / RIM)
    assert list(seam[9, 9:15]) == sorted(seam[9, 9:15])
    assert seam[9, 9] == seam[32, 32] == seam[0, 39] == 0


def test_errors_cost_more_at_seams_and_in_small_objects(squares: np.ndarray) -> None:
    squares[20:39, 8:27] = 2
    weight = maps_of(targets_of(squares))[..., 3]
    assert weight[9, 14] > 2 * weight[9, 9]
    assert weight[32, 32] > weight[9, 9] > weight[30, 17] == pytest.approx(1, abs=0.05)
    assert weight[0, 39] == pytest.approx(1)


def test_an_empty_label_image_gives_empty_maps() -> None:
    maps = maps_of(targets_of(np.zeros((8, 8), np.uint8)))
    assert not maps[..., :3].any()
    assert (maps[..., 3] == 1).all()
