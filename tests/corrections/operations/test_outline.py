from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from napari_mobile_unet.corrections.operations.outline import redraw_outline


@pytest.fixture
def square():
    """Object 4 in rows and columns 10 to 29, and object 9 right of it."""
    labels = np.zeros((40, 50), np.uint16)
    labels[10:30, 10:30], labels[10:30, 40:] = 4, 9
    return labels


def arc(*corners):
    return np.array(corners, float)


@pytest.mark.parametrize("start", [29, 27, 31.5])
def test_a_stroke_outside_extends_the_object_to_it(run, square, start):
    stroke = arc((14, start), (14, 35), (24, 35), (24, start))
    after = run(redraw_outline, square, 4, stroke, ())
    expected = square.copy()
    expected[14:25, 30:36] = 4
    assert np.array_equal(after, expected)


@pytest.mark.parametrize(("start", "stop"), [(10, 29), (12, 27), (8.5, 31), (8, 27)])
def test_a_stroke_inside_trims_the_smaller_side(run, square, start, stop):
    after = run(redraw_outline, square, 4, arc((start, 24), (stop, 24)), ())
    expected = square.copy()
    expected[10:30, 25:30] = 0
    assert np.array_equal(after, expected)


def test_one_stroke_may_extend_and_trim(run, square):
    # Along the right side: out at rows 12 to 18, in at rows 20 to 26.
    stroke = arc((12, 29), (12, 34), (18, 34), (18.5, 30), (20, 26), (26, 26), (27, 31))
    after = run(redraw_outline, square, 4, stroke, ())
    assert (after[13:17, 31:33] == 4).all()
    assert (after[22:25, 28:30] == 0).all()
    assert (after[10:30, 10:25] == 4).all()
    assert np.array_equal(after == 9, square == 9)
    assert ndimage.label(after == 4)[1] == 1


def test_it_grows_under_others_unless_asked(run, square):
    stroke = arc((14, 28), (14, 44), (24, 44), (24, 28))
    under = run(redraw_outline, square, 4, stroke, ())
    assert np.array_equal(under == 9, square == 9)
    assert (under[14:25, 30:40] == 4).all()
    over = run(redraw_outline, square, 4, stroke, (), writes="over")
    assert (over[14:25, 30:45] == 4).all()
    kept = run(redraw_outline, square, 4, stroke, (), writes="over", keep=[9])
    assert np.array_equal(kept, under)


def test_an_object_cut_by_the_border_is_redrawn_there(run, square):
    labels = square.copy()
    labels[10:30, :10] = 4
    after = run(redraw_outline, labels, 4, arc((10, 5), (29, 5)), ())
    assert (after[10:30, :5] == 0).all()
    assert (after[10:30, 6:30] == 4).all()


def test_a_hole_stays_a_hole(run, square):
    square[18:22, 18:22] = 0
    after = run(
        redraw_outline, square, 4, arc((14, 29), (14, 34), (24, 34), (24, 29)), ()
    )
    assert (after[18:22, 18:22] == 0).all()
    assert after[20, 32] == 4


@pytest.mark.parametrize(
    ("stroke", "words"),
    [
        ([(14, 28)], "two places or more; received 1"),
        ([(14, 28), (14, 36)], "ends 7 pixels away"),
        ([(18, 15), (20, 22)], "changes nothing of object 4"),
        ([(20, 20), (20, 20)], "changes nothing of object 4"),
    ],
)
def test_a_stroke_that_means_nothing_is_refused(run, square, stroke, words):
    with pytest.raises(ValueError, match=words):
        run(redraw_outline, square, 4, stroke, ())


@given(
    st.integers(0, 2**32),
    st.lists(st.tuples(st.floats(-6, 40), st.floats(-6, 45)), max_size=6),
    st.data(),
)
def test_any_stroke_changes_that_object_alone_and_leaves_it_whole(
    run, blobs, seed, between, data
):
    labels = blobs(seed, (36, 40))
    own = data.draw(st.sampled_from(np.unique(labels[labels > 0]).tolist()))
    pixels = np.argwhere(labels == own)
    ends = [pixels[data.draw(st.integers(0, len(pixels) - 1))] for _ in range(2)]
    pieces = ndimage.label(labels == own)[1]
    try:
        after = run(redraw_outline, labels, own, [ends[0], *between, ends[1]], ())
    except ValueError as error:
        assert "changes nothing" in str(error)
        return
    others = (labels != own) & (labels > 0)
    assert np.array_equal(after[others], labels[others])
    assert set(np.unique(after[~others])) <= {0, own}
    assert 1 <= ndimage.label(after == own)[1] <= pieces


def test_the_larger_the_object_the_more_a_stroke_may_miss_its_outline(run):
    labels = np.zeros((140, 160), np.uint8)
    labels[20:120, 20:120] = 1
    stroke = arc((50, 127), (50, 140), (80, 140), (80, 112))
    after = run(redraw_outline, labels, 1, stroke, ())
    assert (after[50:81, 120:141] == 1).all()
    assert (after[labels == 1] == 1).all()
