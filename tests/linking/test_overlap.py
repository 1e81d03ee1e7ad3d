from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.linking.ids import Numbering
from napari_mobile_unet.linking.overlap import Linker
from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.linking.tracks import napari_tracks
from napari_mobile_unet.samples import sample_path

if TYPE_CHECKING:
    from collections.abc import Sequence

LINK = Link(method="iou")
Place = tuple[float, float]


def discs(*places: Place, radius: float = 6) -> np.ndarray:
    y, x = np.ogrid[:64, :64]
    labels = np.zeros((64, 64), np.int32)
    for number, (row, column) in enumerate(places, start=1):
        labels[(y - row) ** 2 + (x - column) ** 2 <= radius**2] = number
    return labels


def linked(planes: Sequence[np.ndarray], link: Link = LINK, **options: object) -> list:
    linker = Linker(link, **{"divides": True, **options})  # type: ignore[arg-type]
    return [linker.add(plane).ids.tolist() for plane in planes]


def test_moving_objects_keep_their_ids() -> None:
    planes = [discs((20, 10 + 3 * t), (45, 50 - 3 * t)) for t in range(8)]
    assert linked(planes) == [[1, 2]] * 8


def test_numbers_within_a_plane_do_not_matter() -> None:
    planes = [discs((20, 20), (45, 45)), discs((45, 44), (20, 21))]
    assert linked(planes) == [[1, 2], [2, 1]]


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_gaps_are_bridged_as_far_as_asked(missing: int) -> None:
    here, gone = discs((20, 20)), discs()
    ids = linked([here, *[gone] * missing, here], Link(method="iou", gap=2))
    assert ids[-1] == ([1] if missing <= 2 else [2])


def test_an_object_is_not_bridged_to_where_another_has_been() -> None:
    planes = [discs((20, 20)), discs((20, 24)), discs((20, 28)), discs((20, 20))]
    assert linked(planes)[-1] == [2]


def test_the_assignment_is_the_best_one_not_the_first_one() -> None:
    # The right one overlaps both; greedy matching would leave the left one alone.
    before = discs((32, 20), (32, 30), radius=5)
    now = discs((32, 24), (32, 34), radius=5)
    link = Link(method="iou", iou=0.1)
    assert linked([before, now], link) == [[1, 2], [1, 2]]


