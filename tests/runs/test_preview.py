from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.preprocessing.steps import Normalise, Resize
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.fit import fit
from napari_mobile_unet.runs.preview import Preview
from napari_mobile_unet.runs.segment import segment
from napari_mobile_unet.samples import sample_path
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.unet import engine
from napari_mobile_unet.unet.decoding import decode
from napari_mobile_unet.unet.segment import UNet

SAMPLE = np.asarray(read_stack(sample_path("nuclei_timelapse.tif")).data)[:4]


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(segment=UNet(diameter=24)),
        Recipe(segment=UNet(diameter=60, scope="plane")),
        Recipe(segment=UNet(mirror="never", min_confidence=0.9)),
        Recipe(objects=Objects(min_size=60, drop_border=True)),
        Recipe(steps=(Normalise(), Resize(factor=0.5))),
    ],
    ids=lambda recipe: recipe.model_dump_json(exclude_defaults=True),
)
def test_a_preview_is_what_a_run_finds(recipe: Recipe) -> None:
    stack = Stack.from_array(SAMPLE, "TYX")
    wanted = segment(SAMPLE, recipe, axes="TYX")
    preview = Preview(stack, 2)
    preview.find(Recipe(segment=UNet(diameter=12)))  # nothing of it is left over
    found = preview.find(recipe).shown
    assert found.labels.max() == len(found.confidence) > 3
    np.testing.assert_array_equal(found.labels > 0, wanted[2] > 0)
    pairs = np.unique(np.stack([found.labels, wanted[2]]).reshape(2, -1), axis=1)
    assert pairs.shape[1] == 1 + len(found.confidence)


def test_maps_lie_on_the_grid_of_the_plane() -> None:
    preview = Preview(Stack.from_array(SAMPLE, "TYX"), 2)
    found = preview.find(Recipe()).objects.labels
    for steps in ((), (Resize(factor=0.5),)):
        maps = preview.maps(Recipe(steps=steps))
        assert maps.shape == (*SAMPLE.shape[1:], 3)
        likely = maps[..., 0] > 0.5
        assert (likely & (found > 0)).sum() > 0.9 * likely.sum()


def test_the_network_runs_again_only_where_it_sees_something_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    preview = Preview(Stack.from_array(SAMPLE, "TYX"), 0)
    preview.find(Recipe())
    runs: list[Any] = []
    run = engine.LiteRT.run

    def counted(self: engine.LiteRT, tile: np.ndarray) -> np.ndarray:
        runs.append(tile)
        return run(self, tile)

    monkeypatch.setattr(engine.LiteRT, "run", counted)
    every = preview.find(Recipe(segment=UNet(min_confidence=0)))
    some = preview.find(Recipe(segment=UNet(min_confidence=0.96)))
    preview.find(Recipe(objects=Objects(min_size=90)))
    assert not runs
    assert some.shown.labels.max() < every.shown.labels.max()
    assert some.fitted.recipe.segment == UNet(
        min_confidence=0.96,
        colour="all",
        diameter=every.fitted.recipe.segment.diameter,
        limits=every.fitted.recipe.segment.limits,
    )
    preview.find(Recipe(segment=UNet(diameter=70)))
    assert runs
    del runs[:]
    preview.find(Recipe())  # the maps of before are still there
    assert not runs


def test_a_part_of_a_plane_and_one_without_values() -> None:
    planes = np.stack([SAMPLE[0].astype(np.float32), np.full_like(SAMPLE[0], 0, float)])
    planes[1] = np.nan
    stack = Stack.from_array(planes, "TYX")
    window = slice(20, 120), slice(30, None)
    part = Preview(stack, 0, window).find(Recipe()).objects
    assert part.labels.shape == planes[0][window].shape
    assert part.labels.max()
    assert not Preview(stack, 1).find(Recipe()).objects.labels.any()


def test_a_threshold_has_no_preview() -> None:
    preview = Preview(Stack.from_array(SAMPLE, "TYX"), 0)
    with pytest.raises(ValueError, match="received the method 'otsu'"):
        preview.find(Recipe(segment=Threshold()))


