from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_mobile_unet.corrections.operations.window import disjoint, pieces

SIDES = st.tuples(st.integers(0, 40), st.integers(1, 12))


@given(st.lists(st.tuples(SIDES, SIDES), max_size=25))
def test_disjoint_boxes_hold_all_and_never_overlap(sides):
    boxes = [tuple(slice(a, a + n) for a, n in box) for box in sides]
    found = disjoint(boxes)
    assert sorted(itertools.chain(*(members for _, members in found))) == list(
        range(len(boxes))
    )
    covered = np.zeros((60, 60), int)
    for box, members in found:
        covered[box] += 1
        for member in members:
            for inner, outer in zip(boxes[member], box, strict=True):
                assert outer.start <= inner.start <= inner.stop <= outer.stop
    assert covered.max() <= 1


def test_boxes_that_only_touch_stay_apart():
    boxes = [(slice(0, 5), slice(0, 5)), (slice(5, 9), slice(0, 5))]
    assert len(disjoint(boxes)) == 2


def test_pixels_that_touch_at_a_corner_are_two_pieces():
    assert pieces(np.eye(3, dtype=bool))[0] == 3
