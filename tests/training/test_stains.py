from __future__ import annotations

import numpy as np
import pytest
from skimage import color

from napari_mobile_unet.training.augment import Augmentation, add_haze
from napari_mobile_unet.training.crops import CropSampler
from napari_mobile_unet.training.examples import Example
from napari_mobile_unet.training.stains import restain
from napari_mobile_unet.training.targets import DISTANCE, targets_of

DISCS = np.zeros((96, 96), np.int32)
for number, (y, x) in enumerate(np.ndindex(3, 3), start=1):
    away = np.hypot(
        *(np.indices(DISCS.shape) - np.array([[[16 + 32 * y]], [[16 + 32 * x]]]))
    )
    DISCS[away < 9] = number
INSIDE = DISCS > 0
OUTSIDE = ~INSIDE


def tissue() -> np.ndarray:
    """Nuclei in haematoxylin, and eosin around them, (96, 96, 3)."""
    amounts = np.zeros((*DISCS.shape, 3))
    amounts[..., 0] = np.where(INSIDE, 0.09, 0.01)
    amounts[..., 1] = np.where(INSIDE, 0.01, 0.02)
    return color.combine_stains(amounts, color.rgb_from_hed).astype(np.float32)


def restained(seed: int, labels: np.ndarray = DISCS) -> np.ndarray:
    depth = targets_of(labels)[..., DISTANCE]
    return restain(tissue(), labels, depth, np.random.default_rng(seed))


def test_one_seed_gives_one_staining_and_others_many() -> None:
    crops = [restained(seed) for seed in (1, 1, 2, 3)]
    assert all(crop.shape == (96, 96, 3) for crop in crops)
    assert all(crop.dtype == np.float32 and np.isfinite(crop).all() for crop in crops)
    # OpenCV's distances differ in the last bit with the place in memory.
    np.testing.assert_allclose(crops[0], crops[1], rtol=0, atol=1e-6)
    assert np.abs(crops[1] - crops[2]).mean() > 0.02
    assert np.abs(crops[2] - crops[3]).mean() > 0.02


def test_nuclei_keep_their_places_and_light_never_exceeds_what_falls_on_them() -> None:
    darker = []
    for seed in range(60):
        crop = restained(seed)
        assert crop.max() <= 1 + 1e-6
        grey = crop.mean(-1)
        darker.append(np.median(grey[INSIDE]) < np.median(grey[OUTSIDE]))
    assert np.mean(darker) > 0.9


def test_some_nuclei_are_brown_and_some_lie_in_brown_membranes() -> None:
    rims = OUTSIDE & (targets_of(DISCS)[..., DISTANCE] == 0)
    near = np.zeros_like(INSIDE)
    for shift in range(-4, 5):
        near |= np.roll(INSIDE, shift, 0) | np.roll(INSIDE, shift, 1)
    near &= rims
    brown_nuclei, brown_rims = 0, 0
    for seed in range(80):
        red, _, blue = np.moveaxis(restained(seed), -1, 0)
        brown = red - blue > 0.15  # haematoxylin lets more blue through than red
        brown_nuclei += brown[INSIDE].mean() > 0.3
        brown_rims += brown[near].mean() > 0.3 and brown[INSIDE].mean() < 0.1
    assert 4 <= brown_nuclei <= 30
    assert 2 <= brown_rims <= 30


def test_tissue_without_nuclei_can_be_stained() -> None:
    for seed in range(20):
        crop = restained(seed, np.zeros_like(DISCS))
        assert np.isfinite(crop).all()


def example(bright: bool, channels: int) -> Example:
    image = tissue()[..., :channels]
    image = 1 - image if bright else image
    return Example(image, DISCS, targets_of(DISCS), 18.0, "a")


@pytest.mark.parametrize("bright, channels", [(True, 3), (False, 1)])
def test_only_tissue_in_colour_is_stained(bright: bool, channels: int) -> None:
    one = [example(bright, channels)]
    for seed in range(6):
        plain, stained = (
            CropSampler(one, 64, Augmentation(stain=share), 3).draw(
                np.random.default_rng(seed)
            )
            for share in (0, 1)
        )
        # A share is drawn for no other image, so a seed gives the same crop.
        assert np.array_equal(plain.image, stained.image)


def test_a_stained_crop_stays_in_colour_and_fits_its_targets() -> None:
    settings = Augmentation(stain=1, invert=0, noise=0, blur=0.31, gamma=0)
    sampler = CropSampler([example(bright=False, channels=3)], 64, settings, 3)
    darker = []
    for seed in range(30):
        image, maps = sampler.draw(np.random.default_rng(seed))
        assert np.ptp(image, axis=-1).max() > 0.02
        inside, outside = maps[..., 0] > 0.99, maps[..., 0] < 0.01
        if inside.any() and outside.any():
            grey = image.mean(-1)
            darker.append(np.median(grey[inside]) < np.median(grey[outside]))
    assert np.mean(darker) > 0.85


@pytest.mark.parametrize("bright", [True, False])
@pytest.mark.parametrize("shape", [(96, 96), (96, 96, 3)])
def test_haze_lies_over_the_background_and_hides_no_object(
    bright: bool, shape: tuple[int, ...]
) -> None:
    plane = np.where(bright == INSIDE, 1, 0).astype(np.float32)
    plane = np.broadcast_to(plane.reshape(96, 96, *[1] * (len(shape) - 2)), shape)
    spread = []
    for seed in range(12):
        hazy = add_haze(plane, bright, np.random.default_rng(seed))
        assert hazy.shape == shape and hazy.dtype == np.float32
        inside, outside = hazy[INSIDE].mean(), hazy[OUTSIDE].mean()
        assert inside > outside if bright else inside < outside
        spread.append(hazy[OUTSIDE].std())
    assert plane[OUTSIDE].std() == 0 and np.median(spread) > 0.02


def test_an_empty_crop_under_haze_stays_dim() -> None:
    dim = np.full((64, 64, 1), 0.02, np.float32)
    for seed in range(8):
        assert np.ptp(add_haze(dim, True, np.random.default_rng(seed))) <= 0.6
