from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import regionprops

from napari_mobile_unet.corrections.change import Change, box_around, iter_planes
from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.parallel.cancel import Cancelled, cancellable


def described(labels: np.ndarray) -> dict:
    """Return what an index should say, from scikit-image."""
    return {
        (plane, region.label): (
            tuple(
                slice(a, b)
                for a, b in zip(*np.split(np.array(region.bbox), 2), strict=True)
            ),
            int(region.area),
            pytest.approx(region.centroid),
        )
        for plane in iter_planes(labels.shape)
        for region in regionprops(labels[plane])
    }


def told(index: ObjectIndex) -> dict:
    return {
        (plane, own): (
            index.box(own, plane),
            index.count(own, plane),
            index.centroid(own, plane),
        )
        for own in index.ids
        for plane in index.planes_of(own)
    }


def random_labels(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 7, [*shape[:-2], *(1 + n // 4 for n in shape[-2:])])
    return coarse.repeat(4, -1).repeat(4, -2)[..., : shape[-2], : shape[-1]]


@pytest.mark.parametrize("shape", [(21, 33), (3, 20, 17), (2, 2, 9, 9), (1, 1)])
def test_a_scan_says_what_scikit_image_says(shape):
    labels = random_labels(0, shape)
    index = ObjectIndex.of(labels)
    assert told(index) == described(labels)
    assert index.ids == np.unique(labels[labels > 0]).tolist()
    assert len(index) == len(index.ids)


@given(st.integers(0, 2**32), st.sampled_from([(60, 45), (2, 40, 40)]))
def test_after_any_changes_it_is_as_if_scanned_anew(seed, shape):
    random = np.random.default_rng(seed)
    labels = random_labels(seed, shape)
    index = ObjectIndex.of(labels)
    largest = labels.max()
    for _ in range(8):
        plane = tuple(int(random.integers(n)) for n in shape[:-2])
        row, column = (int(random.integers(n)) for n in shape[-2:])
        box = slice(row, row + 25), slice(column, column + 30)
        before = labels[(*plane, *box)].copy()
        after = np.where(
            random.random(before.shape) < 0.8, random.integers(0, 9), before
        )
        labels[(*plane, *box)] = after
        index.update(labels, plane, (row, column), before, after)
        largest = max(largest, after.max())
        assert told(index) == described(labels)
        assert index.next_id == largest + 1


def test_ids_far_apart_take_no_more_room():
    labels = np.zeros((9, 9), np.uint64)
    labels[2:4, 3:7] = 2**62
    index = ObjectIndex.of(labels)
    assert index.ids == [2**62]
    assert index.centroid(2**62, ()) == (2.5, 4.5)


def test_an_id_is_given_once_even_if_its_object_has_gone(squares):
    index = ObjectIndex.of(squares)
    box = index.box(9, ())
    before = squares[box].copy()
    squares[box] = 0
    assert index.update(squares, (), (4, 15), before, squares[box]) == {9}
    assert 9 not in index
    assert index.planes_of(9) == []
    assert index.next_id == 10
    index.reserve(20)
    assert index.next_id == 21


def test_objects_near_a_box(squares):
    index = ObjectIndex.of(squares)
    assert index.at((), (slice(0, 5), slice(0, 40))) == [3, 9]
    assert index.at((), (slice(14, 15), slice(15, 16))) == [9]
    assert index.at((), (slice(15, 30), slice(0, 40))) == []
    assert index.ids_in(()) == [1, 3, 9]


def test_a_scan_goes_plane_by_plane_and_can_be_stopped():
    labels = np.ones((5, 8, 8), int)
    index, stop = ObjectIndex(), threading.Event()
    seen = []
    with cancellable(stop), pytest.raises(Cancelled):
        for plane in index.iter_scan(labels):
            seen.append(plane)
            if plane == (1,):
                stop.set()
    assert seen == [(0,), (1,)]


def test_negative_labels_are_refused():
    with pytest.raises(ValueError, match=r"negative; received -3 in plane \(1,\)"):
        ObjectIndex.of(np.array([[[0]], [[-3]]]))


def test_a_large_plane_is_scanned_in_parts(monkeypatch, squares):
    monkeypatch.setattr("napari_mobile_unet.corrections.change.PIXELS_AT_ONCE", 120)
    assert told(ObjectIndex.of(squares)) == described(squares)


@pytest.mark.parametrize(
    ("plane", "start", "labels"),
    [
        ((), (0, 0), np.zeros(3, int)),
        ((), (0, 0), np.zeros((2, 2))),
        ((), (-1, 0), np.zeros((2, 2), int)),
        ((-1,), (0, 0), np.zeros((2, 2), int)),
    ],
)
def test_a_change_is_a_box_of_a_plane(plane, start, labels):
    with pytest.raises(ValueError, match="received"):
        Change(plane, start, labels)


def test_boxes():
    one = Change((), (2, 3), np.zeros((4, 5), np.uint8)).box
    other = Change((), (0, 7), np.zeros((1, 9), np.uint8)).box
    assert box_around(one, other) == (slice(0, 6), slice(3, 16))


@pytest.mark.parametrize("shape", [(0, 5), (3, 0, 5), (0, 4, 4)])
def test_labels_without_pixels_have_no_objects(shape):
    index = ObjectIndex.of(np.zeros(shape, np.uint16))
    assert index.ids == []
    assert index.next_id == 1
