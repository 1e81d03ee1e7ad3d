from __future__ import annotations

import numpy as np
import pytest

from napari_mobile_unet.exports.overlay import LONGEST, draw_montage, draw_overlay
from napari_mobile_unet.images.stack import Stack


def pair(first: int, second: int) -> np.ndarray:
    """Return labels of two objects of 6 × 6 pixels that touch."""
    labels = np.zeros((10, 16), np.int64)
    labels[2:8, 2:8] = first
    labels[2:8, 8:14] = second
    return labels


# Beyond 2**24 neighbouring ids are one in float32.
@pytest.mark.parametrize("first", [1, 2**16 - 1, 2**24, 2**31])
def test_the_outline_of_each_object_lies_within_it(first: int) -> None:
    plane = np.zeros((10, 16), np.uint16)
    picture = draw_overlay(plane, pair(first, first + 1))
    outlined = picture.any(-1)
    expected = pair(1, 1) > 0
    expected[3:7, 3:7] = expected[3:7, 9:13] = False
    np.testing.assert_array_equal(outlined, expected)
    one, other = picture[2, 2], picture[2, 13]
    assert (picture[2:8, 7] == one).all()
    assert (picture[2:8, 8] == other).all()
    assert np.abs(one.astype(int) - other).max() > 60


def test_thicker_outlines_are_wider() -> None:
    labels = np.zeros((20, 20), int)
    labels[4:16, 4:16] = 5
    counts = [
        draw_overlay(np.zeros((20, 20)), labels, thickness).any(-1).sum()
        for thickness in (1, 2, 3)
    ]
    assert counts == [144 - 100, 144 - 64, 144 - 36]


def test_grey_values_are_stretched_and_colours_of_8_bits_are_not() -> None:
    nothing = np.zeros((20, 20), int)
    grey = np.linspace(100, 300, 400, dtype=np.float32).reshape(20, 20)
    grey[0, 0] = np.nan
    picture = draw_overlay(grey, nothing)
    assert (picture[..., 0] == picture[..., 2]).all()
    assert (picture[0, 0] == 0).all()
    assert (picture.min(), picture.max()) == (0, 255)
    colour = np.random.default_rng(0).integers(90, 120, (20, 20, 3)).astype(np.uint8)
    np.testing.assert_array_equal(draw_overlay(colour, nothing), colour)
    assert draw_overlay(np.full((4, 4), np.nan), np.zeros((4, 4), int)).max() == 0


def test_a_montage_shows_planes_from_the_first_to_the_last() -> None:
    image = np.zeros((9, 8, 10), np.uint8)
    labels = np.zeros((9, 8, 10), np.uint16)
    for number in (0, 4, 8):
        labels[number, 2:6, 2:6] = 1
    stack = Stack(image, "ZYX"), Stack(labels, "ZYX")
    picture = draw_montage(*stack, most=3)
    assert picture.shape == (10, 3 * 12, 3)
    assert [picture[:, x : x + 12].any() for x in (0, 12, 24)] == [True] * 3
    assert draw_montage(*stack, most=6).shape == (2 * 10, 4 * 12, 3)


def test_large_planes_are_drawn_smaller() -> None:
    image = np.zeros((2 * LONGEST, 64), np.uint8)
    stack = Stack(image, "YX"), Stack(image.astype(np.uint16), "YX")
    assert draw_montage(*stack).shape == (LONGEST + 2, 32 + 2, 3)
