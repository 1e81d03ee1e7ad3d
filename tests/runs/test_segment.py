from __future__ import annotations

from typing import TYPE_CHECKING

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import skimage.data
import zarr

from napari_mobile_unet.evaluation.metrics import evaluate
from napari_mobile_unet.images import windows
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.objects.from_mask import Objects, label_mask
from napari_mobile_unet.preprocessing.steps import (
    ColourSpace,
    Contrast,
    Denoise,
    Invert,
    Normalise,
    Resize,
)
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.blocks import segment_blocks
from napari_mobile_unet.runs.fit import fit
from napari_mobile_unet.runs.plane import segment_plane
from napari_mobile_unet.runs.result import placed
from napari_mobile_unet.runs.segment import iter_segment, segment
from napari_mobile_unet.samples import sample_path
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.unet.engine import STEP
from napari_mobile_unet.unet.segment import UNet

if TYPE_CHECKING:
    from napari_mobile_unet.preprocessing.step import Step

OTSU = Recipe(segment=Threshold())


def squares(*places: tuple[int, int], shape: tuple[int, int] = (64, 48)) -> np.ndarray:
    """Return a noisy dark plane with bright squares of 12² at some places."""
    plane = np.random.default_rng(len(places)).integers(10, 30, shape).astype(np.uint16)
    for y, x in places:
        plane[y : y + 12, x : x + 12] += 200
    return plane


@pytest.fixture
def stack() -> np.ndarray:
    """Return (T, Z, Y, X) with 0, 1, 2, 3, 1 and 2 squares on its six planes."""
    places = [(4, 4), (30, 25), (50, 4)]
    counts = (0, 1, 2, 3, 1, 2)
    planes = [squares(*places[:count]) for count in counts]
    return np.stack(planes).reshape(2, 3, 64, 48)


def test_labels_have_the_axes_of_the_image_and_ids_go_on(stack: np.ndarray) -> None:
    labels = segment(stack, OTSU, axes="TZYX")
    assert labels.shape == stack.shape
    assert labels.dtype == np.uint16
    assert [np.unique(p[p > 0]).size for p in labels.reshape(-1, 64, 48)] == [
        0, 1, 2, 3, 1, 2,
    ]  # fmt: skip
    assert np.array_equal(np.unique(labels), np.arange(10))
    assert (labels[1, 0, 4:16, 4:16] > 0).all()


@pytest.mark.parametrize("size", [1, 2, 4, 100])
def test_the_result_does_not_depend_on_the_batch_size(
    stack: np.ndarray, size: int
) -> None:
    expected = segment(stack, OTSU, axes="TZYX")
    found = segment(stack, OTSU, axes="TZYX", batch_size=size)
    assert np.array_equal(found, expected)
    with pytest.raises(ValueError, match="one plane or more; received 0"):
        segment(stack, OTSU, axes="TZYX", batch_size=0)


def test_lazy_arrays_give_what_numpy_gives(stack: np.ndarray) -> None:
    expected = segment(stack, OTSU, axes="TZYX")
    lazy = da.from_array(stack, chunks=(1, 1, 64, 48))
    stored = zarr.array(stack, chunks=(1, 1, 64, 48))
    assert np.array_equal(segment(lazy, OTSU, axes="TZYX"), expected)
    assert np.array_equal(segment(stored, OTSU, axes="TZYX"), expected)


def test_axes_in_any_order_give_the_same_objects(stack: np.ndarray) -> None:
    expected = segment(stack, OTSU, axes="TZYX")
    turned = segment(stack.transpose(3, 1, 2, 0), OTSU, axes="XZYT")
    counts = np.bincount(expected.ravel())[1:]
    assert sorted(np.bincount(turned.ravel())[1:]) == sorted(counts)
    assert np.array_equal(turned.transpose(3, 1, 2, 0) > 0, expected > 0)


