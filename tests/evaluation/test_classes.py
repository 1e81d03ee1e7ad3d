"""Classes of pixels compared with the true ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_mobile_unet.evaluation.classes import evaluate_classes, pool_classes

planes = arrays(np.uint8, (5, 7), elements=st.integers(0, 3))
NAMES = ("a", "b", "c")


def iou_of(found: np.ndarray, truth: np.ndarray, number: int) -> float:
    one, other = found == number, truth == number
    either = (one | other).sum()
    return float((one & other).sum() / either) if either else float("nan")


@given(planes, planes)
def test_the_iou_of_a_class_is_what_its_masks_share(
    found: np.ndarray, truth: np.ndarray
) -> None:
    scores = evaluate_classes(found, truth, NAMES)
    expected = [iou_of(found, truth, number) for number in (1, 2, 3)]
    assert list(scores.iou.values()) == pytest.approx(expected, nan_ok=True)
    dice = [2 * iou / (1 + iou) for iou in expected]
    assert list(scores.dice.values()) == pytest.approx(dice, nan_ok=True)
    there = [iou for iou in expected if np.isfinite(iou)]
    assert scores.mean_iou == pytest.approx(np.mean(there) if there else 1)


@given(st.lists(st.tuples(planes, planes), min_size=1, max_size=4))
def test_pooled_are_all_images_as_one(
    pairs: list[tuple[np.ndarray, np.ndarray]],
) -> None:
    pooled = pool_classes([evaluate_classes(*pair) for pair in pairs])
    whole = evaluate_classes(*(np.stack(each) for each in zip(*pairs, strict=True)))
    assert pooled.names == whole.names
    assert pooled.summary() == whole.summary()


def test_a_mask_is_of_class_one_and_a_class_that_is_nowhere_does_not_count() -> None:
    mask = np.array([[255, 255, 0, 0]], np.uint8)
    scores = evaluate_classes(mask, mask > 0, NAMES[:2])
    assert scores.summary() == {
        "iou": {"a": 1.0, "b": None},
        "mean_iou": 1.0,
        "dice": {"a": 1.0, "b": None},
    }


@pytest.mark.parametrize(
    ("found", "truth", "names", "message"),
    [
        ([[3]], [[1]], NAMES[:2], r"1 to 2 \(a, b\); received 3;"),
        ([[1]], [[1]], ("a", "a"), "a name of its own; received a, a;"),
        ([[300]], [[1]], (), "below 255; received 300;"),
        ([[255, 1]], [[1, 1]], (), "below 255; received 255;"),
        ([[-1]], [[1]], (), "must not be negative, got -1"),
        ([[1, 1]], [[1]], (), "same shape"),
        ([[0.5]], [[1]], (), "whole numbers"),
        (np.ma.masked_equal([[1, 2]], 2), [[1, 1]], (), "mask"),
    ],
)
def test_what_are_no_classes_is_refused(
    found: object, truth: object, names: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        evaluate_classes(np.asanyarray(found), np.asanyarray(truth), names)
    assert "\n" not in str(caught.value)


def test_images_of_other_classes_are_not_pooled() -> None:
    one, other = (evaluate_classes([[1]], [[1]], (name,)) for name in "ab")
    with pytest.raises(ValueError, match="same classes; received b and a;"):
        pool_classes([one, other])
    with pytest.raises(ValueError, match="at least one image, got none"):
        pool_classes([])
