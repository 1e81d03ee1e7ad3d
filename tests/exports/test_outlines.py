"""Outlines along the edges of pixels."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from shapely import Polygon

from napari_mobile_unet.exports.outlines import Outline, outlines_of
from napari_mobile_unet.io.outlines.fill import fill

SMALL = arrays(
    np.int64,
    array_shapes(min_dims=2, max_dims=2, max_side=9),
    elements=st.sampled_from([0, 0, 1, 2, 70_000, 2**40]),
)
"""Planes whose objects have holes, islands, pieces, and corners that touch."""


def filled(outlines: list[Outline], shape: tuple[int, ...]) -> np.ndarray:
    plane = np.zeros(shape, np.int64)
    for outline in outlines:
        for rings in outline.polygons:
            window, mask = fill([ring.astype(float) for ring in rings], plane.shape)
            assert not plane[window][mask].any()  # no pixel lies in two polygons
            plane[window][mask] = outline.label
    return plane


@given(SMALL)
def test_filled_outlines_are_the_labels(labels: np.ndarray) -> None:
    outlines = outlines_of(labels)
    assert np.array_equal(filled(outlines, labels.shape), labels)
    assert [outline.area for outline in outlines] == [
        np.count_nonzero(labels == outline.label) for outline in outlines
    ]


@given(SMALL)
def test_each_piece_is_a_valid_polygon_for_other_programs(labels: np.ndarray) -> None:
    for outline in outlines_of(labels):
        polygons = [Polygon(outer, holes) for outer, *holes in outline.polygons]
        assert all(polygon.is_valid for polygon in polygons)
        assert sum(polygon.area for polygon in polygons) == outline.area


def test_one_pixel_and_a_line_keep_their_area() -> None:
    labels = np.zeros((4, 6), np.uint8)
    labels[0, 0], labels[3, 1:6] = 1, 2
    pixel, line = outlines_of(labels)
    assert pixel.rings[0].tolist() == [[1, 0], [1, 1], [0, 1], [0, 0]]
    assert (pixel.area, line.area) == (1, 5)
    assert len(line.rings[0]) == 4  # corners alone


def test_holes_islands_and_pieces_that_touch_at_a_corner() -> None:
    labels = np.zeros((9, 9), np.int32)
    labels[0:7, 0:7] = 5
    labels[1:6, 1:6] = 0
    labels[3, 3] = 5  # an island in the hole
    labels[7:9, 7:9] = 5  # touches at a corner
    (outline,) = outlines_of(labels)
    assert sorted(len(polygon) for polygon in outline.polygons) == [1, 1, 2]


def test_numbers_that_are_no_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="must be whole numbers"):
        outlines_of(np.zeros((3, 3)))
    with pytest.raises(ValueError, match="must not be negative"):
        outlines_of(np.full((3, 3), -1))
    assert outlines_of(np.zeros((3, 3), int)) == []


def test_time_does_not_grow_with_objects_times_pixels() -> None:
    # One look at the plane per object would take minutes.
    labels = np.zeros((1200, 1200), np.int32)
    squares = np.arange(1, 160_001 // 4 + 1).reshape(200, 200)
    labels[1::6, 1::6] = labels[2::6, 1::6] = squares
    start = time.perf_counter()
    assert len(outlines_of(labels)) == 40_000
    assert time.perf_counter() - start < 60
