"""What holds for any settings and any order of work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from fuzzing import cases, settings_of
from hypothesis import given
from hypothesis import strategies as st
from test_arrays import RECIPES

import napari_mobile_unet as nmu
from napari_mobile_unet.runs.fit import fit
from napari_mobile_unet.runs.numbered import iter_numbered
from napari_mobile_unet.runs.runner import RunOptions, iter_run
from napari_mobile_unet.runs.store import MemoryStore

if TYPE_CHECKING:
    from pathlib import Path


@cases(3)
@given(recipe=st.one_of(RECIPES, settings_of(nmu.Recipe, version=st.just(1))))
def test_a_recipe_comes_back_from_its_file(recipe: nmu.Recipe, tmp_path: Path) -> None:
    recipe.save(tmp_path / "recipe.json")
    assert nmu.Recipe.load(tmp_path / "recipe.json") == recipe


@cases(2)
@given(
    st.integers(0, 2**32 - 1), RECIPES, st.integers(1, 9), st.integers(1, 3), st.data()
)
def test_labels_do_not_depend_on_how_planes_are_worked_on(
    seed: int, recipe: nmu.Recipe, batch_size: int, workers: int, draw: st.DataObject
) -> None:
    dice = np.random.default_rng(seed)
    count = int(dice.integers(1, 6))
    planes = dice.integers(0, 3, (count, 6, 5)).repeat(4, 1).repeat(4, 2)
    stack = nmu.Stack.from_array((planes * 70).astype(np.uint8), "TYX")
    recipe = recipe.replace(channel=None)
    try:
        expected = nmu.segment(stack, recipe)
    except ValueError:  # such settings do not fit this image
        return
    again = nmu.segment(stack, recipe, batch_size=batch_size)
    np.testing.assert_array_equal(again, expected)
    first = draw.draw(st.integers(0, count - 1))
    store = MemoryStore(stack.plane_shape)
    options = RunOptions(workers=workers, batch_size=batch_size, first=first)
    for _ in iter_run(stack, fit(stack, recipe), store, options):
        pass
    for plane in iter_numbered(stack, store, recipe.link):
        own = plane.ids.take(plane.found.labels)
        np.testing.assert_array_equal(own, expected[plane.number])
