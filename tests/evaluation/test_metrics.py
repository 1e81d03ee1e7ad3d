"""Scores of label images against hand-computed values and brute force."""

from __future__ import annotations

import json
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_mobile_unet.evaluation.metrics import THRESHOLDS, evaluate, pool
from napari_mobile_unet.objects.overlap import iou_matrix

SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=6)
LABELS = SHAPES.flatmap(
    lambda shape: st.tuples(
        *2 * [hnp.arrays(np.uint8, shape, elements=st.integers(0, 4))]
    )
)

TRUTH = np.array(
    [
        [1, 1, 1, 1, 0, 0, 2, 2],
        [1, 1, 1, 1, 0, 0, 2, 2],
        [0, 0, 0, 0, 0, 0, 2, 2],
        [3, 3, 0, 0, 0, 0, 0, 0],
    ]
)
PREDICTED = np.array(
    [
        [9, 9, 9, 0, 0, 0, 4, 4],
        [9, 9, 9, 0, 0, 4, 4, 4],
        [0, 0, 0, 0, 0, 4, 4, 4],
        [0, 0, 0, 0, 0, 0, 0, 7],
    ]
)


def brute_force_matches(predicted, truth, threshold):
    """Try every one-to-one assignment of the objects."""
    first, second = sorted((predicted, truth), key=lambda x: len(np.unique(x[x > 0])))
    few, many = np.unique(first[first > 0]), np.unique(second[second > 0])

    def iou(a, b):
        a, b = first == a, second == b
        return (a & b).sum() / (a | b).sum()

    return max(
        sum(iou(a, b) >= threshold for a, b in zip(few, choice, strict=True))
        for choice in permutations(many, len(few))
    )


def test_hand_computed():
    # IoU: 9-1 is 6/8 = 0.75, 4-2 is 6/8 = 0.75; 3 is missed and 7 is false.
    scores = evaluate(PREDICTED, TRUTH)
    assert scores.ap == {
        **dict.fromkeys((0.5, 0.55, 0.6, 0.65, 0.7, 0.75), 0.5),
        **dict.fromkeys((0.8, 0.85, 0.9, 0.95), 0.0),
    }
    assert (scores.tp[0.75], scores.fp[0.75], scores.fn[0.75]) == (2, 1, 1)
    assert (scores.tp[0.8], scores.fp[0.8], scores.fn[0.8]) == (0, 3, 3)
    assert scores.panoptic_quality == pytest.approx(1.5 / 3)
    assert scores.dice == pytest.approx(2 * 12 / (15 + 16))
    assert (scores.n_true, scores.n_predicted) == (3, 3)


def test_iou_matrix_orders_objects_by_id():
    assert iou_matrix(PREDICTED, TRUTH).toarray().tolist() == [
        [0, 0.75, 0],  # 4
        [0, 0, 0],  # 7
        [0.75, 0, 0],  # 9
    ]


@pytest.mark.parametrize(
    ("predicted", "truth"),
    [
        ([[1, 1, 2, 2]], [[1, 1, 1, 1]]),  # two halves of one object
        ([[1, 1, 1, 1]], [[1, 1, 2, 2]]),
    ],
)
def test_iou_of_one_half_matches_at_most_once(predicted, truth):
    scores = evaluate(predicted, truth)
    assert scores.tp[0.5] == 1
    assert scores.tp[0.55] == 0
    assert scores.panoptic_quality == 0  # takes pairs with IoU > 0.5 only


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_iou_equal_to_the_threshold_matches(threshold):
    part = round(threshold * 20)
    truth = np.ones(20, int)
    predicted = (np.arange(20) < part).astype(int)
    scores = evaluate(predicted, truth)
    assert scores.tp[threshold] == 1
    assert all(scores.tp[iou] == 0 for iou in THRESHOLDS if iou > threshold)


@settings(max_examples=40, deadline=None)
@given(LABELS)
def test_agrees_with_brute_force(pair):
    predicted, truth = pair
    scores = evaluate(predicted, truth)
    for threshold in THRESHOLDS:
        tp = brute_force_matches(predicted, truth, threshold)
        assert scores.tp[threshold] == tp
        objects = scores.n_true + scores.n_predicted
        assert scores.ap[threshold] == (tp / (objects - tp) if objects else 1)


