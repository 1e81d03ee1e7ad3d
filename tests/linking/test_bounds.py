"""Where exactly objects begin to be linked, and what ids are given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from napari_mobile_unet.images.grid import Grid
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.linking.ids import (
    Numbering,
    check_link,
    ids_for,
    looks_at_labels,
)
from napari_mobile_unet.linking.laptrack import Tracking
from napari_mobile_unet.linking.overlap import Linked, Linker
from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.linking.tracks import napari_tracks

LINK = Link(method="iou")


def row(*runs: tuple[int, int]) -> np.ndarray:
    """Return a plane of 1 × 200 with objects 1 to n, from a column to another."""
    labels = np.zeros((1, 200), np.int32)
    for number, (begin, end) in enumerate(runs, start=1):
        labels[0, begin:end] = number
    return labels


def after(*planes: np.ndarray, link: Link = LINK, **options: object) -> Linked:
    """Return what was found in the last of some planes."""
    linker = Linker(link, **{"divides": True, **options})  # type: ignore[arg-type]
    return [linker.add(plane) for plane in planes][-1]


def test_the_smallest_iou_itself_is_enough() -> None:
    planes = row((0, 3)), row((1, 4))  # 2 of 4 pixels
    assert after(*planes, link=Link(method="iou", iou=0.5)).ids.tolist() == [1]
    assert after(*planes, link=Link(method="iou", iou=0.51)).ids.tolist() == [2]


def test_three_quarters_of_a_cap_are_enough() -> None:
    ball = row((0, 100))
    assert after(ball, row((97, 101)), divides=False).ids.tolist() == [1]
    assert after(ball, row((98, 102)), divides=False).ids.tolist() == [2]
    # And the other way round: the ball after its cap.
    assert after(row((97, 101)), ball, divides=False).ids.tolist() == [1]


def test_a_daughter_that_is_most_of_its_mother_is_none_the_less_one() -> None:
    found = after(row((0, 100)), row((0, 60), (70, 100)))  # IoU 0.6 and 0.3
    assert found.parents.tolist() == [1, 1]
    assert found.ids.tolist() == [2, 3]
    # What is another object's successor is no daughter.
    found = after(row((0, 100), (100, 130)), row((0, 60), (85, 130)))
    assert found.ids.tolist() == [1, 2] and not found.parents.any()


def test_defaults_and_ranges_of_the_settings() -> None:
    # Recipes leave out what is as by default: these stay, or old ones change.
    assert Link() == Link(method="none", axis="auto", iou=0.25, gap=1, max_distance=15)
    for settings in (
        {"max_distance": 0.01},
        {"max_distance": 1e6},
        {"iou": 1.0},
        {"gap": 10},
    ):
        assert Link(method="iou", **settings).model_dump().items() >= settings.items()
    for refused in (
        {"max_distance": 0.009},
        {"max_distance": 1_000_001},
        {"iou": 0},
        {"iou": 1.01},
        {"gap": 11},
        {"gap": -1},
    ):
        with pytest.raises(ValidationError):
            Link(method="iou", **refused)


@pytest.mark.parametrize(
    ("second", "parents"),
    [
        ((80, 95), [1, 1]),  # 15 of 100 pixels are a daughter
        ((80, 94), [0, 0]),
        ((90, 110), [1, 1]),  # half of it lies in the mother
        ((91, 111), [0, 0]),
    ],
)
def test_how_large_and_how_far_within_a_daughter_is(
    second: tuple[int, int], parents: list[int]
) -> None:
    found = after(row((0, 100)), row((0, 20), second))
    assert found.parents.tolist() == parents
    assert found.ids.tolist() == [2, 3]


def test_a_daughter_of_one_is_not_taken_from_another() -> None:
    """An object that goes on elsewhere is nobody's daughter, though it lies there."""
    before = row((0, 60), (60, 100))
    found = after(before, row((0, 40), (52, 98)), link=Link(method="iou", iou=0.3))
    assert found.ids.tolist() == [1, 2]
    assert found.parents.tolist() == [0, 0]