@settings(max_examples=50)
@given(st.integers(0, 2**31), st.integers(1, 12), st.integers(1, 12))
def test_the_assignment_has_the_largest_sum_of_iou(seed: int, n: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    # Pixels that each object has on each one before; the last ones on background.
    shared = rng.integers(1, 30, (n + 1, m + 1)) * (rng.random((n + 1, m + 1)) < 0.5)
    shared[:-1, -1] += 1
    shared[-1, :-1] += 1
    now, before = (1 + np.indices(shared.shape)) % [[[n + 1]], [[m + 1]]]
    planes = (np.repeat(side.ravel(), shared.ravel())[None] for side in (before, now))
    linker = Linker(Link(method="iou", iou=1e-6), divides=False)
    first, ids = (linker.add(plane.astype(np.int32)).ids for plane in planes)
    assert first.tolist() == list(range(1, m + 1))
    assert len(set(ids)) == len(ids) == n
    union = shared.sum(1, keepdims=True) + shared.sum(0) - shared
    iou = (shared / union)[:-1, :-1]
    found = [iou[row, one - 1] for row, one in enumerate(ids.tolist()) if one <= m]
    assert all(found)
    best = iou[linear_sum_assignment(iou, maximize=True)].sum()
    assert sum(found) == pytest.approx(best)


def test_a_division_ends_the_mother_and_is_written_down() -> None:
    mother = discs((32, 32), radius=9)
    daughters = discs((27, 32), (37, 32), radius=4)
    linker = Linker(LINK, divides=True)
    linker.add(mother)
    after = linker.add(daughters)
    assert after.ids.tolist() == [2, 3]
    assert after.parents.tolist() == [1, 1]
    later = linker.add(mother)
    assert later.ids.tolist() not in ([1], [])


def test_over_depth_nothing_divides() -> None:
    linker = Linker(LINK, divides=False)
    linker.add(discs((32, 32), radius=9))
    after = linker.add(discs((27, 32), (37, 32), radius=4))
    assert not after.parents.any()


def test_a_new_neighbour_is_no_daughter() -> None:
    linker = Linker(LINK, divides=True)
    linker.add(discs((32, 20)))
    after = linker.add(discs((32, 20), (32, 34)))
    assert after.ids.tolist() == [1, 2]
    assert not after.parents.any()


def test_a_crumb_is_no_daughter() -> None:
    before, now = discs((32, 32), radius=9), discs((32, 31), radius=8)
    now[30:33, 39:42] = 2
    linker = Linker(LINK, divides=True)
    linker.add(before)
    assert linker.add(now).parents.tolist() == [0, 0]


def test_a_cap_belongs_to_the_section_that_it_lies_in() -> None:
    ball = [discs((32, 32), radius=10), discs((30, 34), radius=3)]
    assert linked(ball, divides=False) == [[1], [1]]
    assert linked(ball, divides=True) == [[1], [2]]
    beside = [discs((32, 32), radius=10), discs((32, 43), radius=3)]
    assert linked(beside, divides=False) == [[1], [2]]


def test_no_gap_is_wider_than_the_object() -> None:
    planes = [discs((32, 32)), discs(), discs((32, 32))]
    assert linked(planes, divides=False, step=2)[-1] == [1]
    assert linked(planes, divides=False, step=8)[-1] == [2]


@settings(max_examples=30)
@given(st.lists(st.integers(0, 2**31), min_size=2, max_size=6), st.booleans())
def test_ids_are_never_used_twice(seeds: list[int], divides: bool) -> None:
    linker = Linker(LINK, divides=divides)
    ended: set[int] = set()
    last: dict[int, int] = {}
    for t, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        places = rng.uniform(4, 60, (rng.integers(0, 9), 2))
        labels = discs(*map(tuple, places))
        labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
        found = linker.add(labels.astype(np.int32))
        ids = found.ids.tolist()
        assert len(set(ids)) == len(ids) == labels.max()
        assert not ended & set(ids)
        assert all(parent not in ids for parent in found.parents.tolist())
        last |= dict.fromkeys(ids, t)
        ended |= set(found.parents[found.parents > 0].tolist())
        ended |= {i for i, seen in last.items() if t - seen > LINK.gap}


def numbered(truth: Stack, link: Link) -> np.ndarray:
    """Link true labels whose ids were forgotten, plane by plane."""
    numbering = Numbering(truth, link)
    ids = np.zeros((truth.n_planes, *truth.plane_shape), np.int64)
    for number in range(truth.n_planes):
        found, inverse = np.unique(truth.plane(number), return_inverse=True)
        local = inverse.reshape(truth.plane_shape).astype(np.int32)
        table = pd.DataFrame({"label": np.arange(1, len(found))})
        lut, _ = numbering.add(number, local, table)
        ids[number] = lut[local]
    return ids


def share_kept(truth: Stack, ids: np.ndarray) -> float:
    """Return the share of true objects with one id, which no other object has."""
    planes = np.stack([truth.plane(n) for n in range(truth.n_planes)])
    inside = planes > 0
    pairs = np.unique(np.stack([planes[inside], ids[inside]]), axis=1)
    once = [np.bincount(side)[side] == 1 for side in pairs]
    return float((once[0] & once[1]).sum() / len(np.unique(pairs[0])))


@pytest.mark.parametrize("name", ["nuclei_zstack", "nuclei_timelapse"])
def test_objects_of_the_samples_keep_one_id(name: str) -> None:
    truth = read_stack(sample_path(f"{name}_labels.tif"))
    share = share_kept(truth, numbered(truth, LINK))
    print(name, share)
    assert share >= 0.98


@pytest.mark.parametrize(("axis", "series"), [("Z", 2), ("T", 3)])
def test_other_positions_are_series_of_their_own(axis: str, series: int) -> None:
    planes = np.stack([np.stack([discs((20, 20 + t))] * 3) for t in range(2)])
    truth = Stack(planes, "TZYX")
    ids = numbered(truth, Link(method="iou", axis=axis))
    assert len(np.unique(ids)) == 1 + series


def test_an_axis_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="linked along T"):
        Numbering(Stack(np.zeros((3, 8, 8)), "ZYX"), Link(method="iou", axis="T"))
    with pytest.raises(ValueError, match="linked along Z or T"):
        Numbering(Stack(np.zeros((8, 8)), "YX"), LINK)


def test_tracks_for_napari() -> None:
    table = pd.DataFrame(
        {
            "label": [1, 2, 3, 1],
            "t": [1, 2, 2, 0],
            "centroid_y": [5.0, 1, 9, 4],
            "centroid_x": [0.0, 1, 2, 3],
            "parent": [0, 1, 1, 0],
        }
    )
    data, graph = napari_tracks(table)
    assert data[:, :2].tolist() == [[1, 0], [1, 1], [2, 2], [3, 2]]
    assert graph == {2: [1], 3: [1]}


@pytest.mark.parametrize("distance", [0, 1e-200, 1e200])
def test_steps_whose_squares_are_no_numbers_are_refused(distance: float) -> None:
    with pytest.raises(ValueError, match="max_distance"):
        Link(method="laptrack", max_distance=distance)
