from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.images.windows import WHOLE
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.segment import segment
from napari_mobile_unet.thresholding.otsu import otsu

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.gui

SQUARE = np.array([[2, 2], [2, 33], [33, 33], [33, 2]])


def test_a_plane_of_its_own_follows_the_slider(
    panel: Any, person: Any, viewer: Any, calibrated: Any, stack: np.ndarray
) -> None:
    person.chooses("each")
    for number in (4, 0):
        viewer.dims.set_current_step(0, number)
        expected = f"{otsu(stack[number]).threshold:g}"
        person.waits(lambda e=expected: panel.histogram.box.line.text() == e)


def test_each_plane_has_a_threshold_of_its_own(
    panel: Any, person: Any, viewer: Any, stack: np.ndarray
) -> None:
    dim = stack.copy()
    dim[3] //= 8
    viewer.add_image(dim)
    person.chooses("each")
    person.waits_for_counts()
    labels = person.makes_labels()
    assert len(np.unique(labels[3])) == 1 + 3
    assert np.array_equal(labels, segment(dim, panel.recipe, axes="ZYX"))


@pytest.mark.parametrize("scope", ["stack", "each", "shown"])
@pytest.mark.parametrize("method", ["otsu", "li", "adaptive"])
def test_every_scope_gives_what_its_recipe_gives_again(
    panel: Any, person: Any, viewer: Any, calibrated: Any, scope: str, method: str,
) -> None:  # fmt: skip
    viewer.dims.set_current_step(0, 2)
    person.chooses(scope)
    person.sets(method=method)
    person.waits_for_counts()
    labels = person.makes_labels()
    record = panel.layer.metadata["mobile_unet"]["recipe"]
    # As the layer is calibrated: linking asks how far planes are apart.
    again = segment(panel.source.whole, Recipe.model_validate(record))
    assert np.array_equal(labels, again)
    assert labels[4].max() > 0


def test_a_plane_whose_count_is_not_done_gives_no_threshold_to_others(
    panel: Any, person: Any, viewer: Any, calibrated: Any, stack: np.ndarray,
    monkeypatch: pytest.MonkeyPatch, join_jobs: Callable[[], None],
) -> None:  # fmt: skip
    person.chooses("shown")
    person.waits_for_counts()
    go_on, original = threading.Event(), Stack.plane

    def slow(self: Stack, number: int, window: Any = WHOLE) -> Any:
        assert go_on.wait(20)
        return original(self, number, window)

    monkeypatch.setattr(Stack, "plane", slow)
    viewer.dims.set_current_step(0, 4)
    panel.run.button.click()
    assert "still at work" in panel.run.status.text()
    assert panel.layer is None
    go_on.set()
    person.waits_for_counts()
    person.makes_labels()
    recipe = panel.layer.metadata["mobile_unet"]["recipe"]
    assert recipe["segment"]["values"] == [otsu(stack[4]).threshold]


@pytest.mark.parametrize("kind", ["shapes", "ellipse", "labels", "shifted labels"])
def test_counts_are_taken_inside_a_region(
    panel: Any, person: Any, viewer: Any, calibrated: Any, stack: np.ndarray,
    kind: str,
) -> None:  # fmt: skip
    inside = np.zeros(stack.shape[1:], bool)
    inside[2:34, 2:34] = True
    place = {"scale": (0.5, 0.5), "translate": (10, 20)}
    if kind == "labels":
        region = viewer.add_labels(inside.astype(np.uint8), **place)
    elif kind == "shifted labels":
        whole = np.zeros((5, 32, 32), np.uint8) + 1
        region = viewer.add_labels(whole, scale=(2, 0.5, 0.5), translate=(0, 11, 21))
    elif kind == "ellipse":
        region = viewer.add_shapes([SQUARE], shape_type="ellipse", **place)
    else:
        region = viewer.add_shapes([SQUARE], shape_type="polygon", **place)
    person.chooses(f"inside {region.name}")
    person.waits_for_counts()
    pixels = 5 * inside.sum()
    wanted = pixels * np.pi / 4 if kind == "ellipse" else pixels
    split = panel.model.split
    assert split.histogram.total == pytest.approx(wanted, rel=0.02)
    assert panel.recipe.segment.values == split.thresholds
    assert panel.recipe.segment.foreground == "bright"
    viewer.layers.remove(region)
    assert panel.scope.kind == "stack"


def test_a_region_beside_the_image_is_said(
    panel: Any, person: Any, viewer: Any, calibrated: Any
) -> None:
    region = viewer.add_shapes([SQUARE + 900], shape_type="polygon")
    person.chooses(f"inside {region.name}")
    person.reads("covers none")
    panel.run.button.click()
    assert "covers none" in panel.run.status.text()
    assert panel.layer is None


def test_a_region_that_moves_or_is_renamed_is_followed(
    panel: Any, person: Any, viewer: Any, calibrated: Any
) -> None:
    pyramid = [np.ones((5, 32, 24), int), np.ones((5, 16, 12), int)]
    region = viewer.add_labels(
        pyramid, multiscale=True, scale=(2, 0.5, 0.5), translate=(0, 10, 20)
    )
    person.chooses(f"inside {region.name}")
    person.waits_for_counts(5 * 32 * 24)
    region.translate = (0, 10 + 24 * 0.5, 20)
    person.waits_for_counts(5 * 32 * 24)
    region.translate = (0, 10 + 48 * 0.5, 20)  # half of it lies beside the image
    person.waits_for_counts(5 * 16 * 24)
    calibrated.translate = (0, 10 + 48 * 0.5, 20)  # under it again
    person.waits_for_counts(5 * 32 * 24)
    region.name = "cells here"
    assert panel.scope.currentText() == "inside cells here"
