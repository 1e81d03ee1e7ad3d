from __future__ import annotations

import numpy as np
import pytest

from napari_mobile_unet.unet.confidence import (
    LOW_CONFIDENCE,
    MANY_OBJECTS,
    Calibration,
    confidence_message,
    display_threshold,
)
from napari_mobile_unet.unet.features import FEATURES


def test_a_calibration_ranks_and_its_chances_are_true() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(3, 2, (4000, FEATURES))
    odds = 1.5 * features[:, 0] - 0.5 * features[:, 2] - 2
    right = rng.random(4000) < 1 / (1 + np.exp(-odds))
    chance = Calibration.fit(features, right).apply(features)
    assert chance.mean() == pytest.approx(right.mean(), abs=0.01)
    for low in (0.1, 0.3, 0.5, 0.7):
        some = (chance >= low) & (chance < low + 0.2)
        assert right[some].mean() == pytest.approx(chance[some].mean(), abs=0.06)


def test_objects_that_are_all_right_calibrate_nothing() -> None:
    with pytest.raises(ValueError, match="got 3 right of 3"):
        Calibration.fit(np.zeros((3, FEATURES)), np.ones(3, bool))


def test_a_calibration_of_fewer_features_leaves_out_the_last() -> None:
    features = np.random.default_rng(0).normal(0, 1, (9, FEATURES))
    short = Calibration(intercept=0.5, weights=(1, -2))
    full = Calibration(intercept=0.5, weights=(1, -2) + (0,) * (FEATURES - 2))
    assert np.array_equal(short.apply(features), full.apply(features))


def test_no_objects_have_no_confidence() -> None:
    calibration = Calibration(intercept=0, weights=(1,) * FEATURES)
    assert calibration.apply(np.zeros((0, FEATURES))).shape == (0,)


@pytest.mark.parametrize(
    ("confidence", "left_out", "beginning"),
    [
        ([], 0, ""),
        ([0.9, 0.8, 0.4], 0, ""),
        ([0.9, 0.8, 0.7], 1, "; 1 more object hidden because of low confidence"),
        ([0.6, 0.5, 0.9], 0, ". Low confidence: the model"),
        ([0.9, 0.8], 3, "; 3 more objects hidden because of low confidence. Low"),
        ([], 4, "; 4 more objects hidden because of low confidence. Low"),
    ],
)
def test_hidden_objects_and_low_confidence_are_reported(
    confidence: list[float], left_out: int, beginning: str
) -> None:
    message = confidence_message(np.array(confidence), left_out)
    assert message.startswith(beginning)
    assert bool(message) == bool(beginning)
    doubtful = "Low" in beginning
    assert ("try another" in message) == doubtful
    assert ("show all objects" in message) == bool(left_out and doubtful)


@pytest.mark.parametrize(
    ("confidence", "min_confidence", "expected"),
    [
        ([0.1] * 30 + [0.9] * 10, 0.35, LOW_CONFIDENCE),  # a photograph
        ([0.1] * 30 + [0.9] * 10, 0.8, 0.8),
        ([0.1] * 30 + [0.9] * 10, 0, 0),  # all are asked for
        ([0.1] * 10 + [0.9] * 30, 0.35, 0.35),
        ([0.4] * (MANY_OBJECTS - 1), 0.35, 0.35),  # a few do not fill the screen
        ([], 0.35, 0.35),
    ],
)
def test_where_most_objects_are_doubtful_only_the_others_are_shown(
    confidence: list[float], min_confidence: float, expected: float
) -> None:
    assert display_threshold(np.array(confidence), min_confidence) == expected
