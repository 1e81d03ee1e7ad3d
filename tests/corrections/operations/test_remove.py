from __future__ import annotations

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from napari_mobile_unet.corrections.change import iter_planes
from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.operations.remove import (
    delete,
    smaller_than,
    touching_border,
)

SHAPES = st.sampled_from([(30, 41), (3, 24, 20), (2, 2, 16, 16)])


@given(st.integers(0, 2**32), SHAPES, st.data())
def test_deleting_removes_those_objects_and_nothing_else(run, blobs, seed, shape, data):
    labels = blobs(seed, shape)
    planes = list(iter_planes(shape))
    chosen = data.draw(st.lists(st.sampled_from(planes), min_size=1, unique=True))
    present = sorted({int(i) for p in chosen for i in np.unique(labels[p])} - {0})
    ids = data.draw(st.lists(st.sampled_from(present), min_size=1))
    expected = labels.copy()
    for plane in chosen:
        expected[plane][np.isin(labels[plane], ids)] = 0
    assert np.array_equal(run(delete, labels, ids, chosen), expected)


def test_zarr_labels_are_read_in_place(applied, blobs):
    labels = blobs(0, (3, 24, 20))
    stored = zarr.array(labels, chunks=(1, 8, 8))
    changes = delete(stored, ObjectIndex.of(stored), [3], [(1,)])
    after = applied(labels, changes)
    assert (after[1] != 3).all()
    assert np.array_equal(after[[0, 2]], labels[[0, 2]])
    assert np.array_equal(stored[:], labels)


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ([], "1 object or more; received none"),
        ([0], "received the background"),
        ([9], "received 9, which no object has"),
        ([2], "object 2 must lie on plane 0; received one that is on plane 1; go"),
    ],
)
def test_what_is_no_object_there_is_refused(ids, words):
    labels = np.zeros((2, 4, 4), np.uint8)
    labels[0, 1, 1], labels[1, 2, 2] = 1, 2
    with pytest.raises(ValueError, match=words):
        delete(labels, ObjectIndex.of(labels), ids, [(0,)])


@given(st.integers(0, 2**32), SHAPES)
def test_objects_at_the_border_are_those_with_pixels_there(blobs, seed, shape):
    labels = blobs(seed, shape)
    planes = list(iter_planes(shape))
    framed = labels.copy()
    framed[..., 1:-1, 1:-1] = 0
    assert touching_border(ObjectIndex.of(labels), shape, planes) == sorted(
        set(np.unique(framed).tolist()) - {0}
    )


@given(st.integers(0, 2**32), SHAPES, st.integers(0, 400))
def test_small_objects_are_counted_over_the_planes_given(blobs, seed, shape, pixels):
    labels = blobs(seed, shape)
    planes = list(iter_planes(shape))[:2]
    inside = np.stack([labels[plane] for plane in planes])
    ids, counts = np.unique(inside[inside > 0], return_counts=True)
    assert (
        smaller_than(ObjectIndex.of(labels), pixels, planes)
        == ids[counts < pixels].tolist()
    )
