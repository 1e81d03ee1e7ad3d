"""The median of large windows against sorting each window."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from napari_mobile_unet.preprocessing.median import LEVELS, large_median
from napari_mobile_unet.preprocessing.steps import Denoise


def sorted_median(plane: np.ndarray, radius: int) -> np.ndarray:
    padded = np.pad(plane, radius, mode="symmetric")
    windows = sliding_window_view(padded, (2 * radius + 1,) * 2)
    return np.median(windows, axis=(2, 3)).astype(plane.dtype)


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.integers(1, 8),
    st.sampled_from([np.uint16, np.float32]),
    st.sampled_from([2, 200, 2000, 60_000]),
)
def test_it_is_the_median(
    shape: tuple[int, int], radius: int, dtype: Any, span: int
) -> None:
    rng = np.random.default_rng(shape[0] + 41 * shape[1])
    plane = rng.integers(0, span, shape).astype(dtype)
    plane = plane - dtype(span / 3) if dtype is np.float32 else plane
    assert np.array_equal(large_median(plane, radius), sorted_median(plane, radius))


def test_pieces_of_a_large_plane_have_no_seams() -> None:
    rng = np.random.default_rng(0)
    plane = rng.integers(0, LEVELS, (530, 1010)).astype(np.uint16)
    assert np.array_equal(large_median(plane, 4), sorted_median(plane, 4))


def test_of_very_many_values_it_is_off_by_a_level_at_most() -> None:
    rng = np.random.default_rng(0)
    plane = rng.lognormal(0, 2, (150, 150)).astype(np.float32)  # with a long tail
    found = large_median(plane, 5)
    assert np.isin(found, plane).all()
    rank = np.sort(plane, axis=None).searchsorted
    away = np.abs(rank(found) - rank(sorted_median(plane, 5)))
    assert away.max() <= 2 * plane.size / LEVELS


def test_each_colour_has_its_own_median() -> None:
    rgb = np.random.default_rng(0).integers(0, 60_000, (30, 20, 3)).astype(np.uint16)
    found = Denoise(method="median", radius=6).apply(rgb)
    for colour in range(3):
        alone = Denoise(method="median", radius=6).apply(rgb[..., colour])
        assert np.array_equal(found[..., colour], alone)


@pytest.mark.parametrize("value", [-np.float32(1e30), np.float32(0)])
def test_a_flat_plane_stays_flat(value: np.float32) -> None:
    plane = np.full((9, 9), value)
    assert np.array_equal(large_median(plane, 50), plane)
