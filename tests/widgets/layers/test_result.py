from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.widgets.layers.convert import stack_of
from napari_mobile_unet.widgets.layers.placement import Placement
from napari_mobile_unet.widgets.layers.result import Result
from napari_mobile_unet.widgets.layers.storage import empty_labels
from napari_mobile_unet.widgets.layers.written import Written

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.gui


def test_a_result_is_updated_in_place_but_never_over_strokes(viewer: Any) -> None:
    source = viewer.add_image(np.zeros((20, 20)))
    result = Result(viewer)
    place = Placement.of_result(source, stack_of(source))

    def begin(**metadata: Any) -> bool:
        theirs = result.is_theirs()
        written = Written(np.zeros((20, 20), np.int32), place.index)
        written.put(0, written.read(0))
        keywords = place.keywords()
        return result.begin(written, "found", keywords, metadata, theirs=theirs)

    assert not begin()
    first = result.layer
    assert not begin(run=2)
    assert result.layer is first
    assert first.metadata["mobile_unet"] == {"run": 2}
    first.selected_label = 7
    first.paint((5, 5), 7)
    assert begin()
    assert result.layer is not first
    assert first in viewer.layers
    assert first.data[5, 5] == 7
    first.undo()
    assert not first.data.any()
    viewer.layers.remove(result.layer)
    assert not begin()
    assert result.layer in viewer.layers


@pytest.fixture
def results(viewer: Any) -> tuple[Result, Callable[[int], bool]]:
    """Return a result, and a function that shows labels of one id in it."""
    source = viewer.add_image(np.zeros((20, 20)), scale=(2, 2))
    result, place = Result(viewer), Placement.of_result(source, stack_of(source))

    def begin(number: int) -> bool:
        theirs = result.is_theirs()
        written = Written(np.zeros((20, 20), np.int32), place.index)
        written.put(0, np.full((20, 20), number))
        kept = result.begin(
            written,
            "found",
            place.keywords(),
            {"run": number},
            theirs=theirs,
            about=number,
        )
        result.layer.features = {"index": [number]}
        return kept

    return result, begin


def shown(result: Result) -> tuple[int, Any, list[int], Any]:
    layer = result.layer
    run = layer.metadata["mobile_unet"]["run"]
    return int(layer.data[5, 5]), run, list(layer.features["index"]), result.about


def test_the_previous_result_is_brought_back_and_forth(results: Any) -> None:
    result, begin = results
    begin(1)
    assert not result.has_previous
    begin(2)
    assert shown(result) == (2, 2, [2], 2)
    for number in (1, 2, 1):
        result.bring_back(theirs=result.is_theirs())
        assert shown(result) == (number, number, [number], number)
        assert not result.is_theirs()
    begin(3)  # in place of 1, and 2 is let go
    result.bring_back(theirs=False)
    assert shown(result) == (1, 1, [1], 1)


def test_edits_are_not_exchanged_for_the_previous_result(
    results: Any, viewer: Any
) -> None:
    result, begin = results
    begin(1)
    begin(2)
    edited = result.layer
    edited.data[5, 5] = 9
    result.bring_back(theirs=result.is_theirs())
    assert result.layer is not edited
    assert shown(result) == (1, 1, [1], 1)
    assert (edited in viewer.layers, edited.data[5, 5]) == (True, 9)
    assert not result.has_previous


def test_labels_on_disk_are_kept_until_they_are_replaced_twice(
    viewer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = "napari_mobile_unet.widgets.layers.storage.memory_share"
    monkeypatch.setattr(share, lambda: 0)
    source = viewer.add_image(np.zeros((20, 20)))
    result, place = Result(viewer), Placement.of_result(source, stack_of(source))
    folders = []
    for number in (1, 2, 3):
        labels, _ = empty_labels(place)
        folders.append(Path(labels.store.root))
        written = Written(labels, place.index)
        written.put(0, np.full((20, 20), number))
        result.begin(written, "found", place.keywords(), {}, theirs=False)
    assert [folder.exists() for folder in folders] == [False, True, True]
    result.bring_back(theirs=False)
    assert np.asarray(result.layer.data).min() == 2
    assert folders[2].exists()


def test_a_result_that_was_saved_is_not_replaced(
    results: Any, viewer: Any, tmp_path: Path
) -> None:
    result, begin = results
    begin(1)
    first = result.layer
    first.save(str(tmp_path / "found.ome.tif"))
    assert begin(2)
    assert result.layer is not first
    assert (first in viewer.layers, first.data.max()) == (True, 1)
