from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.training.examples import Example
from napari_mobile_unet.training.targets import maps_of, targets_of
from napari_mobile_unet.training.validation import (
    Detections,
    average_precision,
    predict_maps,
    steadiest,
    tune,
    validate,
)
from napari_mobile_unet.unet.card import Decoding
from napari_mobile_unet.unet.confidence import Calibration
from napari_mobile_unet.unet.decoding import decode
from napari_mobile_unet.unet.features import FEATURES


def squares() -> np.ndarray:
    """Return eight squares of 20², in pairs that touch."""
    labels = np.zeros((96, 96), np.int32)
    for label, (row, column) in enumerate(np.ndindex(2, 4), start=1):
        left = 4 + 20 * column + 6 * (column // 2)
        labels[10 + 40 * row : 30 + 40 * row, left : left + 20] = label
    return labels


class Oracle:
    """A network that knows the maps of its one image, and how sure it is."""

    input_shape = (None, None, None, 1)

    def __init__(self, labels: np.ndarray, certainty: float = 12) -> None:
        maps = maps_of(targets_of(labels))[..., :3]
        self._mask = labels > 0
        self._logits = certainty * (maps - 0.5)

    def __call__(self, image: Any, training: bool) -> Any:
        assert image.shape == (1, *self._logits.shape[:2], 1)
        upright = np.array_equal(image[0, ..., 0] > 0, self._mask)
        return self._logits[None] if upright else self._logits[None, ::-1, ::-1]


def example(labels: np.ndarray) -> Example:
    image = (labels > 0).astype(np.float32)[..., None]
    return Example(image, labels, targets_of(labels), 20.0, "squares")


def test_a_perfect_network_is_tuned_to_find_all() -> None:
    labels = squares()
    maps = predict_maps(Oracle(labels), example(labels), 20.0)
    tuned = tune([maps], [example(labels)])
    assert tuned.ap == 1
    assert tuned.calibration is None  # it errs too little
    assert validate(Oracle(labels), [example(labels)], 20.0) == 1


def test_without_examples_nothing_is_tuned() -> None:
    assert tune([], []) == (Decoding(), None, None)


def test_a_seam_parts_what_the_distance_joins() -> None:
    labels = squares()
    maps = maps_of(targets_of(labels))[..., :3]
    maps[..., 1] = maps[..., 0]
    joined, parted = (
        decode(maps[..., :count], Objects(), Decoding(seed=0.7)).labels.max()
        for count in (2, 3)
    )
    assert (joined, parted) == (4, 8)


def test_doubtful_objects_count_in_no_precision() -> None:
    calibration = Calibration(intercept=-2, weights=(4,) + (0,) * (FEATURES - 1))
    features = np.zeros((2, FEATURES))
    features[0, 0] = 1
    found = Detections(features, csr_array(np.array([[0.8], [0.0]])))
    assert average_precision(found, 0.5) == pytest.approx(1 / 2)
    assert average_precision(found, 0.5, calibration) == 1
    assert average_precision(found, 0.9, calibration) == 0
    nothing = Detections(np.zeros((0, FEATURES)), csr_array((0, 0)))
    assert average_precision(nothing, 0.5, calibration) == 1


def test_the_best_score_alone_among_bad_ones_is_chance() -> None:
    scores = np.full((7, 12), 0.5)
    scores[1, 1] = 0.9
    scores[3:6, 8:11] = 0.8
    assert steadiest(scores) == (4, 9)


def test_of_scores_that_are_as_good_the_middle_is_taken() -> None:
    scores = np.full((7, 12), 0.5)
    scores[:, 3:10] = 0.8
    scores[2, 5] += 0.004
    assert steadiest(scores) == (3, 6)


def test_a_decoding_is_tuned_on_both_maps() -> None:
    """Cores must be sought high where objects touch, and foreground above the haze."""
    labels = squares()
    maps = maps_of(targets_of(labels))[..., :3]
    maps[..., 2] = 0
    haze = np.where(labels > 0, maps[..., 0], 0.52)
    joined = np.maximum(maps[..., 1], 0.35 * (labels > 0))
    hazy = np.dstack([haze, joined, maps[..., 2]]).astype(np.float32)
    tuned = tune([hazy], [example(labels)])
    assert tuned.decoding.foreground > 0.52 and tuned.decoding.seed > 0.35
    assert tuned.ap == 1