@pytest.mark.parametrize("least", [0, 0.35, 0.6, 0.95, 1])
def test_hiding_the_doubtful_is_what_decoding_leaves_out(least: float) -> None:
    rng = np.random.default_rng(3)
    maps = np.zeros((90, 90, 2), np.float32)
    for row in range(5, 90, 10):
        for column in range(5, 90, 10):
            box = np.s_[row - 3 : row + 3, column - 3 : column + 3]
            maps[box] = (rng.uniform(0.51, 1), 0.9)
    every = decode(maps, Objects())
    once, later = decode(maps, Objects(), min_confidence=least), every.above(least)
    np.testing.assert_array_equal(later.labels, once.labels)
    np.testing.assert_array_equal(later.confidence, once.confidence)
    assert later.left_out == once.left_out
    assert every.labels.max() == 81  # the labels of before are as they were


def test_objects_keep_their_ids_whichever_are_hidden() -> None:
    preview = Preview(Stack.from_array(SAMPLE, "TYX"), 1)
    every = preview.find(Recipe(segment=UNet(min_confidence=0)))
    some = preview.find(Recipe(segment=UNet(min_confidence=0.96)))
    shown, left_out = some.split()
    assert shown.any()
    assert left_out.any()
    np.testing.assert_array_equal(shown + left_out, every.objects.labels)
    np.testing.assert_array_equal(shown > 0, some.shown.labels > 0)
    areas = np.bincount(some.shown.labels.ravel())[1:]
    assert some.across() == pytest.approx(np.median(2 * np.sqrt(areas / np.pi)))


def test_another_plane_is_found_with_what_is_known_of_the_stack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    preview = Preview(Stack.from_array(SAMPLE, "TYX"), 0)
    preview.find(Recipe())
    wanted = Preview(Stack.from_array(SAMPLE, "TYX"), 3).find(Recipe())
    monkeypatch.setattr(UNet, "search_diameter", None)
    found = preview.at(3).find(Recipe())
    np.testing.assert_array_equal(found.objects.labels, wanted.objects.labels)
    assert found.fitted == wanted.fitted


def test_the_colour_is_the_one_that_a_run_chooses() -> None:
    small = SAMPLE[0].astype(np.float32) / SAMPLE[0].max()
    wide = np.kron(small[:64, 64:128], np.ones((4, 4), np.float32))  # large nuclei
    rng = np.random.default_rng(0)
    specks = np.zeros(wide.shape, np.float32)
    specks.ravel()[rng.choice(specks.size, 600, replace=False)] = 1
    specks = np.maximum(specks, np.roll(specks, 1, 0))
    stack = Stack.from_array(np.stack([specks, 0 * wide, wide], -1), "YXS")
    found = Preview(stack, 0).find(Recipe())
    wanted = fit(stack, Recipe()).recipe.segment
    assert isinstance(wanted, UNet)
    assert wanted.colour == "blue"
    assert found.fitted.recipe.segment == wanted
    run = segment(stack, Recipe())
    np.testing.assert_array_equal(found.shown.labels > 0, run > 0)


def test_pieces_grow_again_only_where_a_setting_changes_their_pixels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    preview, grown = Preview(Stack.from_array(SAMPLE, "TYX"), 0), []
    grow = UNet.grow

    def counted(self: UNet, maps: Any, objects: Objects) -> Any:
        grown.append(objects)
        return grow(self, maps, objects)

    monkeypatch.setattr(UNet, "grow", counted)
    every = preview.find(Recipe(objects=Objects(min_size=1))).objects.labels
    few = preview.find(Recipe(objects=Objects(min_size=400))).objects.labels
    inner = preview.find(Recipe(objects=Objects(min_size=1, drop_border=True)))
    assert len(grown) == 1
    assert 0 < few.max() < every.max()
    assert 0 < inner.objects.labels.max() < every.max()
    again = preview.find(Recipe(objects=Objects(min_size=1))).objects.labels
    np.testing.assert_array_equal(again, every)  # selecting leaves it as it was
    preview.find(Recipe(objects=Objects(smooth=3)))
    assert len(grown) == 2
