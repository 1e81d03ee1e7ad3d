from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_mobile_unet.training.augment import Augmentation
from napari_mobile_unet.training.crops import CropSampler
from napari_mobile_unet.training.examples import Example
from napari_mobile_unet.training.targets import targets_of
from napari_mobile_unet.unet.rescale import resize_factor


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
    sampler = CropSampler([example(squares, channels)], 64, Augmentation())
    first, again, other = (
        sampler.draw(np.random.default_rng(seed)) for seed in (5, 5, 6)
    )
    assert first.image.shape == (64, 64, 1)
    assert first.targets.shape == (64, 64, 4)
    assert np.array_equal(first.image, again.image)
    # OpenCV's distances differ in the last bit with the place in memory.
    np.testing.assert_allclose(first.targets, again.targets, atol=1e-5)
    assert not np.array_equal(first.image, other.image)


def test_groups_are_drawn_by_the_root_of_their_size(squares: np.ndarray) -> None:
    """Ninety planes of one kind and ten of another: three to one, not nine to one."""
    shades = [replace(example(squares * 0 + 1), group="many")] * 90
    shades += [replace(example(squares * 0), group="few")] * 10
    sampler = CropSampler(shades, 32, Augmentation(plain=1))
    rng = np.random.default_rng(0)
    many = [sampler.draw(rng).targets[..., 0].mean() > 0.5 for _ in range(400)]
    assert np.mean(many) == pytest.approx(0.75, abs=0.06)


def test_image_and_targets_move_together(squares: np.ndarray) -> None:
    plain = Augmentation(gamma=0, invert=0, blur=0.31, noise=0)
    image = (squares > 0).astype(np.float32)[..., None]
    still = Example(image, squares.astype(np.int32), targets_of(squares), 11.0, "a")
    for seed in range(8):
        rng = np.random.default_rng(seed)
        crop, targets = CropSampler([still], 64, plain).draw(rng)
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
        image, maps = CropSampler([whole], 32, settings, channels).draw(rng)
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
        image, maps = CropSampler([whole], 96, settings, channels).draw(rng)
        assert image.shape == (96, 96, channels) and maps.shape == (96, 96, 4)
        inside = maps[..., 0] > 0.99
        assert image[inside].min() > image[maps[..., 0] < 0.01].max()
        runs = np.diff(np.flatnonzero(np.diff(inside.astype(int)).ravel()))
        seen.append(np.median(runs) / width)
    expected = resize_factor(diameter, settings.known_diameter)
    assert np.median(seen) == pytest.approx(expected, rel=0.2)
