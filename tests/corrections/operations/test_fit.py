from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from napari_mobile_unet.corrections.operations.fit import resegment

BOX = [(5, 5), (24, 29)]


@pytest.fixture
def scene():
    """Object 4 within rows 5 to 24 and columns 5 to 29, object 9 sticks out."""
    labels = np.zeros((40, 50), np.uint16)
    labels[8:14, 8:14], labels[10:22, 25:40] = 4, 9
    return labels


def test_the_box_is_replaced_and_what_sticks_out_stays(run, scene):
    def found(box):
        assert box == (slice(5, 25), slice(5, 30))
        labels = np.zeros((20, 25), np.uint8)
        labels[3:10, 3:9] = 1  # much as object 4
        labels[12:19, 2:8] = 2  # a new one
        labels[6:16, 16:25] = 3  # half under object 9
        labels[8:14, 21:25] = 5  # object 9 itself
        return labels

    after = run(resegment, scene, BOX, (), found)
    assert np.array_equal(after == 9, scene == 9)
    assert (after[8:15, 8:14] == 4).all()
    assert (after[17:24, 7:13] == 10).all()
    assert (after[11:21, 21:25] == 11).all()
    assert set(np.unique(after)) == {0, 4, 9, 10, 11}


def test_others_are_cut_if_asked_and_kept_ones_never(run, scene):
    found = np.zeros((20, 25), np.int32)
    found[6:16, 16:25] = 3
    after = run(resegment, scene, BOX, (), found, cut_others=True)
    assert (after[11:21, 21:30] == 10).all()
    assert (after[10:22, 30:40] == 9).all()
    assert not (after == 4).any()
    kept = run(resegment, scene, BOX, (), found, cut_others=True, keep=[4, 9])
    assert np.array_equal(kept[scene > 0], scene[scene > 0])


def test_an_object_that_others_cut_apart_keeps_its_largest_piece(run):
    labels = np.zeros((20, 20), np.uint8)
    labels[:, 8:11] = 2
    found = np.zeros((10, 20), np.uint8)
    found[2:8, 1:18] = 1
    after = run(resegment, labels, [(5, 0), (14, 19)], (), found)
    assert (after[7:13, 1:8] == 0).all() or (after[7:13, 11:18] == 0).all()
    assert ndimage.label(after == 3)[1] == 1
    assert (after == 3).sum() in (42, 6 * 7)


@pytest.mark.parametrize(
    ("corners", "found", "words"),
    [
        (BOX, np.zeros((3, 4), int), r"of \(20, 25\) pixels have that shape; received"),
        ([(50, 60), (70, 80)], np.zeros((3, 4), int), "received one beyond it"),
    ],
)
def test_labels_of_another_size_and_boxes_elsewhere_are_refused(
    run, scene, corners, found, words
):
    with pytest.raises(ValueError, match=words):
        run(resegment, scene, corners, (), found)


@given(st.integers(0, 2**32), st.booleans())
def test_any_labels_fit_in_without_harm(run, blobs, seed, cut_others):
    labels = blobs(seed, (30, 36))
    found = blobs(seed + 1, (15, 20))
    corners = [(6, 8), (20, 27)]
    after = run(resegment, labels, corners, (), found, cut_others=cut_others, keep=[3])
    box = np.zeros(labels.shape, bool)
    box[6:21, 8:28] = True
    assert np.array_equal(after[~box], labels[~box])
    assert np.array_equal(after == 3, labels == 3)
    sticking_out = np.unique(labels[~box])
    if not cut_others:
        stays = np.isin(labels, sticking_out[sticking_out > 0])
        assert np.array_equal(after[stays], labels[stays])
    for own in np.setdiff1d(np.unique(after), np.unique(labels)):
        assert ndimage.label(after == own)[1] == 1
