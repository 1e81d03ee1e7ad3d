from __future__ import annotations

import numpy as np
import pytest

from napari_mobile_unet.corrections.operations.tracks import (
    cut_track,
    join_tracks,
    swap_tracks,
)

PLANES = [(time,) for time in range(4)]


@pytest.fixture
def movie():
    """Object 3 in all frames, 5 in the first two, 8 in the last two."""
    labels = np.zeros((4, 12, 12), np.uint8)
    labels[:, 1:4, 1:4], labels[:2, 7:9, 7:9], labels[2:, 8:11, 8:11] = 3, 5, 8
    return labels


def test_tracks_are_joined_over_time(run, movie):
    after = run(join_tracks, movie, 5, 8, PLANES)
    assert np.array_equal(after, np.where(movie == 8, 5, movie))


def test_a_track_is_cut_from_a_frame_on(run, movie):
    after = run(cut_track, movie, 3, PLANES[2:])
    expected = movie.copy()
    expected[2:][movie[2:] == 3] = 9
    assert np.array_equal(after, expected)


def test_two_tracks_swap_from_a_frame_on_even_where_they_touch(run, movie):
    movie[:, 4:7, 1:4] = 5
    after = run(swap_tracks, movie, 3, 5, PLANES[1:])
    expected = movie.copy()
    expected[1:][movie[1:] == 3] = 5
    expected[1:][movie[1:] == 5] = 3
    assert np.array_equal(after, expected)


@pytest.mark.parametrize(
    ("operation", "arguments", "words"),
    [
        (join_tracks, (3, 5, PLANES), "received 3 and 5, both on plane 0"),
        (join_tracks, (3, 3, PLANES), "received 3 twice"),
        (join_tracks, (4, 5, PLANES), "received 4, which no object has"),
        (join_tracks, (5, 8, PLANES[:2]), "object 8 must lie on planes 0 to 1"),
        (cut_track, (3, PLANES), "received 3, which is on no plane before"),
        (cut_track, (5, PLANES[2:]), "object 5 must lie on planes 2 to 3"),
        (swap_tracks, (3, 3, PLANES), "2 different objects or more"),
        (swap_tracks, (3, 8, PLANES[:2]), "object 8 must lie on"),
    ],
)
def test_tracks_that_cannot_be_so_are_refused(run, movie, operation, arguments, words):
    with pytest.raises(ValueError, match=words):
        run(operation, movie, *arguments)
