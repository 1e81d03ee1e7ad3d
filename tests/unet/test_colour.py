from __future__ import annotations

import numpy as np
import pytest
import skimage.data

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.fit import fit
from napari_mobile_unet.runs.segment import segment
from napari_mobile_unet.samples import sample_path
from napari_mobile_unet.unet.colour import is_fluorescence, to_grey
from napari_mobile_unet.unet.segment import UNet

PLANE = np.asarray(read_stack(sample_path("nuclei_timelapse.tif")).data)[0]
NUCLEI = PLANE.astype(np.float64) / PLANE.max()


def picture(where: int, dtype: type = np.uint8) -> np.ndarray:
    """Return an RGB plane with nuclei in one channel and threads in another."""
    threads = np.zeros(NUCLEI.shape)
    rng = np.random.default_rng(0)
    for row, step in zip(rng.integers(0, 250, 60), rng.uniform(-1, 1, 60), strict=True):
        columns = np.arange(NUCLEI.shape[1])
        threads[np.clip(row + (step * columns).astype(int), 0, 255), columns] = 1
    samples = [np.zeros(NUCLEI.shape)] * 3
    samples[where], samples[(where + 1) % 3] = NUCLEI * 0.6, threads
    return (np.stack(samples, -1) * np.iinfo(dtype).max).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("where", "colour"), list(enumerate(("red", "green", "blue"))))
def test_nuclei_are_found_in_the_channel_that_shows_them(
    where: int, colour: str, dtype: type
) -> None:
    image = picture(where, dtype)
    fitted = fit(Stack.from_array(image, "YXS"), Recipe()).recipe.segment
    assert isinstance(fitted, UNet)
    assert fitted.colour == colour
    alone = segment(image[..., where], axes="YX")
    np.testing.assert_array_equal(segment(image, axes="YXS"), alone)
    assert alone.max() > 20


@pytest.mark.parametrize(
    "image",
    [
        skimage.data.immunohistochemistry(),
        np.repeat((NUCLEI * 255).astype(np.uint8)[..., None], 3, -1),
        np.full((64, 64, 3), np.nan),
    ],
    ids=["stained tissue", "grey values saved as RGB", "no values"],
)
def test_all_colours_are_seen_elsewhere(image: np.ndarray) -> None:
    fitted = fit(Stack.from_array(image, "YXS"), Recipe()).recipe.segment
    assert isinstance(fitted, UNet)
    assert fitted.colour == "all"


def test_a_colour_that_was_chosen_stays() -> None:
    image = picture(2)
    recipe = Recipe(segment=UNet(colour="green", diameter=20))
    fitted = fit(Stack.from_array(image, "YXS"), recipe).recipe.segment
    assert isinstance(fitted, UNet)
    assert fitted.colour == "green"
    np.testing.assert_array_equal(to_grey(image, "green"), image[..., 1])


def test_fluorescence_has_a_dark_ground_though_an_edge_is_bright() -> None:
    dark = np.full((50, 50, 3), 12, np.uint8)
    dark[:20, :, 1] = 220
    assert is_fluorescence(dark)
    stained = np.full((50, 50, 3), (160, 40, 120), np.uint8)  # without any bare glass
    assert not is_fluorescence(stained)
    assert not is_fluorescence(np.full((4, 4, 3), np.nan, np.float32))
