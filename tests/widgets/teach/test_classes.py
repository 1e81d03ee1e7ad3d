"""Classes of pixels are taught on the page, and segmented with what was learnt."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.training.teach import empty_job
from napari_mobile_unet.unet.model import FOLDER_VARIABLE, load_model
from napari_mobile_unet.widgets.layers.convert import METADATA

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = [pytest.mark.gui, pytest.mark.model]


@pytest.fixture
def layers(viewer: Any) -> tuple[Any, Any]:
    """Return an image of a ground, a bright and a dark kind, and labels of both."""
    labels = np.zeros((160, 160), np.uint16)
    labels[8:72, 8:152] = 1
    labels[88:152, 8:152] = 2
    values = np.array([100, 200, 20])[labels]
    noise = np.random.default_rng(0).normal(0, 6, labels.shape)
    image = viewer.add_image((values + noise).astype(np.uint8), name="tissue")
    return image, viewer.add_labels(labels, name="kinds")


@pytest.fixture
def page(
    dock: Callable[[str], Any],
    layers: tuple[Any, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    small = partial(empty_job, batch=2, crop=64, steps=2, quantise=False)
    monkeypatch.setattr("napari_mobile_unet.widgets.teach.course.empty_job", small)
    page = dock("Teach a model")
    page.examples.right.setCurrentText("everything")
    page.examples.add_button.click()
    page.subject.kind.setCurrentText("classes")
    return page


def test_classes_are_taught_and_segmented(
    page: Any,
    dock: Callable[[str], Any],
    layers: tuple[Any, Any],
    qtbot: QtBot,
    join_jobs: Callable[[], None],
) -> None:
    _, kinds = layers
    before = kinds.data.copy()
    said: list[str] = []
    page.course.changed.connect(lambda: said.append(page.course.state))
    page.seconds.setValue(900)
    page.subject.names.setText("bright, bright")
    page.teach_button.click()
    qtbot.waitUntil(lambda: "a name of its own" in page.note.text(), timeout=60_000)
    qtbot.waitUntil(lambda: not page.course.busy, timeout=60_000)
    page.subject.names.setText(" bright, dark,")
    page.teach_button.click()
    qtbot.waitUntil(lambda: len(page.curve.losses) > 0, timeout=300_000)
    assert "nuclei finds objects, so a new network begins" in page.note.text()
    assert any(text.startswith("Learning classes 1 bright, 2 dark;") for text in said)
    assert page.curve.canvas.figure.axes[1].get_ylabel() == "mean IoU, kept apart"
    page.stop_button.click()
    qtbot.waitUntil(lambda: page.verdict.candidate is not None, timeout=300_000)
    assert "mean IoU is" in page.verdict.text.text()
    assert page.verdict.candidate.parent == ""  # nuclei is no old model of it
    assert page.verdict.replace_button.isHidden()
    qtbot.waitUntil(lambda: len(page.comparison.layers) == 1, timeout=60_000)
    assert set(np.unique(page.comparison.layers[0].data)) <= {0, 1, 2}

    page.verdict.name.setText("my kinds")
    page.verdict.keep_button.click()
    assert load_model("my kinds").card.architecture.classes == ("bright", "dark")
    assert page.model.currentData() == "my kinds"
    assert page.subject.kind.currentText() == "classes"
    assert page.subject.names.isHidden()  # it has names
    page.subject.kind.setCurrentText("objects")
    page.teach_button.click()
    qtbot.waitUntil(lambda: "taught what it finds" in page.note.text(), timeout=60_000)
    qtbot.waitUntil(lambda: not page.course.busy, timeout=60_000)
    assert np.array_equal(kinds.data, before)
    unet = dock("Mobile U-Net")
    unet.model.setCurrentIndex(unet.model.findData("my kinds"))
    assert unet.link.isHidden()
    page.course.close()
    join_jobs()


def test_labels_of_a_run_that_are_classes_are_taken_for_them(
    page: Any, viewer: Any
) -> None:
    page.subject.kind.setCurrentText("objects")
    viewer.add_labels(
        np.ones((160, 160), np.uint8),
        name="found",
        metadata={METADATA: {"classes": ("inside",)}},
    )
    assert page.examples.labels.layer.name == "found"
    assert page.subject.kind.currentText() == "classes"


def test_values_that_are_no_classes_are_refused_before_anything_is_learnt(
    page: Any, layers: tuple[Any, Any], qtbot: QtBot, join_jobs: Callable[[], None]
) -> None:
    layers[1].data = np.where(layers[1].data == 2, 9, layers[1].data)
    page.teach_button.click()
    qtbot.waitUntil(lambda: "received 1, 9;" in page.note.text(), timeout=60_000)
    assert not page.course.busy and page.verdict.candidate is None
    page.course.close()
    join_jobs()
