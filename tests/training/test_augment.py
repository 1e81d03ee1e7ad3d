from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_mobile_unet.training.augment import Augmentation, Example, draw
from napari_mobile_unet.training.targets import targets_of
from napari_mobile_unet.unet.rescale import factor_for


def example(labels: np.ndarray, channels: int = 1) -> Example:
    rng = np.random.default_rng(0)
    image = (labels > 0)[..., None] * rng.uniform(0.5, 1, (*labels.shape, channels))
    return Example(
        image=image.astype(np.float32),
        labels=labels.astype(np.int32),
        targets=targets_of(labels),
        diameter=11.0,
        group="a",
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_one_seed_gives_one_crop_and_another_a_different_one(
    channels: int, squares: np.ndarray
) -> None:
    examples = [example(squares, channels)]
    first, again, other = (
        draw(examples, np.ones(1), 64, Augmentation(), np.random.default_rng(seed))
        for seed in (5, 5, 6)
    )
    assert first[0].shape == (64, 64, 1)
    assert first[1].shape == (64, 64, 4)
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_image_and_targets_move_together(squares: np.ndarray) -> None:
    plain = Augmentation(gamma=0, invert=0, blur=0.31, noise=0)
    image = (squares > 0).astype(np.float32)[..., None]
    still = Example(image, squares.astype(np.int32), targets_of(squares), 11.0, "a")
    for seed in range(8):
        rng = np.random.default_rng(seed)
        crop, targets = draw([still], np.ones(1), 64, plain, rng)
        inside, outside = targets[..., 0] > 0.99, targets[..., 0] < 0.01
        if inside.any() and outside.any():
            assert crop[inside].min() > crop[outside].max()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_plain_crop_is_a_part_of_the_image_as_it_is(
    channels: int, squares: np.ndarray
) -> None:
    whole = replace(example(squares), diameter=np.nan)  # unknown, so not resized
    settings = Augmentation(plain=1)
    for seed in range(8):
        rng = np.random.default_rng(seed)
        image, maps = draw([whole], np.ones(1), 32, settings, rng, channels)
        assert image.shape == (32, 32, channels) and maps.shape == (32, 32, 4)
        grey = image[..., 0]
        turned = [np.rot90(each, k) for each in (grey, grey.T) for k in range(4)]
        places = [(y, x) for y in range(9) for x in range(9)]
        parts = [whole.image[y : y + 32, x : x + 32, 0] for y, x in places]
        assert any(np.array_equal(part, way) for part in parts for way in turned)
        assert np.array_equal(maps[..., 0] > 0, grey > 0)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("diameter", [5.0, 80.0])
def test_a_plain_crop_is_resized_as_for_a_segmentation(
    diameter: float, channels: int
) -> None:
    width = round(diameter / 0.8)
    apart = np.indices((9, 9)).prod(0) % 2 * np.arange(1, 82).reshape(9, 9)
    labels = np.kron(apart, np.ones((width, width), int))
    whole = replace(example(labels, 3), diameter=diameter)
    settings = Augmentation(plain=1)
    seen = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        image, maps = draw([whole], np.ones(1), 96, settings, rng, channels)
        assert image.shape == (96, 96, channels) and maps.shape == (96, 96, 4)
        inside = maps[..., 0] > 0.99
        assert image[inside].min() > image[maps[..., 0] < 0.01].max()
        runs = np.diff(np.flatnonzero(np.diff(inside.astype(int)).ravel()))
        seen.append(np.median(runs) / width)
    expected = factor_for(diameter, settings.known)
    assert np.median(seen) == pytest.approx(expected, rel=0.2)
