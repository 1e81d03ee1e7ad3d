from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_mobile_unet.corrections.change import iter_planes
from napari_mobile_unet.corrections.operations.merge import merge

SHAPES = st.sampled_from([(30, 41), (3, 24, 20)])


@given(st.integers(0, 2**32), SHAPES, st.data())
def test_merged_objects_have_the_first_id_and_nothing_else_changes(
    run, blobs, seed, shape, data
):
    labels = blobs(seed, shape)
    planes = list(iter_planes(shape))
    present = sorted(set(np.unique(labels).tolist()) - {0})
    ids = data.draw(
        st.lists(st.sampled_from(present), min_size=2, max_size=4, unique=True)
    )
    expected = np.where(np.isin(labels, ids), ids[0], labels)
    assert np.array_equal(run(merge, labels, ids, planes), expected)


def test_objects_that_share_no_plane_need_a_scope_that_holds_both(run):
    labels = np.zeros((2, 4, 4), np.uint8)
    labels[0, 1, 1], labels[1, 1, 1] = 1, 2
    with pytest.raises(ValueError, match="object 2 must lie on plane 0"):
        run(merge, labels, [1, 2], [(0,)])
    assert np.array_equal(
        run(merge, labels, [1, 2], [(0,), (1,)]), (labels > 0).astype(np.uint8)
    )


def test_a_gap_is_filled_between_the_two_only(run):
    labels = np.zeros((20, 30), np.uint16)
    labels[5:15, 3:12], labels[5:15, 13:22], labels[0:3, 12] = 4, 9, 2
    labels[9, 6] = 0  # a hole in one of them stays
    after = run(merge, labels, [9, 4], [()], gap=1)
    assert (after[5:15, 12] == 9).all()
    assert after[9, 6] == 0
    assert (after[0:3, 12] == 2).all()
    outside = after.copy()
    outside[5:15, 3:22] = 0
    assert set(np.unique(outside)) == {0, 2}


@pytest.mark.parametrize("ids", [[4], [4, 4], []])
def test_one_object_is_not_merged(run, ids):
    labels = np.full((3, 3), 4)
    with pytest.raises(ValueError, match="2 different objects or more"):
        run(merge, labels, ids, [()])
