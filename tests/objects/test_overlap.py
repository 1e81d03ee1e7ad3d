"""Pairs of objects that share pixels, against counting them one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_mobile_unet.objects.overlap import areas_of, iou_matrix, overlaps_of

PAIRS = hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=7).flatmap(
    lambda shape: st.tuples(
        *2 * [hnp.arrays(np.uint8, shape, elements=st.integers(0, 4))]
    )
)


@given(PAIRS)
def test_each_pair_is_there_once_with_all_its_pixels(pair) -> None:
    first, second = pair
    found = overlaps_of(first, second)
    counted: dict[tuple[int, int], int] = {}
    for one, other in zip(first.ravel().tolist(), second.ravel().tolist(), strict=True):
        if one and other:
            counted[one, other] = counted.get((one, other), 0) + 1
    pairs = list(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert dict(zip(pairs, found.pixels.tolist(), strict=True)) == counted
    assert pairs == list(counted)  # in the order of their first pixels


@given(PAIRS, st.integers(0, 1))
def test_the_iou_is_that_of_the_masks_with_and_without_background(pair, more) -> None:
    first, second = (labels + np.uint8(more) for labels in pair)
    found = iou_matrix(first, second).toarray()
    ids = [[own for own in np.unique(each) if own] for each in (first, second)]
    assert found.shape == tuple(map(len, ids))
    for row, own in enumerate(ids[0]):
        for column, other in enumerate(ids[1]):
            one, two = first == own, second == other
            assert found[row, column] == pytest.approx(
                (one & two).sum() / (one | two).sum()
            )


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.int64, np.uint64])
def test_ids_may_be_as_large_as_their_type(dtype) -> None:
    largest = np.iinfo(dtype).max
    first = np.array([largest, largest - 1, largest, 0], dtype)
    second = np.array([largest, largest, 0, 1], dtype)
    found = overlaps_of(first, second)
    assert found.first.tolist() == [largest, largest - 1]
    assert found.second.tolist() == [largest, largest]
    assert found.pixels.tolist() == [1, 1]


def test_areas_count_no_background() -> None:
    assert areas_of(np.array([[0, 3, 3], [1, 0, 3]])).tolist() == [0, 1, 0, 3]
    assert areas_of(np.zeros((2, 2), int)).tolist() == [0]
    assert areas_of(np.array([1]), 4).tolist() == [0, 1, 0, 0]