@pytest.mark.parametrize(("gap", "linked"), [(0, False), (1, True)])
def test_a_gap_counts_planes_between(gap: int, linked: bool) -> None:
    link = Link(method="iou", gap=gap)
    found = after(row((0, 9)), row(), row((0, 9)), link=link)
    assert found.ids.tolist() == ([1] if linked else [2])


def test_over_depth_a_gap_is_as_wide_as_the_object_at_most() -> None:
    """A disc of 314 pixels is 20 wide; two steps of 10 are bridged, of 10.1 not."""
    disc = np.zeros((18, 20), np.int32)
    disc.ravel()[:315] = 1
    none = np.zeros_like(disc)
    for step, ids in ((10.0, [1]), (10.1, [2])):
        found = after(disc, none, disc, divides=False, step=step)
        assert found.ids.tolist() == ids
    # From one section to the next nothing is bridged, however thick they are.
    assert after(disc, disc, divides=False, step=99.0).ids.tolist() == [1]


def test_the_area_of_what_was_missing_is_remembered() -> None:
    """The IoU with what comes back is that of its own footprint."""
    link = Link(method="iou", iou=0.5, gap=2)
    planes = row((0, 10), (50, 59)), row((50, 59)), row((0, 10), (50, 59))
    found = after(*planes, link=link)
    assert found.ids.tolist() == [1, 2]
    grown = after(planes[0], planes[1], row((0, 21), (50, 59)), link=link)
    assert grown.ids.tolist() == [3, 2]


def test_unsigned_labels_are_taken() -> None:
    planes = [row((0, 9)).astype(kind) for kind in (np.uint64, np.uint16)]
    assert after(*planes).ids.tolist() == [1]


def table_of(count: int, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"label": np.arange(1, count + 1), **columns})


def test_ids_that_somebody_uses_are_not_given() -> None:
    stack = Stack(np.zeros((2, 1, 200)), "TYX")
    for link in (Link(), LINK, Link(method="laptrack")):
        tables = [table_of(2, centroid_y=0.0, centroid_x=[3.0, 90.0])] * 2
        ids = ids_for(stack, link, lambda tables=tables: tables, reserved=[1, 3])
        given = [
            ids.add(number, row((0, 6), (86, 95)), tables[number])
            for number in range(2)
        ]
        expected = [[2, 4], [5, 6] if link.method == "none" else [2, 4]]
        assert [table["label"].tolist() for _, table in given] == expected
        assert [lut.tolist() for lut, _ in given] == [[0, *own] for own in expected]
        assert all(lut.dtype == np.int32 for lut, _ in given)
    assert [looks_at_labels(Link(method=m)) for m in ("none", "iou", "laptrack")] == [
        False,
        True,
        False,
    ]


def test_only_over_time_objects_have_parents() -> None:
    for axes, has in (("TYX", True), ("ZYX", False)):
        numbering = Numbering(Stack(np.zeros((2, 1, 200)), axes), LINK)
        _, table = numbering.add(0, row((0, 9)), table_of(1))
        assert ("parent" in table) == has
        assert numbering.axis == axes[0]


def test_over_depth_distances_are_in_widths_of_pixels() -> None:
    """Sections of 3.4 µm and pixels of 0.5 µm: a step is one of 6.8 pixels."""
    planes = np.zeros((3, 1, 200))
    disc = row((0, 150))
    for depth, ids in ((3.4, [1]), (3.5, [2])):
        stack = Stack(planes, Grid("ZYX", scale=(depth, 0.5, 0.5)))
        numbering = Numbering(stack, LINK)
        # 150 pixels are a disc 13.8 wide; two steps are bridged up to 6.9 pixels.
        for number, labels in enumerate((disc, row(), disc)):
            _, table = numbering.add(number, labels, table_of(int(labels.max())))
        assert table["label"].tolist() == ids


def frames(*planes: list[tuple[float, float]]) -> list[pd.DataFrame]:
    return [
        table_of(
            len(plane),
            centroid_y=[y for y, _ in plane],
            centroid_x=[x for _, x in plane],
        )
        for plane in planes
    ]


