from __future__ import annotations

import numpy as np
import pytest

from napari_mobile_unet.confidence import FEATURES, Calibration, describe, doubts


def test_features_describe_each_object_alone() -> None:
    own = np.array([0, 0, 1, 1, 1])
    foreground = np.array([0.9, 0.9, 0.6, 0.8, 0.7], np.float32)
    distance = np.array([1, 0.5, 0.1, 0.2, 0.3], np.float32)
    seam = np.array([0.1, 0.3, 0, 0.5, 0.2], np.float32)
    first, second = describe(own, foreground, distance, seam, 2)
    expected = [np.log(9), 0.75, 0.25, 0.5, 0, 0.3]
    assert first.tolist() == pytest.approx(expected, rel=1e-5)
    assert second[1] == pytest.approx(0.2)
    assert second[3:].tolist() == [0, 1, 0.5]


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
    empty = np.zeros(0, np.float32)
    features = describe(np.zeros(0, np.int32), empty, empty, empty, 0)
    calibration = Calibration(intercept=0, weights=(1,) * FEATURES)
    assert calibration.apply(features).shape == (0,)


@pytest.mark.parametrize(
    ("confidence", "left_out", "said"),
    [
        ([], 0, ""),
        ([0.9, 0.8, 0.4], 0, ""),
        ([0.9, 0.8, 0.7], 2, "; 2 more left out as doubtful"),
        ([0.6, 0.5, 0.9], 0, ". Low confidence"),
        ([0.9, 0.8], 3, "; 3 more left out as doubtful. Low confidence"),
        ([], 4, "; 4 more left out as doubtful. Low confidence"),
    ],
)
def test_doubts_are_said_where_there_are_any(
    confidence: list[float], left_out: int, said: str
) -> None:
    told = doubts(np.array(confidence), left_out)
    assert told.startswith(said)
    assert ("Low" in told) == ("Low" in said)
    assert bool(told) == bool(said)
