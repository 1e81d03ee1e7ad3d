"""Operations through the history: in any order, undone and redone to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_mobile_unet.corrections.change import iter_planes
from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.operations.draw import draw_object
from napari_mobile_unet.corrections.operations.fit import resegment
from napari_mobile_unet.corrections.operations.merge import merge
from napari_mobile_unet.corrections.operations.numbers import (
    names_anew,
    number_anew,
    relabel,
    separate_pieces,
)
from napari_mobile_unet.corrections.operations.one_click import object_at
from napari_mobile_unet.corrections.operations.outline import redraw_outline
from napari_mobile_unet.corrections.operations.planes import copy_to, interpolate
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
from napari_mobile_unet.corrections.operations.tracks import cut_track, swap_tracks
from napari_mobile_unet.corrections.session import Corrections

IMAGE = ndimage.gaussian_filter(np.random.default_rng(0).random((48, 56)), 2)


def drawn(random, labels, index):
    """Return an operation by a name, and what it would be given at random."""
    plane = (int(random.integers(labels.shape[0])),) if labels.ndim > 2 else ()
    planes = list(iter_planes(labels.shape))
    scope = planes if random.random() < 0.3 else [plane]
    here = index.ids_in(plane) or [1]
    ids = random.choice(here, min(len(here), 2), replace=False).tolist()
    own = ids[0]
    spots = random.uniform(-5, 60, (4, 2))
    pixels = np.argwhere(labels[plane] == own)
    two = pixels[random.integers(len(pixels), size=2)] if len(pixels) else spots[:2]
    stroke = [two[0], *spots[:2], two[1]]
    found = ndimage.label(random.random((20, 20)) > 0.6)[0]
    choices = [
        (delete, (ids[:1], scope), {}),
        (merge, (ids, scope), {"gap": 1}),
        (split_by_line, (own, spots[:2], plane, scope), {}),
        (cut_off, (own, spots[:2], plane, scope), {}),
        (split_by_seeds, (own, two, plane, scope), {"landscape": IMAGE}),
        (split_in_two, (own, plane, scope), {}),
        (draw_object, (spots, plane), {"writes": random.choice(["under", "over"])}),
        (redraw_outline, (own, stroke, plane), {}),
        (grow, (ids, 2, scope), {}),
        (shrink, (ids, 1, scope), {}),
        (smooth, (ids, 1.5, scope), {}),
        (fill_holes, (ids, scope), {}),
        (convex_hull, (ids, scope), {}),
        (object_at, (tuple(spots[0]), plane), {"image": IMAGE}),
        (resegment, ([(8, 9), (27, 28)], plane, found), {}),
        (copy_to, (ids, plane, planes), {}),
        (interpolate, (own, planes), {}),
        (relabel, (own, None, scope), {}),
        (separate_pieces, (ids, scope), {}),
        (cut_track, (own, planes[1:]), {}),
        (swap_tracks, (*(*ids, own, scope)[:2], scope), {}),
        (number_anew, (), {}),
    ]
    return choices[random.integers(len(choices))]


@pytest.mark.parametrize("shape", [(48, 56), (4, 48, 56)])
@pytest.mark.parametrize("seed", range(3))
def test_any_operations_are_undone_and_redone_to_the_bit(shape, seed, tmp_path):
    random = np.random.default_rng(seed)
    smooth_noise = ndimage.gaussian_filter(
        random.random((7, *shape)), (0, *([1] * (len(shape) - 2)), 3, 3)
    )
    labels = (smooth_noise.argmax(0) * (smooth_noise.max(0) > 0.53)).astype(np.uint16)
    original = labels.copy()
    corrections = Corrections(labels, journal=tmp_path / "corrections.jsonl")
    done, refused = 0, 0
    kinds = set()
    while done < 60:
        operation, arguments, settings = drawn(random, labels, corrections.index)
        before = labels.copy()
        try:
            changes = operation(labels, corrections.index, *arguments, **settings)
        except ValueError as error:
            refused += 1
            assert "received" in str(error)
            assert "\n" not in str(error)
            continue
        assert np.array_equal(labels, before)
        renamed = names_anew(corrections.index) if operation is number_anew else None
        ids = {int(own) for own in np.unique(labels)} - {0}
        step = corrections.do(operation.__name__, changes, on=ids, renamed=renamed)
        done += step is not None
        kinds |= {operation.__name__} if step else set()
    assert len(kinds) > 10
    assert refused < 10 * done
    final = labels.copy()
    scanned = ObjectIndex.of(labels)
    assert corrections.index.ids == scanned.ids
    while corrections.undo():
        pass
    assert np.array_equal(labels, original)
    while corrections.redo():
        pass
    assert np.array_equal(labels, final)
    corrections.close()