@settings(max_examples=40, deadline=None)
@given(LABELS)
def test_bounds_and_symmetry(pair):
    scores, swapped = evaluate(*pair), evaluate(*pair[::-1])
    assert scores.ap == swapped.ap
    assert scores.dice == swapped.dice
    assert scores.panoptic_quality == pytest.approx(swapped.panoptic_quality)
    assert list(scores.ap.values()) == sorted(scores.ap.values(), reverse=True)
    for value in (*scores.ap.values(), scores.dice, scores.panoptic_quality):
        assert 0 <= value <= 1


@settings(max_examples=40, deadline=None)
@given(LABELS, st.permutations(range(1, 5)))
def test_ids_do_not_matter(pair, ids):
    predicted, truth = pair
    renamed = np.array([0, *ids], np.int64)[predicted] * 1_000_000_007
    assert evaluate(renamed, truth).ap == evaluate(predicted, truth).ap
    perfect = evaluate(renamed, predicted)
    assert set(perfect.ap.values()) == {1.0}
    assert (perfect.dice, perfect.panoptic_quality) == (1.0, 1.0)


@pytest.mark.parametrize("shape", [(4, 5), (0, 5), (2, 3, 4)])
def test_neither_truth_nor_prediction_scores_one(shape):
    empty = np.zeros(shape, np.uint16)
    scores = evaluate(empty, empty)
    assert set(scores.ap.values()) == {1.0}
    assert (scores.dice, scores.panoptic_quality, scores.n_true) == (1.0, 1.0, 0)


def test_only_one_side_scores_zero():
    for pair in [(PREDICTED, TRUTH * 0), (PREDICTED * 0, TRUTH)]:
        scores = evaluate(*pair)
        assert set(scores.ap.values()) == {0.0}
        assert (scores.dice, scores.panoptic_quality) == (0.0, 0.0)


def test_pool_gives_image_mean_and_pooled():
    perfect = evaluate(np.array([[1, 2, 3, 4, 5, 6]]), np.array([[1, 2, 3, 4, 5, 6]]))
    folder = pool([evaluate(PREDICTED, TRUTH), perfect])
    assert folder.ap[0.5] == 0.75  # (0.5 + 1) / 2
    assert folder.ap_pooled[0.5] == 8 / 10  # 2 + 6 of 4 + 6
    assert folder.panoptic_quality == pytest.approx(0.75)
    assert (folder.n_true, folder.tp[0.5], folder.fp[0.5]) == (9, 8, 1)
    assert pool([folder, perfect]).n_true == 15


def test_one_image_pools_to_itself():
    scores = evaluate(PREDICTED, TRUTH)
    assert scores.ap == scores.ap_pooled
    assert pool([scores]) == scores


def test_summary_is_json():
    summary = evaluate(PREDICTED, TRUTH).summary()
    assert json.loads(json.dumps(summary)) == summary
    assert list(summary) == [
        "ap",
        "ap_pooled",
        "panoptic_quality",
        "dice",
        "n_true",
        "n_predicted",
    ]
    assert list(summary["ap"])[:3] == ["0.50", "0.55", "0.60"]
    assert summary["ap"]["0.75"] == 0.5


@pytest.mark.parametrize(
    ("predicted", "truth", "says"),
    [
        (np.zeros((2, 3), int), np.zeros((3, 2), int), r"\(2, 3\) and \(3, 2\)"),
        (np.zeros((2, 2)), np.zeros((2, 2), int), "predicted labels .* float64"),
        (np.zeros((2, 2), int), np.zeros((2, 2), bool), "true labels .* bool"),
        (np.full((2, 2), -3), np.zeros((2, 2), int), "predicted labels .* -3"),
    ],
)
def test_unusable_label_images_are_refused(predicted, truth, says):
    with pytest.raises(ValueError, match=says) as error:
        evaluate(predicted, truth)
    assert "\n" not in str(error.value)


def test_nothing_to_pool_is_refused():
    with pytest.raises(ValueError, match="at least one image"):
        pool([])


def test_labels_in_the_other_byte_order_score_the_same():
    labels = TRUTH.astype(">u2")
    assert evaluate(labels, TRUTH.astype("<u2")).ap[0.5] == 1


def test_masked_labels_are_refused():
    masked = np.ma.masked_array(TRUTH, TRUTH == 1)
    with pytest.raises(ValueError, match=r"labels with \.filled\(0\)"):
        evaluate(masked, TRUTH)
