from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_mobile_unet import Objects, Recipe, UNet
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.runs.fit import fit
from napari_mobile_unet.runs.segment import iter_segment
from napari_mobile_unet.samples import sample_path
from napari_mobile_unet.unet.decoding import Decoded
from napari_mobile_unet.unet.diameter import (
    SCALES,
    ScaleTrial,
    find_diameter,
    trial_image,
)
from napari_mobile_unet.unet.engine import STEP
from napari_mobile_unet.unet.model import TILE
from napari_mobile_unet.unet.rescale import resize, resize_factor

KNOWN = 20.0


def trial(factor: float, diameter: float, **found: float) -> ScaleTrial:
    """A trial that finds objects of a diameter with high confidence, unless told."""
    sure = {"area": 5000, "share": 0.2, "confidence": 0.95, "width": diameter * factor}
    return ScaleTrial(diameter=diameter, **{**sure, **found})


NOTHING = trial(1, 0, area=0, share=0, confidence=0)


class Image:
    """An image with a trial for some factors; at others nothing is found."""

    def __init__(self, trials: dict[float, ScaleTrial]) -> None:
        self.trials = trials
        self.asked: list[float] = []

    def __call__(self, factor: float) -> ScaleTrial:
        self.asked.append(factor)
        return self.trials.get(factor, NOTHING)


def test_objects_of_the_models_diameter_take_one_trial() -> None:
    image = Image({1: trial(1, 22)})
    assert find_diameter(image, KNOWN, 2000) == 22
    assert image.asked == [1]


def test_nothing_anywhere_gives_the_models_diameter_after_all_trials() -> None:
    image = Image({})
    assert find_diameter(image, KNOWN, 2000) == KNOWN
    assert image.asked == [scale.factor for scale in SCALES]


def test_an_image_smaller_than_one_object_is_not_tried() -> None:
    image = Image({})
    find_diameter(image, KNOWN, 150)
    assert image.asked == [1, 2, 1 / 2, 1 / 6]


def test_large_objects_are_seen_whole_though_their_pieces_pass_for_objects() -> None:
    image = Image(
        {
            1: trial(1, 9, width=60, share=0.21),
            1 / 2: trial(1 / 2, 70, share=0.2, width=50),
            1 / 6: trial(1 / 6, 75, share=0.1),
        }
    )
    assert find_diameter(image, KNOWN, 2000) == 70
    assert image.asked == [1, 1 / 2, 1 / 6]


def test_objects_seen_whole_end_the_search() -> None:
    image = Image({1: trial(1, 50), 1 / 2: trial(1 / 2, 50)})
    assert find_diameter(image, KNOWN, 2000) == 50
    assert image.asked == [1, 1 / 2]


@pytest.mark.parametrize(
    "half",
    [
        trial(1 / 2, 40, confidence=0.8),  # not sure
        trial(1 / 2, 40, share=0.1),  # of half of the objects
        trial(1 / 2, 40, area=300),  # of specks
        trial(1 / 2, 19),  # clumps of small ones
    ],
)
def test_a_smaller_image_that_shows_less_changes_nothing(half: ScaleTrial) -> None:
    image = Image({1: trial(1, 33, width=40), 1 / 2: half, 1 / 6: trial(1 / 6, 300)})
    assert find_diameter(image, KNOWN, 2000) == 33
    assert image.asked == [1, 1 / 2]


def test_small_objects_are_found_enlarged_and_not_as_one_blob() -> None:
    blurred, blob = trial(1, 8, confidence=0.3), trial(1 / 6, 200, share=0.5)
    enlarged = resize_factor(7, KNOWN)
    image = Image(
        {
            1: blurred,
            2: trial(2, 7, confidence=0.9),
            1 / 6: blob,
            enlarged: trial(enlarged, 6.5),
        }
    )
    assert find_diameter(image, KNOWN, 2000) == 6.5
    assert image.asked == [1, 2, enlarged]


@pytest.mark.parametrize(
    "as_it_is, enlarged, diameter", [(0.6, 0.5, 30), (0.4, 0.6, 25), (0.2, 0.3, 25)]
)
def test_where_no_trial_counts_the_surer_of_two_decides(
    as_it_is: float, enlarged: float, diameter: float
) -> None:
    clumps = trial(1 / 6, 150, confidence=0.8)
    image = Image(
        {
            1: trial(1, 30, confidence=as_it_is),
            2: trial(2, 25, confidence=enlarged),
            1 / 6: clumps,
        }
    )
    assert find_diameter(image, KNOWN, 2000) == diameter
    assert image.asked == [scale.factor for scale in SCALES]


def test_small_objects_that_are_missed_when_enlarged_keep_their_diameter() -> None:
    image = Image({1: trial(1, 12)})
    assert find_diameter(image, KNOWN, 2000) == 12
    assert len(image.asked) == 2