def tracked(tables: list[pd.DataFrame], axes: str = "TYX", **link: object) -> list:
    """Return ids and parents of each plane."""
    shape = (len(tables), 2, 2) if axes == "TYX" else (2, len(tables) // 2, 2, 2)
    own = Link(method="laptrack", **link)  # type: ignore[arg-type]
    tracking = Tracking(Stack(np.zeros(shape), axes), own, tables)
    found = (tracking.add(n, None, table)[1] for n, table in enumerate(tables))
    return [(table["label"].tolist(), table["parent"].tolist()) for table in found]


def test_movement_is_bounded_by_the_largest_step() -> None:
    steps = frames([(0, 0)], [(0, 10)])
    assert tracked(steps, max_distance=10.1)[1] == ([1], [0])
    assert tracked(steps, max_distance=9.9)[1] == ([2], [0])


@pytest.mark.parametrize(("gap", "last"), [(0, 2), (1, 2), (2, 1)])
def test_movement_over_a_gap(gap: int, last: int) -> None:
    steps = frames([(0, 0)], [], [], [(0, 1)])
    assert tracked(steps, gap=gap)[3] == ([last], [0])


def test_movement_knows_divisions_by_the_mother() -> None:
    steps = frames([(0, 0), (90, 90)], [(-4, 0), (5, 0), (90, 90)])
    first, second = tracked(steps, max_distance=10)
    assert first == ([1, 2], [0, 0])
    ids, parents = second
    assert ids[2] == 2 and parents[2] == 0
    assert sorted(parents[:2]) in ([0, 1], [1, 1])
    assert all(one > 2 or parent == 0 for one, parent in zip(ids, parents, strict=True))


@pytest.mark.parametrize(
    ("axes", "ids"), [("PTYX", [[1], [1], [2], [2]]), ("TZYX", [[1], [2], [1], [2]])]
)
def test_positions_and_sections_are_followed_on_their_own(
    axes: str, ids: list[list[int]]
) -> None:
    steps = frames([(0, 0)], [(0, 1)], [(0, 2)], [(0, 3)])
    assert [own for own, _ in tracked(steps, axes=axes)] == ids


def test_tracks_have_the_depth_that_is_known() -> None:
    table = table_of(
        2, t=[1, 0], z=[7.0, 8.0], centroid_y=[1.0, 2], centroid_x=[3.0, 4]
    )
    data, graph = napari_tracks(table)
    assert data.tolist() == [[1, 1, 7, 1, 3], [2, 0, 8, 2, 4]]
    assert graph == {}
    data, _ = napari_tracks(table.assign(centroid_z=[5.0, 6.0]))
    assert data[:, 2].tolist() == [5, 6]


def test_a_mother_that_was_erased_is_not_in_the_graph() -> None:
    table = table_of(3, t=0, centroid_y=0.0, centroid_x=0.0, parent=[0, 1, 9])
    assert napari_tracks(table)[1] == {2: [1]}


def test_classes_keep_their_numbers_in_every_plane() -> None:
    """A class is no object: its number is the same everywhere."""
    classes = table_of(3, **{"class": [1, 2, 3], "area": [5, 0, 7]})
    numbering = Numbering(Stack(np.zeros((2, 1, 200)), "TYX"), Link())
    for number in range(2):
        lut, table = numbering.add(number, row((0, 5), (9, 9), (20, 27)), classes)
        assert lut.tolist() == [0, 1, 2, 3]
        assert table["label"].tolist() == [1, 3]


def test_what_cannot_be_linked_is_refused_before_any_work() -> None:
    stack = Stack(np.zeros((2, 4, 4)), "ZYX")
    check_link(stack, Link(method="iou"))
    with pytest.raises(ValueError, match="linked along T, got planes along Z"):
        check_link(stack, Link(method="iou", axis="T"))


def test_tracks_of_objects_begin_with_the_first_plane() -> None:
    objects = pd.DataFrame(
        {"label": [2, 1, 1], "t": [0, 1, 0], "centroid_y": 0.5, "centroid_x": [9, 4, 3]}
    )
    data, graph = napari_tracks(objects)
    assert data[:, :2].tolist() == [[1, 0], [1, 1], [2, 0]]
    assert data[:, -1].tolist() == [3, 4, 9] and graph == {}
