from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from napari_mobile_unet.corrections.change import iter_planes
from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.operations.numbers import (
    in_pieces,
    number_anew,
    relabel,
    separate_pieces,
)

SHAPES = st.sampled_from([(30, 41), (3, 24, 20), (2, 2, 16, 16)])


@pytest.fixture
def stack():
    labels = np.zeros((4, 10, 10), np.uint8)
    labels[0:3, 2:5, 2:5] = 7
    labels[3, 2:5, 2:5] = 9
    labels[1, 6:8, 6:8] = 12
    return labels


def test_an_object_gets_another_id_on_the_planes_given_only(run, stack):
    after = run(relabel, stack, 7, None, [(1,), (2,)])
    assert set(np.unique(after[1])) == {0, 12, 13}
    assert set(np.unique(after[0])) == {0, 7}
    joined = run(relabel, stack, 9, 7, [(3,)])
    assert set(np.unique(joined[3])) == {0, 7}
    assert ObjectIndex.of(stack).planes_of(7) == [(0,), (1,), (2,)]


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (12, "received 12, which another one has on plane 1; take a free id"),
        (0, "ids of objects start at 1; received 0"),
        (-4, "ids of objects start at 1; received -4"),
        (256, "uint8 labels go up to 255; received 256"),
    ],
)
def test_an_id_of_another_or_beyond_the_type_is_refused(run, stack, new, words):
    with pytest.raises(ValueError, match=words):
        run(relabel, stack, 7, new, [(0,), (1,)])


def test_the_same_id_changes_nothing(stack):
    assert relabel(stack, ObjectIndex.of(stack), 7, 7, [(1,)]) == []


@given(st.integers(0, 2**32), SHAPES, st.integers(1, 9))
def test_numbers_anew_have_no_gaps_and_keep_their_order(run, blobs, seed, shape, by):
    labels = blobs(seed, shape) * by
    after = run(number_anew, labels)
    ids = np.unique(labels[labels > 0])
    expected = np.where(labels > 0, np.searchsorted(ids, labels) + 1, 0)
    assert np.array_equal(after, expected)


@given(st.integers(0, 2**32), st.sampled_from([(30, 41), (24, 20)]))
def test_each_piece_gets_an_id_and_the_largest_keeps_its_own(run, blobs, seed, shape):
    labels = blobs(seed, shape)
    ids = np.unique(labels[labels > 0]).tolist()
    after = run(separate_pieces, labels, ids, [()])
    assert np.array_equal(after > 0, labels > 0)
    total = 0
    for own in ids:
        found, count = ndimage.label(labels == own)
        total += count
        for number in range(1, count + 1):
            assert len(np.unique(after[found == number])) == 1
        largest = np.bincount(found[found > 0]).max()
        assert (after == own).sum() == largest
    assert len(np.unique(after[after > 0])) == total
    assert in_pieces(after, ObjectIndex.of(after), [()]) == []
    assert in_pieces(labels, ObjectIndex.of(labels), [()]) == [
        own for own in ids if ndimage.label(labels == own)[1] > 1
    ]


def test_pieces_over_planes_are_whole_and_an_object_that_moved_is_one(run):
    labels = np.zeros((4, 12, 30), np.uint16)
    labels[0:3, 2:6, 2:6] = 5
    labels[1:3, 2:4, 20:24] = 5  # beside it: another object
    labels[3, 2:6, 12:16] = 5  # after a leap: itself
    after = run(separate_pieces, labels, [5], list(iter_planes(labels.shape)))
    assert (after[1:3, 2:4, 20:24] == 6).all()
    assert (after[0:3, 2:6, 2:6] == 5).all()
    assert (after[3, 2:6, 12:16] == 5).all()


def test_too_many_pieces_for_the_type_are_refused(run):
    labels = np.zeros((5, 5), np.uint8)
    labels[0, 0] = labels[2, 2] = labels[4, 4] = 254
    with pytest.raises(ValueError, match="up to 255; received 256"):
        run(separate_pieces, labels, [254], [()])
