from __future__ import annotations

import numpy as np
import pytest

from napari_mobile_unet.training.compose import (
    Crop,
    is_bright,
    overlay_crops,
    vary_contrast,
)
from napari_mobile_unet.training.targets import maps_of, targets_of


def crop(rows: slice, columns: slice) -> Crop:
    """Return grey values of a bright square, and its targets."""
    labels = np.zeros((40, 40), np.int32)
    labels[rows, columns] = 1
    return Crop((labels > 0).astype(np.float32)[..., None], targets_of(labels))


LOWER = crop(slice(5, 25), slice(5, 25))
UPPER = crop(slice(15, 35), slice(15, 35))


def test_two_crops_are_laid_over_each_other_as_light_would_be() -> None:
    bright, _ = overlay_crops(LOWER, UPPER, bright=True)
    assert bright[20, 20] == 2
    assert bright[8, 8] == bright[30, 30] == 1
    dark, _ = overlay_crops(
        *(each._replace(image=1 - each.image) for each in (LOWER, UPPER)), bright=False
    )
    assert dark[20, 20] == dark[8, 8] == 0
    assert dark[0, 0] == 1


def test_the_upper_object_hides_the_lower_one_and_a_seam_runs_between_them() -> None:
    foreground, distance, seam, _ = np.moveaxis(
        maps_of(overlay_crops(LOWER, UPPER, bright=True).targets), -1, 0
    )
    both = maps_of(LOWER.targets)[..., 0] + maps_of(UPPER.targets)[..., 0] > 0
    assert np.array_equal(foreground > 0, both)
    # The upper one is whole; the lower one ends where it begins.
    assert distance[20, 15] < 0.2 < distance[20, 20] == pytest.approx(1)
    assert distance[20, 14] <= 0.2
    assert seam[20, 14] == seam[20, 15] == pytest.approx(0.8)
    assert seam[8, 8] == seam[30, 30] == 0


def test_an_empty_crop_laid_over_changes_no_target() -> None:
    empty = np.zeros((40, 40), np.int32)
    _, targets = overlay_crops(
        LOWER, Crop(LOWER.image * 0, targets_of(empty)), bright=True
    )
    assert np.array_equal(targets, LOWER.targets)


@pytest.mark.parametrize("bright", [True, False])
def test_objects_vary_and_what_is_around_them_does_not(bright: bool) -> None:
    labels = np.zeros((40, 40), np.int32)
    labels[4:16, 4:16], labels[24:36, 24:36] = 1, 2
    image = (labels > 0).astype(np.float32)[..., None]
    image = image if bright else 1 - image
    changed = vary_contrast(image, labels, bright, np.random.default_rng(0))
    assert np.allclose(changed[:, :2], image[:, :2])
    first, second = changed[10, 10, 0], changed[30, 30, 0]
    assert first != pytest.approx(second, abs=0.05)
    assert is_bright(changed, labels > 0) is bright