def test_a_channel_is_chosen(stack: np.ndarray) -> None:
    both = np.stack([np.zeros_like(stack), stack], axis=2)
    labels = segment(both, OTSU.replace(channel=1), axes="TZCYX")
    assert np.array_equal(labels, segment(stack, OTSU, axes="TZYX"))
    assert not segment(both, OTSU, axes="TZCYX").any()
    with pytest.raises(ValueError, match="channel 2 does not exist"):
        segment(both, OTSU.replace(channel=2), axes="TZCYX")
    with pytest.raises(ValueError, match="channel 1 does not exist"):
        segment(stack, OTSU.replace(channel=1), axes="TZYX")


def test_planes_come_with_their_place_and_a_table(stack: np.ndarray) -> None:
    results = list(iter_segment(stack, OTSU, axes="TZYX"))
    assert [r.index for r in results] == [
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 1),
        (1, 2),
    ]
    tables = [placed(plane.objects, plane.index, "TZ") for plane in results]
    table = pd.concat(tables, ignore_index=True)
    assert list(table.columns[:3]) == ["label", "t", "z"]
    assert table["label"].tolist() == list(range(1, 10))
    assert table["z"].tolist() == [1, 2, 2, 0, 0, 0, 1, 2, 2]
    assert (table["area"] == 144).all()
    assert "confidence" not in table


def test_each_plane_may_have_a_threshold_of_its_own(stack: np.ndarray) -> None:
    bleached = stack.copy()
    bleached[1] = bleached[1] // 12
    shared = segment(bleached, OTSU, axes="TZYX")
    assert not shared[1].any()
    own = OTSU.replace(segment=Threshold(scope="plane", min_separability=0.8))
    labels = segment(bleached, own, axes="TZYX")
    assert len(np.unique(labels[1])) == 7
    assert not labels[0, 0].any()  # noise alone separates badly


def test_labels_of_a_resized_image_are_on_its_own_grid() -> None:
    plane = squares((4, 4), (30, 25))
    recipe = OTSU.replace(steps=(Resize(factor=0.5),), objects=Objects(min_size=4))
    labels = segment(plane, recipe)
    assert labels.shape == plane.shape
    assert len(np.unique(labels)) == 3
    overlap = (labels > 0) & (plane > 100)
    assert overlap.sum() / ((labels > 0) | (plane > 100)).sum() > 0.8


def test_steps_are_applied_in_order() -> None:
    dark = 255 - squares((4, 4)).astype(np.uint8)
    assert segment(dark, OTSU.replace(steps=(Invert(), Denoise()))).max() == 1
    rgb = np.stack([dark, np.zeros_like(dark), np.zeros_like(dark)], axis=-1)
    steps = (ColourSpace(channel="red"), Invert())
    labels = segment(rgb, OTSU.replace(steps=steps), axes="YXS")
    assert (labels[4:16, 4:16] == 1).all()


def test_nan_spots_are_background_and_planes_of_nan_are_empty() -> None:
    planes = np.stack([squares((4, 4)), squares((4, 4))]).astype(np.float32)
    planes[0, 8, 8] = np.nan
    planes[1] = np.nan
    for scope in ("stack", "plane"):
        recipe = Recipe(
            segment=Threshold(scope=scope), objects=Objects(fill_holes=False)
        )
        labels = segment(planes, recipe, axes="ZYX")
        assert labels[0, 8, 8] == 0
        assert labels[0, 5, 5] == 1
        assert not labels[1].any()


@pytest.mark.parametrize("value", [0, 7])
@pytest.mark.parametrize("shape", [(1, 1), (40, 40)])
@pytest.mark.parametrize("recipe", [OTSU, Recipe()], ids=["otsu", "unet"])
def test_flat_images_have_no_objects(
    value: int, shape: tuple[int, int], recipe: Recipe
) -> None:
    assert not segment(np.full(shape, value, np.uint8), recipe).any()


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int32, np.float16, np.float64])
def test_every_real_type_is_taken(dtype: type) -> None:
    plane = (squares((4, 4)) > 100).astype(dtype)
    assert segment(plane, OTSU).max() == 1


def test_complex_images_are_refused() -> None:
    with pytest.raises(ValueError, match="real numbers"):
        segment(np.zeros((8, 8), complex), OTSU)


