from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_mobile_unet.corrections.change import iter_planes
from napari_mobile_unet.corrections.operations.planes import copy_to, interpolate

PLANES = [(place,) for place in range(5)]


def test_discs_between_have_radius_and_centre_between(run, disc):
    labels = np.zeros((5, 60, 80), np.uint16)
    labels[0][disc((60, 80), 20, 20, 6)] = 2
    labels[4][disc((60, 80), 32, 52, 14)] = 2
    after = run(interpolate, labels, 2, PLANES)
    for place in (1, 2, 3):
        share = place / 4
        expected = disc((60, 80), 20 + 12 * share, 20 + 32 * share, 6 + 8 * share)
        found = after[place] == 2
        assert (found & expected).sum() / (found | expected).sum() > 0.9
    assert np.array_equal(after[[0, 4]], labels[[0, 4]])


def test_only_gaps_are_filled_and_only_on_background(run, disc):
    labels = np.zeros((5, 40, 40), np.uint8)
    shape = disc((40, 40), 20, 20, 9)
    labels[1][shape] = labels[3][shape] = 4
    labels[2, :, 22:] = 6
    after = run(interpolate, labels, 4, PLANES)
    assert not after[[0, 4]].any()
    assert np.array_equal(after[2] == 6, labels[2] == 6)
    left = shape.copy()
    left[:, 22:] = False
    assert np.array_equal(after[2] == 4, left)


@pytest.mark.parametrize("planes", [PLANES, PLANES[:2]])
def test_without_two_planes_and_one_between_it_is_refused(run, planes):
    labels = np.zeros((5, 9, 9), int)
    labels[0:2, 2:5, 2:5] = 1
    with pytest.raises(ValueError, match="received 1, on 2 of"):
        run(interpolate, labels, 1, planes)


@given(st.integers(0, 2**32), st.integers(1, 3))
def test_any_shapes_are_interpolated_on_background_alone(run, blobs, seed, gap):
    labels = np.zeros((gap + 2, 30, 36), np.int32)
    labels[[0, -1]] = blobs(seed, (2, 30, 36))
    labels[1] = blobs(seed + 1, (30, 36)) * 100
    shared = np.intersect1d(labels[0], labels[-1])
    own = int(shared[-1])
    if not own:
        return
    after = run(interpolate, labels, own, list(iter_planes(labels.shape)))
    new = after != labels
    assert (labels[new] == 0).all()
    assert (after[new] == own).all()
    assert not new[[0, -1]].any()


@given(st.integers(0, 2**32), st.data())
def test_copies_lie_on_background_of_planes_without_them(run, blobs, seed, data):
    labels = blobs(seed, (3, 24, 20))
    labels[1][labels[1] == 3] = 0
    labels[2] = np.where(labels[2] == 1, 1, 0)
    present = np.unique(labels[0][labels[0] > 0]).tolist()
    ids = data.draw(st.lists(st.sampled_from(present), min_size=1, unique=True))
    planes = list(iter_planes(labels.shape))
    expected = labels.copy()
    for place in (1, 2):
        there = [own for own in ids if (labels[place] == own).any()]
        copied = np.isin(labels[0], ids) & ~np.isin(labels[0], there)
        copied &= labels[place] == 0
        expected[place][copied] = labels[0][copied]
    if np.array_equal(expected, labels):
        with pytest.raises(ValueError, match="there already or find no background"):
            run(copy_to, labels, ids, (0,), planes)
    else:
        assert np.array_equal(run(copy_to, labels, ids, (0,), planes), expected)
