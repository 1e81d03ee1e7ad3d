from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import ndimage

from napari_mobile_unet.corrections.operations.split import (
    cut_off,
    split_by_line,
    split_by_seeds,
    split_in_two,
)

PLACES = st.tuples(st.floats(-5, 45), st.floats(-5, 50))


@pytest.fixture
def pair(disc):
    """Two discs that overlap as object 4, the left one larger, beside object 9."""
    labels = np.zeros((40, 60), np.uint16)
    labels[disc(labels.shape, 20, 18, 12) | disc(labels.shape, 20, 36, 9)] = 4
    labels[30:, 50:] = 9
    return labels


def in_one_piece(labels, ids):
    return all(ndimage.label(labels == own)[1] == 1 for own in ids)


def check_split(before, after, own):
    """Only that object changed, into itself and new ids; return these."""
    assert np.array_equal(after[before != own], before[before != own])
    parts = set(np.unique(after[before == own]).tolist())
    assert own in parts
    fresh = sorted(parts - {own})
    first = int(before.max()) + 1
    assert fresh == list(range(first, first + len(fresh)))
    return fresh


def test_a_line_leaves_the_larger_part_its_id(run, pair):
    after = run(split_by_line, pair, 4, [(2, 28), (38, 28)], ())
    assert check_split(pair, after, 4) == [10]
    assert after[20, 18] == 4
    assert after[20, 36] == 10
    assert in_one_piece(after, [4, 10])


@given(st.integers(0, 2**32), st.lists(PLACES, min_size=2, max_size=5), st.data())
def test_any_line_splits_into_whole_parts_or_is_refused(run, blobs, seed, line, data):
    labels = blobs(seed, (40, 45))
    own = data.draw(st.sampled_from(np.unique(labels[labels > 0]).tolist()))
    pieces = ndimage.label(labels == own)[1]
    try:
        after = run(split_by_line, labels, own, line, ())
    except ValueError as error:
        assert "must lead across" in str(error)
        return
    fresh = check_split(labels, after, own)
    assert fresh
    assert in_one_piece(after, fresh)
    assert ndimage.label(after == own)[1] == pieces
    assert (after == own).sum() >= (after == fresh[0]).sum() or pieces > 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ([(2, 28)], "two corners or more; received 1"),
        ([(2, 28), (20, 28)], "must lead across object 4"),
        ([(0, 0), (0, 50)], "must lead across object 4"),
    ],
)
def test_a_line_that_does_not_lead_across_is_refused(run, pair, line, words):
    for operation in (split_by_line, cut_off):
        with pytest.raises(ValueError, match=words):
            run(operation, pair, 4, line, ())


def test_a_split_beyond_the_range_of_the_type_is_refused(run, pair):
    labels = pair.astype(np.uint8)
    labels[labels == 9] = 255
    with pytest.raises(ValueError, match="uint8 labels go up to 255; received 256"):
        run(split_by_line, labels, 4, [(2, 28), (38, 28)], ())


def test_what_lies_on_the_smaller_side_is_cut_off(run, pair):
    after = run(cut_off, pair, 4, [(2, 28), (38, 28)], ())
    assert after[20, 18] == 4
    assert (after[:, 30:50] == 0).all()
    assert np.array_equal(after == 9, pair == 9)
    assert set(np.unique(after)) == {0, 4, 9}


def test_an_arch_cut_across_both_legs_falls_into_three(run):
    labels = np.zeros((20, 20), int)
    labels[2:18, 2:18] = 1
    labels[6:18, 7:13] = 0
    after = run(split_by_line, labels, 1, [(12, 0), (12, 19)], ())
    assert check_split(labels, after, 1) == [2, 3]
    assert in_one_piece(after, [1, 2, 3])


def test_seeds_grow_until_they_meet_at_the_neck(run, pair):
    after = run(split_by_seeds, pair, 4, [(20, 16), (21, 38)], ())
    assert check_split(pair, after, 4) == [10]
    assert in_one_piece(after, [4, 10])
    assert set(np.unique(after[20, 24:32])) == {4, 10}


def test_seeds_on_one_hill_share_it_about_evenly(run, disc):
    labels = disc((40, 50), 20, 20, 15) | disc((40, 50), 20, 28, 15)
    after = run(split_by_seeds, labels.astype(int), 1, [(22, 20), (19, 28)], ())
    share = (after == 2).sum() / labels.sum()
    assert 0.35 < share < 0.5


