from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.linking.laptrack import Tracking
from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.segment import iter_segment, segment
from napari_mobile_unet.thresholding.threshold import Threshold

LINK = Link(method="laptrack", max_distance=25)
TIMES = 8


def tables(missing: tuple[int, int] | None = None) -> list[pd.DataFrame]:
    """Return five objects that run 18 pixels a frame, in changing order."""
    frames = []
    for t in range(TIMES):
        objects = [o for o in range(5) if (t, o) != missing]
        if t % 2:
            objects.reverse()
        frames.append(
            pd.DataFrame(
                {
                    "label": np.arange(1, len(objects) + 1),
                    "centroid_y": [60.0 * o for o in objects],
                    "centroid_x": [18.0 * t + o for o in objects],
                }
            )
        )
    return frames


def ids_of(found: list[pd.DataFrame], link: Link = LINK) -> list[list[int]]:
    tracking = Tracking(Stack(np.zeros((TIMES, 2, 2)), "TYX"), link, found)
    placed = []
    for number, table in enumerate(found):
        lut, numbered = tracking.add(number, None, table)
        assert lut.tolist() == [0, *numbered["label"]]
        rows = table.assign(id=numbered["label"]).sort_values("centroid_y")
        placed.append(rows["id"].tolist())
    return placed


def test_fast_objects_keep_their_ids() -> None:
    assert ids_of(tables()) == [[1, 2, 3, 4, 5]] * TIMES


def test_a_gap_is_bridged() -> None:
    placed = ids_of(tables(missing=(3, 2)), LINK.replace(max_distance=40.0))
    assert placed[2] == placed[4]
    assert placed[3] == [1, 2, 4, 5]


def test_without_objects_there_are_no_ids() -> None:
    empty = tables()[0].iloc[:0]
    assert ids_of([empty] * TIMES) == [[]] * TIMES


def test_an_image_is_followed_from_end_to_end() -> None:
    movie = np.zeros((5, 64, 128), np.uint8)
    for t in range(5):
        movie[t, 10:20, 10 + 20 * t : 20 + 20 * t] = 200
        movie[t, 40:50, 100 - 20 * t : 110 - 20 * t] = 200
    recipe = Recipe(segment=Threshold(), link=LINK)
    labels = segment(movie, recipe, axes="TYX")
    assert np.unique(labels[:, 10:20]).tolist() == [0, 1]
    assert np.unique(labels[:, 40:50]).tolist() == [0, 2]
    assert all("parent" in p.objects for p in iter_segment(movie, recipe, axes="TYX"))


def test_only_time_is_tracked() -> None:
    with pytest.raises(ValueError, match="linked along T"):
        Tracking(Stack(np.zeros((2, 8, 8)), "ZYX"), LINK, tables()[:2])


def test_without_the_package_the_remedy_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "laptrack", None)
    with pytest.raises(ValueError, match="pip install"):
        ids_of(tables())
