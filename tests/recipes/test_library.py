"""A person's own recipes: kept by name, never lost to another one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.preprocessing.steps import Denoise
from napari_mobile_unet.recipes.library import Library, find_recipe
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.thresholding.threshold import Threshold

OTSU = Recipe(segment=Threshold(classes=3), steps=(Denoise(radius=2),))
NAME = "Zellkerne, größer – 細胞"


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setenv("MOBILE_UNET_RECIPES", str(tmp_path / "my recipes"))
    return Library()


def test_names_with_blanks_and_any_letters_keep_recipes(library: Library) -> None:
    assert library.names == []
    library.save(f" {NAME} ", OTSU)
    library.save("b", Recipe())
    assert library.names == ["b", NAME]
    assert library.load(NAME) == OTSU == find_recipe(NAME)
    assert library.name_of(OTSU) == NAME
    assert library.name_of(Recipe(link=Link(method="iou"))) is None
    assert "gro\u0308ßer" in "Zellkerne, gro\u0308ßer"  # as macOS writes it
    assert "Zellkerne, gro\u0308ßer – 細胞" in library
    library.rename(NAME, "Kerne")
    assert library.names == ["b", "Kerne"]
    library.delete("Kerne")
    with pytest.raises(FileNotFoundError, match="choose one of: b"):
        library.load("Kerne")


def test_no_recipe_is_replaced_unasked(library: Library, tmp_path: Path) -> None:
    library.save("a", OTSU)
    library.save("b", Recipe())
    Recipe().save(tmp_path / "a.json")
    with pytest.raises(FileExistsError, match="already exists: 'a'"):
        library.save("a", Recipe())
    with pytest.raises(FileExistsError, match="already exists: 'a'"):
        library.take(tmp_path / "a.json")
    with pytest.raises(FileExistsError, match="already exists: 'a'"):
        library.rename("b", "a")
    assert (library.load("a"), library.load("b")) == (OTSU, Recipe())
    assert library.take(tmp_path / "a.json", overwrite=True) == "a"
    assert library.load("a") == Recipe()
    assert sorted(path.name for path in library.folder.iterdir()) == [
        "a.json", "b.json",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["", "  ", "a/b", "..", ".hidden", "a:b", "NUL", "com1.x", "ä" * 101, "a\n"]
)
def test_what_is_no_name_of_a_file_is_refused(name: str, library: Library) -> None:
    if name == "a\n":
        name = "a\nb"
    with pytest.raises(ValueError, match="choose another name"):
        library.save(name, OTSU)
    assert not library.folder.exists()


def test_a_recipe_is_a_file_a_name_or_json(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    library.save("mine", OTSU)
    assert find_recipe("mine") == OTSU
    Recipe().save("mine")
    with pytest.raises(ValueError, match=r"write \./mine"):
        find_recipe("mine")
    assert find_recipe("./mine") == Recipe()
    short = '{"segment": {"method": "otsu", "classes": 3}}'
    assert find_recipe(short) == Recipe(segment=Threshold(classes=3))
    with pytest.raises(ValueError, match="Extra inputs"):
        find_recipe('{"chanel": 1}')
    with pytest.raises(ValueError, match=r"is JSON; .* is not"):
        find_recipe('{"channel": ')
    with pytest.raises(FileNotFoundError, match="choose one of: mine"):
        find_recipe("yours")
    with pytest.raises(FileNotFoundError, match="cannot be read"):
        find_recipe("yours.json")


def test_a_damaged_recipe_hides_no_other(library: Library) -> None:
    library.save("good", OTSU)
    (library.folder / "bad.json").write_text("{")
    assert library.names == ["bad", "good"]
    assert library.name_of(OTSU) == "good"
    with pytest.raises(ValueError, match=r"bad\.json is not"):
        library.load("bad")


def test_the_first_recipes_there_were_still_load(library: Library) -> None:
    library.folder.mkdir()
    first = json.loads(Path(__file__).with_name("first_recipes.json").read_text())
    for number, content in enumerate(first):
        path = library.folder / f"{number}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        loaded = library.load(str(number))
        for name, value in content["segment"].items():
            assert getattr(loaded.segment, name) == value
        assert [step.kind for step in loaded.steps] == [
            step["kind"] for step in content["steps"]
        ]
    resized = library.load("0").steps[0].model_dump()
    assert resized["target_diameter"] == first[0]["steps"][0]["wanted"]
