"""A model that tells classes: what a run gives, and what has no meaning for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from napari_mobile_unet.commands.app import app
from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.objects.classes import classes_there
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.preprocessing.steps import Resize
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.batch import FileOptions, segment_file
from napari_mobile_unet.runs.fit import fit
from napari_mobile_unet.runs.plane import find_in_blocks
from napari_mobile_unet.runs.preview import Preview
from napari_mobile_unet.runs.segment import iter_segment, segment
from napari_mobile_unet.samples.files import read_sample
from napari_mobile_unet.unet.card import Architecture, Decoding
from napari_mobile_unet.unet.classes import class_numbers
from napari_mobile_unet.unet.segment import UNet

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def planes() -> np.ndarray:
    """Return two planes of the sample of a time-lapse, the second without nuclei."""
    plane = read_sample("nuclei_timelapse").image.plane(0)
    ground = np.full_like(plane, np.median(plane))
    return np.stack([plane, ground])


def recipe_of(model: Path, **settings: object) -> Recipe:
    return Recipe(segment=UNet(model=str(model), **settings))


def test_a_class_is_the_likeliest_where_background_is_not() -> None:
    maps = np.array(
        [[[0.1, 0.5, 0.4], [0.1, 0.4, 0.5], [0.6, 0.4, 0.0], [0, 0, 0]]], np.float32
    )
    assert class_numbers(maps, Decoding(foreground=0.5)).tolist() == [[1, 2, 0, 0]]
    assert class_numbers(maps, Decoding(foreground=0.3)).tolist() == [[1, 2, 1, 0]]


def test_classes_are_the_maps_after_the_background() -> None:
    assert Architecture().classes == ()
    assert Architecture(maps=("background", "a", "b")).classes == ("a", "b")
    for maps in (("background",), ("background", *"abcde")):
        with pytest.raises(ValueError, match="1 to 4 classes, not"):
            Architecture(maps=maps)


def test_a_run_gives_classes_that_mean_the_same_in_all_planes(
    planes: np.ndarray, class_model: Path
) -> None:
    results = list(iter_segment(planes, recipe_of(class_model), axes="TYX"))
    assert np.unique(results[0].labels).tolist() == [0, 1, 2]
    assert not results[1].labels.any()
    first, second = (result.objects for result in results)
    assert first["label"].tolist() == [1, 2] and len(second) == 0
    assert "confidence" not in first
    areas = np.bincount(results[0].labels.ravel())[1:]
    assert first["area"].tolist() == areas.tolist()
    reverse = segment(planes[::-1], recipe_of(class_model), axes="TYX")
    assert np.array_equal(reverse[1], results[0].labels)
    fitted = results[0].fitted
    assert fitted.choices(recipe_of(class_model)) == ""
    assert results[0].left_out == 0


def test_a_preview_shows_what_a_run_gives(
    planes: np.ndarray, class_model: Path
) -> None:
    stack, recipe = as_stack(planes, "TYX"), recipe_of(class_model)
    whole = segment(planes, recipe, axes="TYX")
    found = Preview(stack, 0).find(recipe)
    shown, hidden = found.split()
    assert np.array_equal(shown, whole[0]) and not hidden.any()
    assert np.array_equal(found.shown.labels, whole[0])
    empty = np.full((1, 64, 64), np.nan, np.float32)
    assert not Preview(as_stack(empty, "TYX"), 0).find(recipe).shown.labels.any()


def test_large_planes_have_classes_without_seams(class_model: Path) -> None:
    plane = read_sample("nuclei_timelapse").image.plane(0)
    stack = as_stack(plane[None], "TYX")
    recipe = recipe_of(class_model, mirror="never")
    (whole,) = iter_segment(stack, recipe)
    labels = np.zeros(plane.shape, np.int32)
    table, left_out = find_in_blocks(stack, 0, fit(stack, recipe), labels)
    assert np.array_equal(labels, whole.labels) and left_out == 0
    assert table["label"].tolist() == [1, 2] and "confidence" not in table
    assert np.allclose(classes_there(table), whole.objects)


def test_a_class_that_vanishes_in_a_smaller_image_leaves_the_other_its_number(
    planes: np.ndarray, class_model: Path
) -> None:
    smaller = recipe_of(class_model).replace(steps=(Resize(by="factor", factor=0.25),))
    labels = segment(planes[0], smaller, axes="YX")
    assert labels.shape == planes[0].shape
    assert set(np.unique(labels)) <= {0, 1, 2}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"link": Link(method="iou")}, "neither split, left out nor linked"),
        ({"objects": Objects(min_size=9)}, "neither split, left out nor linked"),
        ({"diameter": 30}, "no size and no confidence"),
        ({"min_confidence": 0.7}, "no size and no confidence"),
    ],
)
def test_what_has_no_meaning_for_classes_is_refused(
    changes: dict[str, object], message: str, planes: np.ndarray, class_model: Path
) -> None:
    of_unet = {k: v for k, v in changes.items() if k in UNet.model_fields}
    others = {k: v for k, v in changes.items() if k not in of_unet}
    recipe = recipe_of(class_model, **of_unet).replace(**others)
    with pytest.raises(ValueError, match=message) as caught:
        segment(planes, recipe, axes="TYX")
    assert "\n" not in str(caught.value)


def test_a_recipe_whose_model_is_not_here_can_be_read() -> None:
    recipe = Recipe(segment=UNet(model="gone"), link=Link(method="iou"))
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
    assert not recipe.of_classes


def test_a_file_gives_labels_and_a_table_of_classes_and_goes_on(
    planes: np.ndarray, class_model: Path, tmp_path: Path
) -> None:
    source, results = tmp_path / "cells.tif", tmp_path / "results"
    results.mkdir()
    write_image(source, as_stack(planes, "TYX"))
    recipe = recipe_of(class_model)
    done = segment_file(source, results, recipe)
    assert done is not None and done.classes == ("inside", "seam")
    labels = np.asarray(read_stack(done.outputs.labels).data)
    assert np.array_equal(labels, segment(planes, recipe, axes="TYX"))
    table = pd.read_csv(done.outputs.table)
    assert table["label"].tolist() == [1, 2] and "confidence" not in table
    exported = tmp_path / "cells.geojson"
    command = ["export", str(done.outputs.labels), "-o", str(exported)]
    assert CliRunner().invoke(app, command).exit_code == 0
    kinds = {
        each["properties"]["classification"]["name"]
        for each in json.loads(exported.read_text())["features"]
    }
    assert kinds == {"inside", "seam"}
    again = FileOptions(existing="resume")
    assert segment_file(source, results, recipe, again) is None
    assert Recipe.load(done.outputs.record) == recipe.replace(
        segment=recipe.segment.replace(model=str(class_model.resolve()))
    )
