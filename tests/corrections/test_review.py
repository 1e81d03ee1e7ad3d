from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_mobile_unet.corrections.doubts import WEIGHTS, Evidence, combined
from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.review import ReviewQueue


def disc(shape, row, column, radius):
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


@pytest.fixture
def labels():
    """Two planes of twelve discs of about one size, ids 1 to 12 on both."""
    labels = np.zeros((2, 96, 128), np.uint16)
    for number in range(12):
        row, column = 16 + 32 * (number // 4), 16 + 32 * (number % 4)
        for plane in labels:
            plane[disc(plane.shape, row, column, 9 + number % 3)] = number + 1
    return labels


def queue_of(labels, **evidence):
    return ReviewQueue.of(labels, ObjectIndex.of(labels), Evidence(**evidence))


def first(queue):
    item = queue.waiting[0]
    return item.plane, item.own


def test_the_odd_one_comes_first_by_labels_alone(labels):
    labels[1][labels[1] == 5] = 0
    labels[1][disc((96, 128), 48, 16, 3)] = 5
    queue = queue_of(labels)
    assert first(queue) == ((1,), 5)
    assert "size" in queue.waiting[0].reasons


def test_several_pieces_or_a_dented_outline_are_doubted(labels):
    labels[0][labels[0] == 7] = 0
    labels[0][disc((96, 128), 48, 75, 4) | disc((96, 128), 48, 86, 4)] = 7
    queue = queue_of(labels)
    assert first(queue) == ((0,), 7)
    assert {"pieces", "solidity"} <= set(queue.waiting[0].reasons)


def test_confidence_by_id_or_by_plane_and_id_decides_between_equals(labels):
    sure = dict.fromkeys(range(1, 13), 0.95)
    assert first(queue_of(labels, confidence=sure | {9: 0.2}))[1] == 9
    assert first(queue_of(labels, confidence=sure | {((1,), 4): 0.2})) == ((1,), 4)
    unknown = queue_of(labels, confidence=sure | {2: np.nan})
    assert "confidence" not in unknown.item((0,), 2).doubts


def test_an_object_without_an_edge_in_the_image_is_doubted(labels):
    image = np.where(labels > 0, 100.0, 10.0)
    image[1][labels[1] == 3] = 10
    image += np.random.default_rng(0).normal(0, 2, image.shape)
    queue = queue_of(labels, image=image)
    assert first(queue) == ((1,), 3)
    assert queue.waiting[0].reasons[0] == "contrast"


def test_where_another_method_disagrees_is_doubted(labels):
    other = labels.copy()
    other[0][other[0] == 6] = 0
    other[other == 8] = 99  # ids do not matter
    queue = queue_of(labels, other=other)
    assert first(queue) == ((0,), 6)
    assert queue.item((0,), 8).doubts["disagreement"] == 0


def test_a_broken_link_is_doubted_on_both_planes(labels):
    labels[1][labels[1] == 10] = 40
    queue = queue_of(labels, axis=0)
    assert {(i.plane, i.own) for i in queue.waiting[:2]} == {((0,), 10), ((1,), 40)}
    assert queue.item((0,), 1).doubts["link"] == 0


def test_candidates_are_ranked_by_how_likely_they_are_right(labels):
    left_out = np.zeros_like(labels)
    left_out[0, 0:5, 60:65], left_out[1, 30:36, 30:36] = 500, 501
    queue = queue_of(labels, left_out=left_out, confidence={500: 0.3, 501: 0.9})
    assert first(queue) == ((1,), 501)
    likely, unlikely = queue.waiting[0], queue.item((0,), 500, candidate=True)
    assert likely.candidate
    assert likely.doubt > unlikely.doubt
    assert queue.box(unlikely) == (slice(0, 5), slice(60, 65))
    assert queue.progress == (0, 26)


def test_what_was_accepted_waits_no_more(labels):
    queue = queue_of(labels)
    worst, second = queue.waiting[:2]
    queue.accept([worst])
    assert queue.progress == (1, 24)
    assert queue.after(None) == second
    assert queue.after(worst).key != worst.key
    queue.reopen([worst])
    assert queue.after(None) == worst
    queue.finish((0,))
    assert {item.plane for item in queue.waiting} == {(1,)}
    queue.finish((1,))
    assert queue.after(worst) is None
    assert queue.progress == (24, 24)


def test_next_and_previous_go_round(labels):
    queue = queue_of(labels)
    seen, item = [], None
    for _ in range(25):
        item = queue.after(item)
        seen.append(item.key)
    assert seen[:24] == [other.key for other in queue.waiting]
    assert seen[24] == seen[0]
    assert queue.after(item, -1).key == seen[23]


def test_a_finished_plane_leads_to_the_next_with_doubtful_objects(labels):
    confidence = dict.fromkeys(range(1, 13), 0.99) | {((0,), 2): 0.05, ((1,), 3): 0.05}
    queue = queue_of(labels, confidence=confidence)
    assert queue.next_plane((0,)) == (1,)
    assert queue.next_plane((1,)) == (0,)
    queue.finish((0,))
    assert queue.next_plane((1,)) == (1,)
    queue.finish((1,))
    assert queue.next_plane((0,)) is None


def test_an_edit_scores_the_changed_objects_alone(labels, monkeypatch):
    index = ObjectIndex.of(labels)
    confidence = dict.fromkeys(range(1, 13), 0.9)
    queue = ReviewQueue.of(labels, index, Evidence(confidence=confidence))
    untouched = {i.key: i for i in queue.waiting}
    measured = []
    honest = ReviewQueue._measures
    monkeypatch.setattr(
        ReviewQueue,
        "_measures",
        lambda self, *key: measured.append(key) or honest(self, *key),
    )
    box = (slice(0, 34), slice(0, 34))
    before = labels[(0, *box)].copy()
    labels[0, 16:34, 0:34][before[16:34] == 1] = 13
    ids = index.update(labels, (0,), (0, 0), before, labels[(0, *box)])
    queue.update((0,), ids)
    assert sorted(measured) == [((0,), 1), ((0,), 13)]
    assert queue.item((0,), 13) is not None
    assert "confidence" not in queue.item((0,), 1).doubts
    for item in queue.waiting:
        if item.key not in {((0,), 1, False), ((0,), 13, False)}:
            assert item is untouched[item.key]
    edited = labels[(0, *box)].copy()
    labels[(0, *box)] = before  # undone: it is the object that was judged
    queue.update((0,), index.update(labels, (0,), (0, 0), edited, before))
    assert queue.item((0,), 1) == untouched[(0,), 1, False]
    labels[(0, *box)] = 0
    queue.update((0,), index.update(labels, (0,), (0, 0), before, labels[(0, *box)]))
    assert queue.item((0,), 1) is None
    assert queue.item((1,), 1) is not None


@pytest.mark.parametrize("count", [0, 1, 4])
def test_few_objects_are_not_compared(labels, count):
    labels[labels > count] = 0
    queue = queue_of(labels[0])
    assert len(queue.waiting) == count
    assert all("size" not in item.doubts for item in queue.waiting)


@given(st.dictionaries(st.sampled_from(list(WEIGHTS)), st.floats(0, 1)))
def test_a_larger_doubt_never_lowers_the_chance(doubts):
    chance = combined(doubts)
    assert 0 < chance < 1
    for name in doubts:
        assert combined(doubts | {name: 1.0}) >= chance
        assert combined(doubts | {name: 0.5}) == pytest.approx(
            combined({n: d for n, d in doubts.items() if n != name})
        )


def test_the_queue_begins_at_either_end(labels):
    queue = queue_of(labels)
    assert queue.after(None) == queue.waiting[0]
    assert queue.after(None, -1) == queue.waiting[-1]
    assert queue.after(queue.waiting[0], -1) == queue.waiting[-1]


def test_a_broken_link_is_doubted_the_more_another_object_is_there(labels):
    labels[1][labels[1] == 10] = 40  # exactly where 10 was
    labels[1][labels[1] == 11] = 0
    labels[1][disc((96, 128), 80, 77, 10)] = 41  # a part of it
    labels[1][labels[1] == 12] = 0  # nothing is there
    queue = queue_of(labels, axis=0)
    doubts = [queue.item((0,), own).doubts["link"] for own in (1, 12, 11, 10)]
    assert doubts == sorted(doubts)
    assert doubts[0] == 0 and len(set(doubts)) == 4
