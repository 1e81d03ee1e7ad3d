from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.gui
CONFIDENCE = [0.9, 0.5, 0.7, np.nan]
AREA = [30.0, 40.0, 50.0, 60.0]


@pytest.fixture
def result(viewer: Any) -> Any:
    """Return labels like those of a run: ids 1 to 4, the last one drawn by hand."""
    data = np.repeat(np.arange(5), 4).reshape(5, 4).astype(np.int32)
    table = pd.DataFrame(
        {"index": [1, 2, 3, 4], "area": AREA, "confidence": CONFIDENCE, "kind": "abcd"}
    )
    return viewer.add_labels(data, features=table, metadata={"mobile_unet": {}})


def opaque(layer: Any) -> list[bool]:
    """Return which of the ids 0 to 4 are to be seen."""
    return [layer.get_color(own) is not None and layer.get_color(own)[3] > 0
            for own in range(5)]  # fmt: skip


def test_doubtful_objects_are_hidden_and_come_back(unet: Any, result: Any) -> None:
    before, data = result.colormap, result.data.copy()
    colours = [result.get_color(own) for own in range(1, 5)]
    unet.view.take(result)
    unet.settings.fields["min_confidence"].value = 0.6
    assert opaque(result) == [False, True, False, True, True]
    assert np.allclose(result.get_color(1), colours[0])
    assert "1 of 4 objects hidden" in unet.view.note.text()
    unet.settings.fields["min_confidence"].value = 0.8
    assert opaque(result) == [False, True, False, False, True]
    assert np.array_equal(result.data, data)
    unet.settings.fields["min_confidence"].value = 0.3
    assert result.colormap is before
    assert not unet.view.note.text()


def test_an_object_of_several_planes_counts_once(unet: Any, result: Any) -> None:
    ids, confidence = [1, 1, 2, 2, 3], [0.9, 0.5, 0.9, 0.2, 0.8]
    result.features = pd.DataFrame({"index": ids, "confidence": confidence})
    unet.view.take(result)
    unet.view.by.setCurrentText("confidence")
    unet.settings.fields["min_confidence"].value = 0.6
    assert "1 of 3 objects hidden" in unet.view.note.text()
    assert opaque(result)[1:4] == [True, False, True]  # means of 0.7 and 0.55
    assert unet.view.legend.text() == "0.55 – 0.8"


def test_colours_tell_a_number_from_low_to_high(unet: Any, result: Any) -> None:
    unet.view.take(result)
    names = [unet.view.by.itemText(n) for n in range(unet.view.by.count())]
    assert names == ["ids", "confidence", "area"]
    unet.view.by.setCurrentText("area")
    assert unet.view.legend.text() == "30 – 60"
    greens = [result.get_color(own)[1] for own in range(1, 5)]
    assert greens == sorted(greens)  # as viridis has them
    unet.view.by.setCurrentText("confidence")
    assert np.allclose(result.get_color(4), (0.5, 0.5, 0.5, 1))  # it has none
    result.features = result.features.assign(more=[4, 3, 2, 1])
    assert unet.view.by.currentText() == "confidence"
    unet.view.by.setCurrentText("more")
    assert unet.view.legend.text() == "1 – 4"
    unet.view.take(None)
    assert result.get_color(4)[0] != 0.5


def test_colours_of_a_person_are_not_replaced_for_good(unet: Any, result: Any) -> None:
    unet.view.take(result)
    unet.view.by.setCurrentText("area")
    theirs = {None: "transparent", 1: "red", 2: "blue", 3: "red", 4: "red"}
    result.colormap = theirs
    mine = result.colormap
    unet.view.take(None)
    assert result.colormap is mine
    unet.view.take(result)
    unet.settings.fields["min_confidence"].value = 0.6
    assert np.allclose(result.get_color(1), (1, 0, 0, 1))
    assert opaque(result) == [False, True, False, True, True]
    unet.settings.fields["min_confidence"].value = 0.3
    assert result.colormap is mine


def test_outlines_and_opacity_are_those_of_the_layer(
    unet: Any, viewer: Any, result: Any
) -> None:
    unet.view.take(result)
    unet.view.outlines.click()
    assert result.contour == 1
    unet.view.opacity.setValue(30)
    assert result.opacity == pytest.approx(0.3)
    result.contour, result.opacity = 0, 0.8
    assert (unet.view.outlines.isChecked(), unet.view.opacity.value()) == (False, 80)
    viewer.layers.remove(result)
    assert unet.view.layer is None
    assert unet.looks.isHidden()


def test_ids_that_napari_cannot_colour_one_by_one_are_said(
    unet: Any, viewer: Any, result: Any
) -> None:
    result.features = pd.DataFrame({"index": [1 << 20], "area": [4.0]})
    unet.view.take(result)
    before = result.colormap
    unet.view.by.setCurrentText("area")
    assert result.colormap is before
    assert "Ids above 65536" in unet.view.note.text()


def test_only_results_of_runs_are_looked_at_so(unet: Any, viewer: Any) -> None:
    drawn = viewer.add_labels(np.ones((4, 5), int))
    unet.view.take(drawn)
    assert unet.view.layer is None


def test_a_run_offers_views_of_what_it_found(
    unet: Any, viewer: Any, stack: np.ndarray, finish: Callable[[], None]
) -> None:
    viewer.add_image(stack[4])
    assert unet.looks.isHidden()
    unet.run.button.click()
    finish()
    assert not unet.looks.isHidden()
    assert unet.view.layer is unet.layer
    unet.settings.fields["min_confidence"].value = 1
    assert not any(opaque(unet.layer)[1 : 1 + len(unet.layer.features)])
    assert unet.layer.data.any()
    unet.settings.fields["min_confidence"].value = 0.35
    unet.run.button.click()
    assert unet.looks.isHidden()
    finish()
    assert all(opaque(unet.layer)[1 : 1 + len(unet.layer.features)])