@given(st.floats(0.01, 1e5))
def test_the_diameter_stays_within_what_the_network_can_be_shown(size: float) -> None:
    found = find_diameter(Image({1: trial(1, size, width=20)}), KNOWN, 2000)
    assert KNOWN / 4 <= found <= KNOWN * 100


def test_a_trial_weights_objects_by_their_confidence() -> None:
    labels = np.zeros((100, 100), np.int32)
    labels[:10, :10], labels[20:22, :2], labels[40:42, :2], labels[60:90, :30] = (
        np.arange(1, 5)
    )
    sure = np.array([0.9, 0.1, 0.1, 0.9], np.float32)
    half = ScaleTrial.of([Decoded(labels, sure)], 1 / 2)
    assert half.area == 1008
    assert half.confidence == pytest.approx((1000 * 0.9 + 8 * 0.1) / 1008)
    assert half.share == pytest.approx(half.confidence * 0.1008)
    # The median is the smaller of both sure objects; most pixels are in the larger.
    assert half.diameter == pytest.approx(2 * 2 * np.sqrt(100 / np.pi))
    assert half.width == pytest.approx(2 * np.sqrt(900 / np.pi))


def test_a_trial_that_finds_nothing_has_no_score() -> None:
    nothing = [Decoded(np.zeros((9, 9), np.int32), np.zeros(0, np.float32))]
    assert ScaleTrial.of(nothing, 1) == NOTHING
    assert not any(scale.score(NOTHING, KNOWN) for scale in SCALES)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float64", "bool"])
@pytest.mark.parametrize("factor", [1 / 6, 1 / 2, 1, 2])
def test_a_trial_image_fills_a_tile_at_most(dtype: str, factor: float) -> None:
    plane = np.random.default_rng(0).integers(0, 2, (4001, 310)).astype(dtype)
    part = trial_image(plane, factor)
    height = min(TILE, round(4001 * factor))
    assert abs(part.shape[0] - height) <= 1
    assert abs(part.shape[1] - min(TILE, round(310 * factor))) <= 1
    assert part.mean() == pytest.approx(0.5, abs=0.02)


def test_a_trial_of_the_image_as_it_is_takes_a_tile_of_the_segmentation() -> None:
    plane = np.arange(2000)[:, None] + np.zeros(700, np.int64)
    assert trial_image(plane, 1)[0, 0] % STEP == 0


def test_nan_has_no_size() -> None:
    plane = np.full((50, 40), np.nan)
    assert not trial_image(plane, 1 / 2).any()


@pytest.mark.parametrize("times", [0.5, 0.75, 2, 4])
def test_one_image_has_its_size_at_every_zoom(times: float) -> None:
    plane = read_stack(sample_path("nuclei_timelapse.tif")).plane(0)
    height, width = (round(times * length) for length in plane.shape)
    zoomed = resize(plane, height, width)
    as_it_is, seen = (UNet().fit([each]).diameter for each in (plane, zoomed))
    assert seen == pytest.approx(times * as_it_is, rel=0.15)


def test_the_smallest_object_follows_the_typical_one_unless_a_person_says() -> None:
    plane = read_stack(sample_path("nuclei_timelapse.tif")).plane(0)
    small = resize(plane, *(length // 3 for length in plane.shape))
    (found,) = iter_segment(small)
    diameter = found.fitted.recipe.segment.diameter
    least = Objects().with_min_size(diameter).min_size
    assert found.fitted.recipe.objects.min_size == 0 and 1 < least < 16
    assert least <= np.bincount(found.labels.ravel())[1:].min() < 16
    asked = found.fitted.recipe.replace(objects=Objects(min_size=16))
    (fewer,) = iter_segment(small, asked)
    assert np.bincount(fewer.labels.ravel())[1:].min() >= 16


def test_large_objects_of_a_large_plane_are_seen_whole() -> None:
    # Windows of a plane that are put side by side would cut the one in the middle.
    plane = np.random.default_rng(0).normal(20, 3, (4200, 4200)).astype(np.float32)
    for y, x in ((2100, 2100), (1000, 1000), (3072, 1000), (3072, 3072)):
        cv2.circle(plane, (x, y), 100, 170, -1)
    fitted = fit(Stack(plane, "YX"), Recipe())
    assert fitted.recipe.segment.diameter == pytest.approx(200, rel=0.1)


def test_values_that_float32_cannot_hold_cause_no_warning() -> None:
    plane = np.full((64, 64), 1.0)
    plane[3, 4], plane[5, 6], plane[7, 8] = np.nan, np.inf, 1e300
    seen = trial_image(plane, 1)
    assert seen.dtype == np.float32
    assert (seen[3, 4], seen[5, 6], seen[7, 8]) == (0, np.inf, np.inf)
    assert plane[7, 8] == 1e300
