"""Ids above 2**53, where floats take neighbours for one."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mobile_unet.corrections.operations.draw import draw_object
from napari_mobile_unet.corrections.operations.fit import resegment
from napari_mobile_unet.corrections.operations.merge import merge
from napari_mobile_unet.corrections.operations.numbers import relabel, separate_pieces
from napari_mobile_unet.corrections.operations.planes import copy_to
from napari_mobile_unet.corrections.operations.remove import delete
from napari_mobile_unet.corrections.operations.shape import grow
from napari_mobile_unet.corrections.operations.split import split_by_line

FIRST = 2**60 + 1
OTHER = FIRST + 1
NEXT = FIRST + 2
HERE = (0,)


@pytest.fixture(params=[np.int64, np.uint64])
def labels(request):
    labels = np.zeros((2, 30, 40), request.param)
    labels[0, 5:15, 5:15], labels[0, 5:15, 15:25] = FIRST, OTHER
    labels[0, 20:24, 5:9] = FIRST
    return labels


@pytest.mark.parametrize(
    ("operation", "arguments", "ids"),
    [
        (delete, ([FIRST], [HERE]), {0, OTHER}),
        (merge, ([FIRST, OTHER], [HERE]), {0, FIRST}),
        (split_by_line, (FIRST, [(0, 10), (17, 10)], HERE), {0, FIRST, OTHER, NEXT}),
        (separate_pieces, ([FIRST], [HERE]), {0, FIRST, OTHER, NEXT}),
        (relabel, (FIRST, None, [HERE]), {0, NEXT, OTHER}),
        (grow, ([FIRST], 2, [HERE]), {0, FIRST, OTHER}),
        (copy_to, ([OTHER], HERE, [(1,)]), {0, FIRST, OTHER}),
    ],
)
def test_neighbouring_huge_ids_are_told_apart(run, labels, operation, arguments, ids):
    after = run(operation, labels, *arguments)
    assert set(after.ravel().tolist()) == ids
    if OTHER in ids and operation is not copy_to:
        assert np.array_equal(after == OTHER, labels == OTHER)


def test_what_is_kept_and_what_is_found_anew_have_their_own_ids(run, labels):
    box = [(0, 0), (29, 39)]
    found = np.zeros((30, 40), np.uint8)
    found[5:15, 5:15], found[22:28, 30:38] = 1, 2
    after = run(resegment, labels, box, HERE, found, keep=[OTHER])
    assert set(after.ravel().tolist()) == {0, FIRST, OTHER, NEXT}
    corners = [(5, 5), (5, 24), (14, 24), (14, 5)]
    drawn = run(draw_object, labels, corners, HERE, writes="over", keep=[OTHER])
    assert np.array_equal(drawn == OTHER, labels == OTHER)
    assert (drawn[0, 6:14, 6:15] == NEXT).all()
