"""The loop: labels that were made right teach a model, which the page Segment has."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.corrections.saved import METADATA, state_of
from napari_mobile_unet.corrections.session import Corrections
from napari_mobile_unet.training.teach import empty_job
from napari_mobile_unet.unet.model import FOLDER_VARIABLE, load_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = [pytest.mark.gui, pytest.mark.model]


@pytest.fixture
def cells(viewer: Any) -> tuple[Any, Any]:
    """Return a stack of squares, and labels of which one plane is finished."""
    rng = np.random.default_rng(0)
    labels = np.zeros((2, 128, 128), np.uint16)
    for label, (y, x) in enumerate(np.ndindex(4, 4), start=1):
        top, left = 4 + 31 * y + rng.integers(8), 4 + 31 * x + rng.integers(8)
        labels[:, top : top + 18, left : left + 18] = label
    noise = rng.normal(0, 9, labels.shape)
    image = (200 - 120 * (labels > 0) + noise).astype(np.uint8)
    place = {"scale": (3, 0.5, 0.5), "units": ("um",) * 3}
    picture = viewer.add_image(image, name="cells", **place)
    made = viewer.add_labels(labels, name="mine", **place)
    return picture, made


def test_the_next_step_is_said_until_there_is_something_to_teach_with(
    viewer: Any, dock: Callable[[str], Any]
) -> None:
    examples = dock("Teach a model").examples
    assert examples.hint.text() == "Open an image to begin."
    image = viewer.add_image(np.zeros((8, 9), np.uint8))
    assert "on the page Segment" in examples.hint.text()
    labels = viewer.add_labels(np.ones((8, 9), np.uint8))
    assert "press Plane finished" in examples.hint.text()
    session = Corrections(labels.data)
    session.finish(())
    labels.metadata[METADATA] = state_of(session)
    examples.refresh()
    assert examples.hint.text().startswith("Press Add")
    examples.add_button.click()
    assert examples.hint.isHidden()
    viewer.layers.remove(image)
    assert not examples.hint.isHidden()


def test_corrected_planes_teach_a_model_that_the_page_segment_offers(
    viewer: Any,
    dock: Callable[[str], Any],
    cells: tuple[Any, Any],
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    join_jobs: Callable[[], None],
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "models"))
    small = partial(empty_job, batch=1, crop=64, steps=2, quantise=False)
    monkeypatch.setattr("napari_mobile_unet.widgets.teach.course.empty_job", small)
    _, mine = cells
    before = mine.data.copy()
    page = dock("Teach a model")
    assert not page.teach_button.isEnabled()

    page.examples.add_button.click()
    assert "nothing marked: cells · mine" in page.examples.list.item(0).text()
    page.teach_button.click()
    qtbot.waitUntil(lambda: "is finished" in page.note.text(), timeout=10_000)
    assert not page.course.busy

    session = Corrections(mine.data)
    session.finish((1,))
    mine.metadata[METADATA] = state_of(session)
    page.examples.suggest_button.click()
    qtbot.waitUntil(lambda: "may be wrong" in page.note.text(), timeout=10_000)
    assert page.note.text().startswith("Plane 1 ") and viewer.dims.current_step[0] == 0

    page.seconds.setValue(600)
    page.teach_button.click()
    assert not page.teach_button.isEnabled() and page.stop_button.isEnabled()
    assert "1 plane finished" in page.examples.list.item(0).text()
    qtbot.waitUntil(lambda: len(page.curve.losses) > 0, timeout=300_000)
    page.stop_button.click()
    qtbot.waitUntil(lambda: page.verdict.candidate is not None, timeout=300_000)
    assert page.course.process is None and not page.course.busy
    assert "objects that were not taught" in page.verdict.text.text()
    qtbot.waitUntil(page.verdict.turn_button.isEnabled, timeout=60_000)
    old, new = page.comparison.layers
    assert (old.visible, new.visible) == (False, True)
    page.verdict.turn_button.click()
    assert (old.visible, new.visible) == (True, False)
    place = new.data_to_world((0, 5, 7))
    assert np.allclose(place, mine.data_to_world((1, 5, 7)))

    page.verdict.name.setText("nuclei")
    page.verdict.keep_button.click()
    assert "shipped" in page.note.text() and page.verdict.candidate is not None
    page.verdict.name.setText("my cells")
    page.verdict.keep_button.click()
    assert "my cells" in page.note.text()
    card = load_model("my cells").card
    assert card.training.parent == "nuclei" and card.training.gate is not None
    assert card.training.examples == ("cells [2]",)
    assert [layer.name for layer in viewer.layers] == ["cells", "mine"]
    assert np.array_equal(mine.data, before) and mine.visible
    unet = dock("Mobile U-Net")
    assert unet.model.findText("my cells") >= 0
    assert page.model.currentData() == "my cells"
    page.course.close()
    join_jobs()
