from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.preprocessing.steps import STEPS, Resize
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.unet.model import find_model, load_model
from napari_mobile_unet.unet.segment import UNet


def test_a_recipe_survives_the_file(tmp_path: Path) -> None:
    recipe = Recipe(
        channel=2,
        steps=tuple(step() for step in STEPS),
        segment=Threshold(classes=3, values=(1.5, 2.5)),
    )
    recipe.save(tmp_path / "recipe.json")
    assert Recipe.load(tmp_path / "recipe.json") == recipe
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.json"]


def test_the_record_of_a_result_is_a_recipe_too(tmp_path: Path) -> None:
    recipe = Recipe(steps=(Resize(),), segment=UNet(diameter=30))
    stack = Stack.from_array(np.zeros((4, 8, 8)), "ZYX", name="cells.tif")
    record = Provenance.of(recipe, stack)
    assert record.source == "cells.tif"
    assert record.checksum == load_model("nuclei").checksum
    assert "numpy" in record.versions
    record.save(tmp_path / "record.json")
    assert Recipe.load(tmp_path / "record.json") == recipe


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not"),
        ("[" * 100_000, "nested too deeply"),
        ('{"chanel": 1}', "chanel: Extra inputs are not permitted; received 1"),
        ('{"channel": -1}', "channel: .* a number from 0, mean or max"),
        ('{"segment": {"method": "magic"}}', "segment: .*'unet', 'otsu'"),
        ('{"steps": [{"kind": "resize", "factor": 0}]}', r"steps\.0\.resize\.factor"),
        ('{"steps": [{"kind": "resize", "factr": 1}]}', r"steps\.0\.resize\.factr"),
        ("[1]", r"one JSON object; .* holds \[1\]"),
        ('{"segment": {"diameter": 30}}', "segment: should name its 'method'"),
        ('{"segment": {"method": "unet", "diameter": 0.1}}', "1 pixel .* received 0.1"),
        ('{"objects": {"spacing": 1e9}}', r"objects\.spacing: .* 2000"),
        (
            '{"segment": {"method": "unet", "limits": [500, 100]}}',
            r"limits: the lower limit comes first; received \(500.*100.*\); swap",
        ),
    ],
)
def test_a_fault_is_named_in_one_line(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=message) as caught:
        Recipe.load(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.json cannot be read"):
        Recipe.load(tmp_path / "nowhere.json")


def test_a_folder_is_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"a recipe is a JSON file; .* name another"):
        Recipe.load(tmp_path)


def test_a_recipe_of_an_editor_that_marks_utf_8_is_read(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(Recipe().model_dump_json(), "utf-8-sig")
    assert Recipe.load(path) == Recipe()


def test_nothing_is_left_where_a_recipe_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be written"):
        Recipe().save(tmp_path / "nowhere" / "recipe.json")
    assert not list(tmp_path.iterdir())


def test_a_recipe_cannot_be_changed_but_replaced_and_is_checked_again() -> None:
    recipe = Recipe()
    with pytest.raises(ValueError, match="frozen"):
        recipe.channel = 1  # type: ignore[misc]
    assert recipe.replace(channel=1).channel == 1
    with pytest.raises(ValueError, match="a number from 0"):
        recipe.replace(channel=-1)


def test_the_json_is_plain(tmp_path: Path) -> None:
    Recipe().save(tmp_path / "recipe.json")
    content = json.loads((tmp_path / "recipe.json").read_text())
    assert content["segment"]["method"] == "unet"
    assert content["version"] == 1


def test_a_record_names_a_file_whose_name_is_not_utf_8(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xe9t\xe9.tif")
    stack = Stack.from_array(np.zeros((8, 8)), "YX", name=name)
    record = Provenance.of(Recipe(), stack)
    record.save(tmp_path / "record.json")
    (tmp_path / "record.json").read_text("utf-8")
    assert Provenance.load(tmp_path / "record.json") == record
    assert Provenance.from_json(record.to_json()).source == name


@pytest.fixture
def own_model(tmp_path: Path) -> Path:
    """Return a folder with a model of the person's own."""
    shutil.copytree(find_model("nuclei"), tmp_path / "models" / "own")
    return tmp_path / "models" / "own"


def test_a_model_folder_is_recorded_so_that_it_is_found_from_anywhere(
    own_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(own_model.parent)
    stack = Stack.from_array(np.zeros((8, 8)), "YX")
    record = Provenance.of(Recipe(segment=UNet(model="./own")), stack)
    assert isinstance(record.recipe.segment, UNet)
    assert Path(record.recipe.segment.model) == own_model.resolve()
    monkeypatch.chdir("/")
    assert load_model(record.recipe.segment.model).checksum == record.checksum


def test_a_record_is_not_repeated_with_another_model(
    own_model: Path, tmp_path: Path
) -> None:
    recipe = Recipe(segment=UNet(model=str(own_model)))
    record = Provenance.of(recipe, Stack.from_array(np.zeros((8, 8)), "YX"))
    path = tmp_path / "record.json"
    record.save(path)
    assert Recipe.load(path) == record.recipe
    record.replace(checksum="0" * 64).save(path)
    with pytest.raises(ValueError, match="of checksum 000000000000, which"):
        Recipe.load(path)
    assert Recipe.load(path, any_model=True) == record.recipe
    shutil.rmtree(own_model)
    assert Recipe.load(path) == record.recipe  # it is missed where it is needed
