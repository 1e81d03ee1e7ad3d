from __future__ import annotations

import json
from typing import TYPE_CHECKING

import tifffile

from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.thresholding.threshold import Threshold

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from click.testing import Result


def test_a_recipe_is_kept_used_renamed_and_deleted(
    run: Callable[..., Result],
    stack: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOBILE_UNET_RECIPES", str(tmp_path / "recipes"))
    recipe = Recipe(channel=1, segment=Threshold(classes=3))
    recipe.save(tmp_path / "Große Zellen.json")
    empty = run("recipe", "list")
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert "no recipe yet" in empty.stderr
    assert run("recipe", "import", tmp_path / "Große Zellen.json").exit_code == 0
    again = run("recipe", "import", tmp_path / "Große Zellen.json")
    assert again.exit_code == 1
    assert "already exists: 'Große Zellen'" in again.stderr
    listed = run("recipe", "list")
    assert listed.stdout == "Große Zellen: channel 1 → otsu (classes 3)\n"
    shown = json.loads(run("recipe", "show", "Große Zellen").stdout)
    assert Recipe.model_validate(shown) == recipe
    done = run("segment", stack, "-o", tmp_path, "--recipe", "Große Zellen")
    assert done.exit_code == 0
    assert tifffile.imread(tmp_path / "cells_labels.tif").max() == 6
    assert Recipe.load(tmp_path / "cells_recipe.json") == recipe
    assert run("recipe", "rename", "Große Zellen", "cells").exit_code == 0
    (tmp_path / "recipes" / "bad.json").write_text("{")
    listed = run("recipe", "list", "--json")
    assert listed.exit_code == 1
    assert list(json.loads(listed.stdout)) == ["cells"]
    assert "bad.json is not" in listed.stderr
    assert run("recipe", "delete", "cells").exit_code == 0
    missing = run("segment", stack, "-o", tmp_path, "--recipe", "cells")
    assert missing.exit_code == 2
    assert "choose one of: bad" in missing.stderr