def discs(dtype: type = np.uint8) -> np.ndarray:
    """Return six bright discs of 24 pixels on a noisy plane of 160 × 224."""
    rows, columns = np.ogrid[:160, :224]
    plane = np.random.default_rng(0).normal(20, 3, (160, 224))
    for y, x in np.ndindex(2, 3):
        plane += 120 * (np.hypot(rows - 40 - 75 * y, columns - 40 - 70 * x) < 12)
    return plane.astype(dtype)


def test_the_shipped_model_finds_discs_bright_or_dark() -> None:
    plane = discs()
    for image in (plane, 255 - plane, np.stack([plane] * 3, axis=-1)):
        (result,) = iter_segment(image, Recipe(), axes="YXS"[: image.ndim])
        centres = result.labels[[40, 40, 40, 115, 115, 115], [40, 110, 180] * 2]
        assert len(set(centres) - {0}) == 6
        assert len(result.objects) <= 7
        assert result.objects["confidence"].between(0.5, 1).all()


def test_a_known_diameter_helps_with_large_objects() -> None:
    large = np.kron(discs(), np.ones((4, 4), np.uint8))
    labels = segment(large, Recipe(segment=UNet(diameter=96)))
    areas = np.bincount(labels.ravel())[1:]
    assert len(areas) == 6
    assert areas == pytest.approx(np.full(6, np.pi * 48**2), rel=0.2)


def test_an_empty_plane_among_others_stays_empty() -> None:
    noise = np.random.default_rng(1).normal(20, 3, (160, 224)).astype(np.uint8)
    labels = segment(np.stack([discs(), noise]), Recipe(), axes="ZYX")
    assert labels[0].max() == 6
    assert not labels[1].any()


def test_a_fitted_recipe_needs_no_other_plane() -> None:
    stack = Stack.from_array(np.stack([discs(), discs()]), "TYX")
    fitted = fit(stack, Recipe())
    assert isinstance(fitted.recipe.segment, UNet)
    assert fitted.recipe.segment.limits is not None


