from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from napari_mobile_unet.corrections.operations.one_click import object_at


@pytest.fixture
def picture(disc):
    """Two bright discs that touch, and one faint one, on noise; and their masks."""
    shape = (120, 140)
    masks = [disc(shape, 40, 40, 14), disc(shape, 40, 66, 13), disc(shape, 90, 90, 10)]
    image = np.random.default_rng(0).normal(10, 1, shape).astype(np.float32)
    for mask, height in zip(masks, (60, 55, 25), strict=True):
        image[mask & (image < 30)] += height
    return image, masks


def iou(first, second):
    return (first & second).sum() / (first | second).sum()


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_click_finds_the_object_by_a_local_threshold(run, picture, number, sign):
    image, masks = picture
    middle = np.argwhere(masks[number]).mean(0)
    labels = np.zeros(image.shape, np.uint16)
    labels[100:, :20] = 7
    after = run(object_at, labels, middle, (), image=sign * image, diameter=26)
    assert iou(after == 8, masks[number]) > 0.85
    assert np.array_equal(after == 7, labels == 7)


def test_it_takes_only_what_others_leave(run, picture):
    image, masks = picture
    labels = np.zeros((2, *image.shape), np.uint16)
    labels[1, 40:60, 40:46] = 3
    after = run(object_at, labels, (40, 34), (1,), image=image, diameter=26)
    assert np.array_equal(after[1] == 3, labels[1] == 3)
    assert iou(after[1] == 4, masks[0] & (labels[1] == 0)) > 0.85
    assert not after[0].any()


@pytest.mark.parametrize("chance", [0.9, 0.3])
@pytest.mark.parametrize("depth", [2, 3])
def test_maps_say_where_even_a_faint_object_ends(run, picture, chance, depth):
    _, masks = picture
    maps = np.zeros((*masks[0].shape, depth), np.float32)
    for mask in masks:
        far = ndimage.distance_transform_edt(mask)
        maps[mask, 0] = chance
        maps[mask, 1] = np.maximum(maps[mask, 1], (far / far.max())[mask])
    labels = np.zeros(masks[0].shape, np.uint8)
    for mask in masks:
        after = run(object_at, labels, np.argwhere(mask).mean(0), (), maps=maps)
        assert iou(after == 1, mask) > 0.9


def test_an_object_larger_than_the_window_is_found_whole(run, disc):
    mask = disc((300, 320), 150, 160, 90)
    image = np.where(mask, 100, 20) + np.random.default_rng(0).normal(0, 2, mask.shape)
    labels = np.zeros(mask.shape, np.uint8)
    after = run(object_at, labels, (150, 190), (), image=image, diameter=60)
    assert iou(after == 1, mask) > 0.97


@pytest.mark.parametrize(
    ("place", "given", "words"),
    [
        ((20, 20), {}, "received neither"),
        ((-1, 20), {"image": np.eye(40)}, r"40 × 40 pixels; received \(-1, 20\)"),
        ((20, 40), {"image": np.eye(40)}, r"received \(20, 40\)"),
        ((5, 5), {"image": np.eye(40)}, "received a click on object 2"),
        ((20, 20), {"image": np.ones((40, 40))}, "no object to be seen"),
        ((20, 30), {"image": np.eye(40)}, "no object to be seen"),
        ((20, 20), {"maps": np.zeros((40, 40, 2))}, "no object to be seen"),
    ],
)
def test_a_click_on_nothing_is_refused(run, place, given, words):
    labels = np.zeros((40, 40), np.uint8)
    labels[5, 5] = 2
    with pytest.raises(ValueError, match=words):
        run(object_at, labels, place, (), **given)


@given(st.integers(0, 2**32), st.tuples(st.integers(0, 39), st.integers(0, 44)))
def test_any_click_gives_one_piece_on_background(run, blobs, seed, place):
    labels = blobs(seed, (40, 45))
    image = ndimage.gaussian_filter(np.random.default_rng(seed).random((40, 45)), 2)
    try:
        after = run(object_at, labels, place, (), image=image)
    except ValueError as error:
        assert "received a click on" in str(error)
        return
    new = after != labels
    assert (labels[new] == 0).all()
    assert set(np.unique(after[new])) == {labels.max() + 1}
    assert new[place]
    assert ndimage.label(new)[1] == 1