@given(st.integers(0, 2**32), st.integers(2, 5), st.booleans())
def test_any_seeds_give_one_whole_part_each(run, blobs, seed, count, on_image):
    labels = blobs(seed, (40, 45))
    random = np.random.default_rng(seed)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    own = int(sizes.argmax())
    found, _ = ndimage.label(labels == own)
    pixels = np.argwhere(found == np.bincount(found[found > 0]).argmax())
    assume(len(pixels) >= count)
    seeds = random.permutation(pixels)[:count]
    image = random.random(labels.shape) if on_image else None
    after = run(split_by_seeds, labels, own, seeds, (), landscape=image)
    fresh = check_split(labels, after, own)
    assert len(fresh) == count - 1
    assert in_one_piece(after, fresh)
    assert len(set(after[tuple(seeds.T)])) == count


@pytest.mark.parametrize("border", ["bright", "dark"])
def test_parts_meet_where_the_landscape_says(run, border):
    labels = np.ones((20, 40), np.int32)
    landscape = np.full(labels.shape, np.nan)
    landscape[:] = 0.2
    landscape[:, 30] = 1.0 if border == "bright" else -1.0
    after = run(
        split_by_seeds,
        labels,
        1,
        [(10, 3), (9, 36)],
        (),
        landscape=landscape,
        border=border,
    )
    assert (after[:, :29] == 1).all()
    assert (after[:, 32:] == 2).all()
    two = run(split_in_two, labels, 1, (), landscape=landscape, border=border)
    assert (two[:, :29] == 1).all()
    assert (two[:, 32:] == 2).all()


@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        ([(20, 18)], "two pixels or more; received 1"),
        ([(20, 18), (20.2, 17.8)], "two pixels or more; received 1"),
        ([(20, 18), (0, 0)], r"one at \(0.0, 0.0\)"),
        ([(20, 18), (35, 55)], r"one at \(35.0, 55.0\)"),
        ([(20, 18), (-3, 500)], r"one at \(-3.0, 500.0\)"),
    ],
)
def test_seeds_that_are_too_few_or_elsewhere_are_refused(run, pair, seeds, words):
    with pytest.raises(ValueError, match=words):
        run(split_by_seeds, pair, 4, seeds, ())


def test_two_discs_fall_apart_by_themselves(run, pair):
    after = run(split_in_two, pair, 4, ())
    assert check_split(pair, after, 4) == [10]
    assert after[20, 18] == 4
    assert after[20, 38] == 10
    assert in_one_piece(after, [4, 10])


@given(st.integers(0, 2**32), st.data())
def test_everything_of_two_pixels_falls_in_two(run, blobs, seed, data):
    labels = blobs(seed, (24, 30))
    ids, counts = np.unique(labels[labels > 0], return_counts=True)
    own = data.draw(st.sampled_from(ids[counts > 1].tolist()))
    after = run(split_in_two, labels, own, ())
    fresh = check_split(labels, after, own)
    assert len(fresh) == 1
    assert in_one_piece(after, fresh)


def test_a_bar_without_a_neck_is_halved_and_a_pixel_is_refused(run):
    labels = np.zeros((9, 30), int)
    labels[3:6, 2:28], labels[0, 0] = 5, 6
    after = run(split_in_two, labels, 5, ())
    assert (after == 5).sum() == pytest.approx((after == 7).sum(), abs=6)
    with pytest.raises(ValueError, match="received 6, of one"):
        run(split_in_two, labels, 6, ())


@pytest.mark.parametrize("operation", [split_by_line, split_by_seeds, split_in_two])
def test_parts_go_on_in_other_planes_where_they_lie(run, pair, operation):
    stack = np.stack([np.roll(pair, by, 1) for by in (-2, -1, 0, 1, 2)])
    stack[0][stack[0] == 4] = 0  # the object begins later
    given = {
        split_by_line: [[(2, 28), (38, 28)]],
        split_by_seeds: [[(20, 16), (21, 38)]],
        split_in_two: [],
    }[operation]
    planes = [(place,) for place in range(5)]
    after = run(operation, stack, 4, *given, (2,), planes)
    assert check_split(stack, after, 4) == [10]
    for place in (1, 2, 3, 4):
        assert after[place, 20, 16 + place] == 4
        assert after[place, 20, 36 + place] == 10
        assert in_one_piece(after[place], [4, 10])
    alone = run(operation, stack, 4, *given, (2,))
    assert np.array_equal(alone[2], after[2])
    assert np.array_equal(np.delete(alone, 2, 0), np.delete(stack, 2, 0))


def test_what_is_cut_off_goes_in_the_planes_of_the_scope(run, pair):
    stack = np.stack([pair] * 4)
    after = run(cut_off, stack, 4, [(2, 28), (38, 28)], (1,), [(1,), (2,), (3,)])
    assert np.array_equal(after[0], pair)
    for place in (1, 2, 3):
        assert after[place, 20, 18] == 4
        assert (after[place, :, 30:50] == 0).all()
