from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.segmentation import expand_labels

from napari_mobile_unet.corrections.change import iter_planes
from napari_mobile_unet.corrections.operations.shape import (
    convex_hull,
    fill_holes,
    grow,
    shrink,
    smooth,
)

OPERATIONS = [
    (grow, (2,)),
    (shrink, (1,)),
    (smooth, (1.5,)),
    (fill_holes, ()),
    (convex_hull, ()),
]
SHAPES = st.sampled_from([(30, 41), (3, 24, 20)])


@pytest.mark.parametrize(("operation", "sizes"), OPERATIONS)
@given(st.integers(0, 2**32), SHAPES, st.data())
def test_others_and_their_background_never_change(
    run, blobs, operation, sizes, seed, shape, data
):
    labels = blobs(seed, shape)
    planes = list(iter_planes(shape))[:2]
    inside = np.stack([labels[plane] for plane in planes])
    present = np.unique(inside[inside > 0]).tolist()
    ids = data.draw(st.lists(st.sampled_from(present), min_size=1, unique=True))
    try:
        after = run(operation, labels, ids, *sizes, planes)
    except ValueError as error:
        assert "must leave something" in str(error)
        return
    others = (labels > 0) & ~np.isin(labels, ids)
    assert np.array_equal(after[others], labels[others])
    new = after != labels
    assert (np.isin(after[new], [0, *ids])).all()
    # Nothing is taken from one and given to another.
    assert ((labels[new] == 0) | (after[new] == 0)).all()
    if operation is not shrink and operation is not smooth:
        assert (labels[new] == 0).all()
        for plane in planes:
            for own in ids:
                pieces = [ndimage.label(a[plane] == own)[1] for a in (labels, after)]
                assert pieces[1] <= pieces[0]
    elif operation is shrink:
        assert (after[new] == 0).all()
    for plane in set(iter_planes(shape)) - set(planes):
        assert np.array_equal(after[plane], labels[plane])


def test_growing_all_is_scikit_images_expansion(run, disc):
    labels = np.zeros((50, 60), np.uint16)
    labels[disc(labels.shape, 20, 18, 8)], labels[disc(labels.shape, 25, 40, 9)] = 2, 5
    after = run(grow, labels, [2, 5], 6, [()])
    expected = expand_labels(labels, 6)
    assert np.array_equal(after > 0, expected > 0)
    assert (after != expected).sum() <= 3  # pixels as far from one as from the other


def test_growing_does_not_leap_over_a_thin_object(run):
    labels = np.zeros((20, 20), int)
    labels[:, 3:8], labels[:, 8] = 1, 2
    after = run(grow, labels, [1], 4, [()])
    assert (after[:, 9:] == 0).all()
    assert (after[:, :8] == 1).all()


def test_shrinking_undoes_growing_of_a_square_and_spares_the_border(run):
    labels = np.zeros((30, 30), int)
    labels[0:14, 10:20] = 3
    after = run(shrink, labels, [3], 2, [()])
    expected = np.zeros_like(labels)
    expected[0:12, 12:18] = 3
    assert np.array_equal(after, expected)


def test_smoothing_takes_a_spur_and_keeps_the_body(run, disc):
    labels = disc((60, 60), 30, 30, 15).astype(np.uint8)
    labels[30, 40:58] = 1
    after = run(smooth, labels, [1], 2, [()])
    assert (after[30, 48:] == 0).all()
    body = disc((60, 60), 30, 30, 13)
    assert (after[body] == 1).all()


def test_a_hole_is_filled_around_what_lies_in_it(run):
    labels = np.zeros((20, 20), int)
    labels[2:12, 2:12] = 1
    labels[4:10, 4:10] = 0
    labels[6, 6] = 9
    labels[15:, 15:] = 1
    labels[18:, 17] = 0  # open to the plane's border
    after = run(fill_holes, labels, [1], [()])
    expected = labels.copy()
    expected[4:10, 4:10] = 1
    expected[6, 6] = 9
    assert np.array_equal(after, expected)


def test_the_hull_closes_a_bay(run):
    labels = np.zeros((20, 20), int)
    labels[2:18, 2:18] = 1
    labels[6:14, 8:18] = 0
    labels[9, 12] = 4
    after = run(convex_hull, labels, [1], [()])
    expected = np.zeros_like(labels)
    expected[2:18, 2:18] = 1
    expected[9, 12] = 4
    assert np.array_equal(after, expected)


@pytest.mark.parametrize(
    ("operation", "size", "words"),
    [
        (shrink, 20, "shrinking must leave something of an object; received 1 of 25"),
        (smooth, 20, "smoothing must leave something of an object; received 1 of 25"),
        (grow, 0, "more than 0 pixels; received 0"),
        (shrink, -1, "more than 0 pixels; received -1"),
        (smooth, np.nan, "more than 0 pixels; received nan"),
    ],
)
def test_what_would_leave_nothing_is_refused(run, operation, size, words):
    labels = np.zeros((60, 60), int)
    labels[20:25, 20:25] = 1
    with pytest.raises(ValueError, match=words):
        run(operation, labels, [1], size, [()])
