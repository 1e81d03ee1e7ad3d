from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import find_contours

from napari_mobile_unet.corrections.operations.draw import (
    add_found,
    adopt,
    draw_object,
)

PLACES = st.tuples(st.floats(-8, 45), st.floats(-8, 50))


@given(
    st.integers(0, 2**32),
    st.lists(PLACES, min_size=3, max_size=8),
    st.sampled_from(["under", "over"]),
)
def test_any_outline_writes_one_new_id_where_it_may(run, blobs, seed, outline, writes):
    labels = blobs(seed, (38, 42))
    try:
        after = run(draw_object, labels, outline, (), writes=writes, keep=[3])
    except ValueError as error:
        assert "holds pixels for a new object" in str(error)
        return
    new = after != labels
    assert set(np.unique(after[new])) == {labels.max() + 1}
    if writes == "under":
        assert (labels[new] == 0).all()
    assert (labels[new] != 3).all()


def test_an_outline_between_pixels_gives_the_object_back(run, disc):
    expected = disc((50, 60), 22.3, 30.7, 13)
    outline = find_contours(expected.astype(float), 0.5)[0]
    labels = np.zeros((2, 50, 60), np.uint16)
    after = run(draw_object, labels, outline, (1,))
    assert np.array_equal(after[1] == 1, expected)
    assert not after[0].any()


def test_an_outline_beyond_the_plane_is_cut_to_it(run):
    labels = np.zeros((10, 12), np.uint8)
    after = run(draw_object, labels, [(-5, -5), (-5, 4.5), (4.5, 4.5), (4.5, -5)], ())
    assert (after[:5, :5] == 1).all()
    assert after.sum() == 25


@pytest.mark.parametrize(
    ("outline", "words"),
    [
        ([(1, 1), (5, 5)], "three corners or more; received 2"),
        ([(90, 90), (90, 95), (95, 95)], "holds no pixel"),
        ([(1.2, 1.2), (1.2, 1.4), (1.4, 1.4)], "holds no pixel"),
        ([(6, 6), (6, 9), (9, 9), (9, 6)], "lies on other objects"),
        ([(1, 1), (5, np.nan), (5, 5)], "received one that is not"),
    ],
)
def test_an_outline_without_room_is_refused(run, outline, words):
    labels = np.zeros((12, 12), int)
    labels[5:, 5:] = 7
    with pytest.raises(ValueError, match=words):
        run(draw_object, labels, outline, ())


def test_ids_that_were_given_before_are_not_given_again(run):
    labels = np.full((4, 4), 255, np.uint8)
    labels[:2] = 0
    with pytest.raises(ValueError, match="up to 255; received 256; convert"):
        run(draw_object, labels, [(0, 0), (0, 3), (1, 3)], ())
    with pytest.raises(ValueError, match="under or over; received 'through'"):
        run(draw_object, labels, [(0, 0), (0, 3), (1, 3)], (), writes="through")


def test_an_object_of_other_labels_is_taken_over_where_there_is_room(run, disc):
    shape = disc((30, 40), 12, 20, 8)
    other = np.zeros((2, 30, 40), np.int64)
    other[1][shape], other[1, 25:, :5] = 900_000, 2
    labels = np.zeros((2, 30, 40), np.uint8)
    labels[1, :, :18] = 5
    box = (slice(0, 28), slice(2, 40))
    after = run(adopt, labels, other, box, 900_000, (1,))
    assert np.array_equal(after[1] == 6, shape & (labels[1] == 0))
    assert np.array_equal(after == 5, labels == 5)
    over = run(adopt, labels, other, box, 900_000, (1,), writes="over")
    assert np.array_equal(over[1] == 6, shape)
    labels[1] = 5
    with pytest.raises(ValueError, match="received 900000, which lies on other"):
        run(adopt, labels, other, box, 900_000, (1,))


@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_found_objects_take_background_alone_under_free_ids(run, blobs, seed, other):
    labels = np.stack([blobs(seed, (30, 34))] * 2)
    found = blobs(other, (12, 14))
    room = (labels[1, 5:17, 6:20] == 0) & (found > 0)
    if not room.any():
        with pytest.raises(ValueError, match="where there is room"):
            run(add_found, labels, found, (5, 6), (1,))
        return
    after = run(add_found, labels, found, (5, 6), (1,))
    new = after[1, 5:17, 6:20][room]
    pairs = set(zip(new.tolist(), found[room].tolist(), strict=True))
    assert len(pairs) == len(np.unique(new)) == len(np.unique(found[room]))
    assert new.min() > labels.max()
    after[1, 5:17, 6:20][room] = 0
    assert np.array_equal(after, labels)
