from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.samples import sample_path
from napari_mobile_unet.widgets.shared.pages import open_page, page_behind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui
NUCLEI = np.asarray(read_stack(sample_path("nuclei_timelapse.tif")).data)[:2]


@pytest.fixture(autouse=True)
def _journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "napari_mobile_unet.widgets.correct.journals.user_data_path",
        lambda *_: tmp_path / "data",
    )


def click(viewer: Any, place: tuple[float, ...]) -> None:
    """Press the mouse over a place of the world, and let go."""
    event = SimpleNamespace(
        button=1, modifiers=(), position=tuple(place), type="mouse_press"
    )
    for callback in list(viewer.mouse_drag_callbacks):
        running = callback(viewer, event)
        next(running, None)
        event.type = "mouse_release"
        next(running, None)


def test_what_is_left_out_is_seen_and_accepted_into_the_history(
    unet: Any, viewer: Any, finish: Callable[[], None], qtbot: QtBot
) -> None:
    image = viewer.add_image(NUCLEI, axis_labels=("t", "y", "x"), scale=(1, 0.5, 0.5))
    viewer.dims.set_current_step(0, 1)
    unet.settings.fields["min_confidence"].value = 0.97
    unet.run.button.click()
    finish()
    labels, here = unet.run.layer, unet.left_out
    before = labels.data.copy()

    def orange() -> Any:
        layers = [layer for layer in viewer.layers if layer.name == "left out"]
        return layers[0] if layers else None

    here.tick.click()
    qtbot.waitUntil(lambda: orange() is not None, timeout=60_000)
    assert unet.preview.layer is None  # the labels are to be seen, not a preview
    left = np.asarray(orange().data).copy()
    ids = np.unique(left[left > 0])
    assert len(ids) > 2
    assert here.note.text().startswith(f"{len(ids)} left out")
    assert not left[before[1] > 0].any()

    click(viewer, image.data_to_world((1, *np.argwhere(left == ids[0])[0])))
    page = next(p for p in viewer.window.dock_widgets.values() if p.page == "Correct")
    qtbot.waitUntil(lambda: not np.array_equal(labels.data, before), timeout=10_000)
    new = int(before.max()) + 1
    assert np.array_equal(labels.data[1] == new, left == ids[0])
    assert np.array_equal(labels.data[0], before[0])
    session = page.bench.session
    assert new in session.locks.ids
    assert not (np.asarray(orange().data) == ids[0]).any()
    assert "accept 1 object" in page.undo_button.text()
    assert viewer.layers.selection.active is labels

    here.button.click()
    assert len(np.unique(labels.data[1])) == len(np.unique(before[1])) + len(ids)
    assert not np.asarray(orange().data).any()
    page.undo_button.click()
    page.undo_button.click()
    assert np.array_equal(labels.data, before)
    assert np.array_equal(orange().data, left)

    viewer.layers.remove(orange())
    assert not here.tick.isChecked()


def test_without_labels_it_is_said_what_to_do(
    unet: Any, viewer: Any, qtbot: QtBot
) -> None:
    viewer.add_image(NUCLEI[0])
    unet.settings.fields["min_confidence"].value = 0.97
    here = unet.left_out
    here.tick.click()
    qtbot.waitUntil(lambda: "Segment first" in here.note.text(), timeout=60_000)
    assert not here.button.isEnabled()
    unet.preview.tick.click()  # it stays without the preview
    qtbot.waitUntil(lambda: unet.preview.layer is None)
    assert [layer.name for layer in viewer.layers][-1] == "left out"
    here.tick.click()
    qtbot.waitUntil(lambda: len(viewer.layers) == 1)


def test_another_page_is_made_behind_the_one_that_is_seen(
    viewer: Any, qtbot: QtBot
) -> None:
    viewer.window._qt_window.show()
    seen = open_page(viewer, "Segment")
    behind = page_behind(viewer, "Correct")
    assert seen.isVisible()
    assert not behind.isVisible()
    assert page_behind(viewer, "Correct") is behind is open_page(viewer, "Correct")
    assert behind.isVisible()
