"""Texts that are copied make the same labels as the recipe that they tell of."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

import napari_mobile_unet as nmu
from napari_mobile_unet.commands.app import app
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.preprocessing.steps import Denoise, Normalise
from napari_mobile_unet.recipes.library import Library, find_recipe
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.recipes.texts import (
    describe,
    find_source,
    to_command,
    to_python,
    to_short_json,
)
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.unet.segment import UNet

RECIPES = [
    Recipe(),
    Recipe(
        channel=1,
        steps=(Normalise(low=2.5), Denoise(radius=2)),
        segment=Threshold(classes=3, object_classes=(2, 3)),
        objects=Objects(min_size=4, split=False),
        link=Link(method="iou", gap=2),
    ),
    Recipe(segment=Threshold(method="triangle", values=(90.5,)), channel="max"),
    Recipe(segment=UNet(diameter=12, limits=(0.0, 200.0), min_confidence=0)),
]


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setenv("MOBILE_UNET_RECIPES", str(tmp_path / "recipes"))
    return Library()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Return a Z-stack of two channels under a name that a shell would take apart."""
    rng = np.random.default_rng(3)
    planes = rng.integers(5, 40, (3, 2, 64, 48)).astype(np.uint8)
    for number, (y, x) in enumerate([(5, 6), (30, 20), (44, 2)]):
        planes[number:, :, y : y + 14, x : x + 14] += 60 * (number + 1)
    path = tmp_path / "it's größer; $HOME.tif"
    tifffile.imwrite(path, planes, imagej=True, metadata={"axes": "ZCYX"})
    return path


@pytest.mark.parametrize("recipe", RECIPES[1:], ids=describe)
def test_copied_texts_run_and_give_the_same_labels(
    recipe: Recipe, image: Path, tmp_path: Path
) -> None:
    # The axes are others than the file's: both texts have to name them.
    stack = nmu.Stack.from_array(tifffile.imread(image), "TCYX", name=image.name)
    made = Provenance.of(recipe, stack)
    source = find_source(made, [tmp_path / "nothing.tif", image])
    assert source is not None
    assert (source.path, source.axes) == (image, "TCYX")
    expected = nmu.segment(stack, recipe)
    assert expected.any()
    names: dict[str, Any] = {}
    exec(to_python(made.recipe, source), names)
    assert names["recipe"] == recipe
    assert np.array_equal(names["labels"], expected)
    out = tmp_path / "my results"
    command = to_command(recipe, [image], out, ["--axes", "TCYX"])
    program, *arguments = shlex.split(command)
    assert program == "mobile-unet"
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    (labels,) = out.glob("*_labels.tif")
    assert np.array_equal(tifffile.imread(labels), expected)


@pytest.mark.parametrize("recipe", RECIPES, ids=describe)
def test_short_json_is_the_same_recipe(recipe: Recipe, library: Library) -> None:
    assert find_recipe(to_short_json(recipe)) == recipe
    library.save("my own", recipe)
    words = shlex.split(to_command(recipe, [Path("a b.tif")], Path("out")))
    named = [] if recipe == Recipe() else ["--recipe", "my own"]
    assert words[2:] == ["a b.tif", "-o", "out", *named]


def test_a_recipe_in_words_tells_what_is_not_as_by_default() -> None:
    assert describe(RECIPES[0]) == "nuclei"
    assert describe(RECIPES[1]) == (
        "channel 1 → normalise (low 2.5) → denoise (radius 2) → otsu (classes 3; "
        "objects are 2, 3) → objects (smallest area 4; split touching ones no) → "
        "linked by overlap (missing for 2)"
    )


def test_the_source_is_found_by_its_pixels(image: Path, tmp_path: Path) -> None:
    made = Provenance.of(RECIPES[1], Stack.from_array(np.ones((2, 9, 9)), "ZYX"))
    assert find_source(made, [image]) is None
    stack = nmu.Stack.from_array(tifffile.imread(image), "ZCYX", name=image.name)
    made = Provenance.of(RECIPES[1], stack)
    # Of a prepared image beside it, its source is known by its name.
    found = find_source(made, [tmp_path / "prepared.tif"])
    assert found is not None
    assert (found.path, found.axes) == (image, None)
