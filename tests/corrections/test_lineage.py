from __future__ import annotations

import numpy as np
import pytest

from napari_mobile_unet.corrections.lineage import Lineage
from napari_mobile_unet.corrections.operations.merge import merge
from napari_mobile_unet.corrections.operations.tracks import (
    cut_track,
    join_tracks,
    swap_tracks,
)
from napari_mobile_unet.corrections.session import Corrections

PLANES = [(time,) for time in range(6)]


@pytest.fixture
def movie():
    """2 becomes 3 in the third frame, which divides into 4 and 5 in the fifth."""
    labels = np.zeros((6, 20, 20), np.uint8)
    labels[:2, 2:8, 2:8], labels[2:4, 2:8, 2:8] = 2, 3
    labels[4:, 2:8, 2:4], labels[4:, 2:8, 5:8] = 4, 5
    labels[:, 12:16, 12:16] = 9
    return labels


@pytest.mark.parametrize(
    ("operation", "given", "expected"),
    [
        (join_tracks, (2, 3, PLANES), {4: 2, 5: 2}),
        (join_tracks, (3, 2, PLANES), {4: 3, 5: 3}),
        (join_tracks, (3, 4, PLANES), {5: 3}),  # one of them is the mother herself
        (cut_track, (3, PLANES[3:]), {4: 10, 5: 10}),
        (swap_tracks, (3, 9, PLANES[3:4]), {4: 9, 5: 9}),
        (swap_tracks, (4, 9, PLANES[5:]), {4: 3, 5: 3}),
        (swap_tracks, (4, 9, PLANES[4:]), {5: 3}),  # 9 was there before it was born
        (merge, ([4, 5], PLANES), {4: 3}),
    ],
)
def test_mothers_follow_the_ids_of_tracks_and_come_back(
    movie, operation, given, expected
):
    session = Corrections(movie)
    lineage = Lineage([(4, 3), (5, 3), (7, 2)], session.index, 0)
    assert lineage.parents(session.index) == {4: 3, 5: 3}
    changes = operation(movie, session.index, *given)
    for take in (lambda: session.do("x", changes), session.undo, session.redo):
        lineage.follow(take(), session.index)
        there = lineage.parents(session.index)
        assert there == ({4: 3, 5: 3} if take == session.undo else expected)
