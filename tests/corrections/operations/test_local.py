"""Operations read the boxes of their objects, however large the plane is."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.operations.draw import draw_object
from napari_mobile_unet.corrections.operations.fit import resegment
from napari_mobile_unet.corrections.operations.merge import merge
from napari_mobile_unet.corrections.operations.numbers import relabel
from napari_mobile_unet.corrections.operations.one_click import object_at
from napari_mobile_unet.corrections.operations.outline import redraw_outline
from napari_mobile_unet.corrections.operations.planes import copy_to
from napari_mobile_unet.corrections.operations.remove import delete
from napari_mobile_unet.corrections.operations.shape import (
    convex_hull,
    fill_holes,
    grow,
    shrink,
    smooth,
)
from napari_mobile_unet.corrections.operations.split import (
    cut_off,
    split_by_line,
    split_by_seeds,
    split_in_two,
)

HERE = (0,)
LINE = [(200, 208), (230, 208)]
STRIPES = np.arange(2000) % 40 < 20
IMAGE = np.outer(STRIPES, STRIPES).astype(np.float32)


class Counting:
    """Labels that count the pixels which are read."""

    def __init__(self, labels: np.ndarray) -> None:
        self._labels, self.read = labels, 0
        self.shape, self.dtype, self.ndim = labels.shape, labels.dtype, labels.ndim

    def __getitem__(self, place: tuple) -> np.ndarray:
        found = self._labels[place]
        self.read += found.size
        return found


@pytest.fixture(scope="module")
def large():
    labels = np.zeros((2, 2000, 2000), np.uint16)
    labels[0, 205:225, 200:217], labels[0, 205:225, 218:235] = 1, 2
    labels[0, 900:1800, 900:1800] = 3
    return labels, ObjectIndex.of(labels)


@pytest.mark.parametrize(
    ("operation", "arguments", "settings"),
    [
        (delete, ([1], [HERE]), {}),
        (merge, ([1, 2], [HERE]), {"gap": 1}),
        (split_by_line, (1, LINE, HERE), {}),
        (cut_off, (1, LINE, HERE), {}),
        (split_by_seeds, (1, [(210, 202), (220, 214)], HERE), {}),
        (split_in_two, (1, HERE), {"landscape": IMAGE}),
        (draw_object, ([(300, 300), (300, 320), (320, 320)], HERE), {}),
        (redraw_outline, (1, [(206, 200), (215, 190), (222, 200)], HERE), {}),
        (grow, ([1, 2], 2, [HERE]), {}),
        (shrink, ([1], 2, [HERE]), {}),
        (smooth, ([1], 2, [HERE]), {}),
        (object_at, ((290, 290), HERE), {"image": IMAGE, "diameter": 20}),
        (resegment, ([(200, 198), (230, 240)], HERE, np.ones((31, 43), int)), {}),
        (relabel, (1, None, [HERE]), {}),
        (copy_to, ([1], HERE, [(1,)]), {}),
    ],
)
def test_only_the_neighbourhood_is_read(large, operation, arguments, settings):
    labels, index = large
    counted = Counting(labels)
    changes = operation(counted, index, *arguments, **settings)
    assert changes
    assert 0 < counted.read < 50_000


@pytest.mark.parametrize("operation", [fill_holes, convex_hull])
def test_nothing_to_change_gives_no_change(large, operation):
    labels, index = large
    assert operation(labels, index, [1], [HERE]) == []