def test_blocks_give_what_the_whole_plane_gives_pixel_for_pixel() -> None:
    sample = read_stack(sample_path("nuclei_timelapse.tif")).plane(0)
    plane = np.tile(sample, [-(-900 // length) for length in sample.shape])[:900, :900]
    fitted = fit(Stack(plane, "YX"), Recipe(segment=UNet(diameter=20)))
    found = segment_plane(plane, fitted)
    whole = found.labels
    labels = np.zeros(plane.shape, np.int32)
    table, left_out = segment_blocks(
        lambda window: plane[window],
        lambda part: segment_plane(part, fitted),
        labels,
        block=STEP,
        margin=STEP,
    )
    assert len(table) == whole.max() > 100
    assert left_out == pytest.approx(found.left_out, abs=3)
    assert np.array_equal(labels > 0, whole > 0)
    assert evaluate(labels, whole).ap[0.95] == 1


@pytest.mark.parametrize("scope", ["stack", "plane"])
@pytest.mark.parametrize("kind", ["numpy", "zarr"])
def test_large_planes_are_segmented_in_blocks(scope: str, kind: str) -> None:
    places = [(y, x) for y in (10, 70) for x in range(4, 4980, 40)]
    image = np.stack([squares(*places, shape=(100, 5000))] * 2)
    expected = [label_mask(plane > 60, Objects()).max() for plane in image]
    if kind == "zarr":
        array = zarr.create_array(
            {}, shape=image.shape, chunks=(1, 100, 512), dtype="uint16"
        )
        array[:] = image
        image = array
    steps = (Denoise(radius=1), Normalise(scope=scope))
    recipe = Recipe(steps=steps, segment=Threshold(scope=scope))
    results = list(iter_segment(image, recipe, axes="ZYX"))
    assert [len(result.objects) for result in results] == expected == [250, 250]
    assert results[1].objects["label"].tolist() == list(range(251, 501))
    assert results[1].labels.shape == (100, 5000)
    assert "confidence" not in results[0].objects


def test_a_large_plane_is_not_resized_to_a_size() -> None:
    recipe = Recipe(steps=(Resize(by="size"),), segment=Threshold())
    with pytest.raises(ValueError, match="resize by a factor"):
        segment(np.zeros((8, 5000), np.uint8), recipe, axes="YX")


@pytest.mark.parametrize(
    ("place", "diameter", "size"),
    [
        ((450, 400), 180, 900),
        ((200, 300), 180, 900),
        ((500, 500), 180, 900),
        ((300, 300), 400, 600),
        ((700, 900), 1000, 1800),
    ],
)
def test_objects_much_larger_than_the_model_knows_are_found(
    place: tuple[int, int], diameter: int, size: int
) -> None:
    y, x = np.mgrid[:size, :size]
    rng = np.random.default_rng(0)
    disc = (y - place[0]) ** 2 + (x - place[1]) ** 2 < (diameter / 2) ** 2
    image = (20 + 200.0 * disc + rng.normal(0, 5, disc.shape)).astype(np.float32)
    (plane,) = iter_segment(image)
    assert plane.fitted.recipe.segment.diameter == pytest.approx(diameter, rel=0.2)
    assert evaluate(plane.labels, disc.astype(np.uint8)).ap[0.8] == 1
    assert plane.objects["confidence"].item() > 0.5


@pytest.mark.parametrize("name", ["astronaut", "page"])
def test_a_picture_of_something_else_gives_little_and_with_doubt(name: str) -> None:
    image = getattr(skimage.data, name)()
    axes = "YXS" if image.ndim == 3 else "YX"
    (plane,) = iter_segment(image, axes=axes)
    assert (plane.labels > 0).mean() < 0.2
    assert plane.left_out > 0.25 * len(plane.objects)
    everything = Recipe(segment=UNet(min_confidence=0))
    (whole,) = iter_segment(image, everything, axes=axes)
    assert len(whole.objects) == len(plane.objects) + plane.left_out
    assert whole.objects["confidence"].median() < 0.5
    assert plane.objects["confidence"].min() >= UNet().min_confidence


@pytest.mark.parametrize(
    "step",
    [
        Invert(),
        Contrast(method="gamma", gamma=0.5),
        Denoise(method="bilateral"),
    ],
)
def test_the_range_that_a_step_looks_at_is_that_of_the_plane(
    step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = np.full((96, 9000), 0.5, np.float32)
    image[:, ::50] = 0.1
    image[40:60, 2000:8000:300] = 0.9
    image[40:60, :100] = 3  # what is bright in one block only
    recipe = Recipe(
        steps=(step,),
        segment=Threshold(values=(1.5,)),
        objects=Objects(split=False, min_size=1),
    )
    in_blocks = segment(image, recipe, axes="YX")
    monkeypatch.setattr(windows, "BLOCK", image.shape[1])
    whole = segment(image, recipe, axes="YX")
    assert whole.any()
    assert np.array_equal(in_blocks > 0, whole > 0)


def test_a_large_plane_that_is_nan_for_the_most_part_is_not() -> None:
    plane = np.full((64, 40_000), np.nan, np.float32)
    plane[:, 6000:6200] = 0.1  # between the windows that are looked at
    plane[20:40, 6100:6120] = 5
    labels = segment(plane, Recipe(segment=Threshold(scope="plane")), axes="YX")
    assert labels.max() == 1


def test_a_large_plane_of_nan_is_empty() -> None:
    stack = np.full((2, 64, 5000), np.nan, np.float32)
    stack[1] = 0.1
    stack[1, 20:40, 100:120] = 5
    recipe = Recipe(steps=(Invert(),), segment=Threshold(scope="plane"))
    labels = segment(stack, recipe, axes="ZYX")
    assert not labels[0].any()
    assert labels[1].any()


def test_objects_at_the_edge_of_a_large_plane_alone_are_dropped() -> None:
    plane = np.zeros((200, 9000), np.uint8)
    plane[80:120, 1500:4500] = 200  # over more than a block, far from the edge
    plane[20:40, 6000:6020] = 200
    plane[:15, 300:320] = plane[100:120, 8990:] = 200
    recipe = Recipe(segment=Threshold(), objects=Objects(drop_border=True, split=False))
    labels = segment(plane, recipe, axes="YX")
    assert np.unique(labels).tolist() == [0, 1, 2]
    assert (labels[80:120, 1500:4500] > 0).all()
    assert (labels > 0).sum() == 40 * 3000 + 20 * 20
