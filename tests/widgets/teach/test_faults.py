"""What goes wrong while a model is taught from the window."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest

from napari_mobile_unet.training import pupils
from napari_mobile_unet.training.lessons import check_lessons
from napari_mobile_unet.unet.card import GateRecord
from napari_mobile_unet.unet.model import FOLDER_VARIABLE, load_model, own_models
from napari_mobile_unet.widgets.teach import before_after, verdict_panel
from napari_mobile_unet.widgets.teach.examples import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui

TEACHER = Path(__file__).with_name("teacher_without_network.py")


def start_teacher(_module: str, log: Any) -> subprocess.Popen[str]:
    gate = GateRecord(verdict="better", objects=9, old_tuned_ap=0.5, new_ap=0.7)
    return subprocess.Popen(
        [sys.executable, TEACHER, load_model("nuclei").folder, gate.model_dump_json()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )


def teachers() -> list[psutil.Process]:
    """Return the processes that this one started and that still run."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            if str(TEACHER) in child.cmdline():
                found.append(child)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


@pytest.fixture
def page(
    viewer: Any,
    dock: Callable[[str], Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """Return the page Teach with a plane and its labels as an example."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "models"))
    monkeypatch.setattr(pupils, "start_child", start_teacher)
    monkeypatch.setattr(
        before_after, "segment", lambda image, *_, **__: np.zeros(image.shape[:2], int)
    )
    labels = np.kron(np.arange(1, 17).reshape(4, 4), np.ones((32, 32), int))
    labels[::32] = labels[:, ::32] = 0
    rng = np.random.default_rng(0)
    image = (100 * (labels > 0) + rng.normal(50, 5, labels.shape)).astype(np.uint8)
    viewer.add_image(image, name="cells")
    viewer.add_labels(labels, name="mine")
    panel = dock("Teach a model")
    panel.examples.right.setCurrentText(EVERYTHING)
    panel.examples.add_button.click()
    return panel


@pytest.fixture
def learning(page: Any, qtbot: QtBot) -> Any:
    """Return the page once its process has learnt a little."""
    page.teach_button.click()
    qtbot.waitUntil(lambda: len(page.curve.losses) > 2, timeout=60_000)
    return page


def test_a_killed_process_is_said_and_what_it_had_learnt_is_there(
    learning: Any, viewer: Any, qtbot: QtBot
) -> None:
    said: list[str] = []
    learning.course.said.connect(said.append)
    os.kill(learning.course.process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    qtbot.waitUntil(lambda: learning.verdict.candidate is not None, timeout=60_000)
    assert any("ended with" in text and "is kept" in text for text in said)
    assert "Better" in learning.verdict.text.text()
    learning.verdict.name.setText("rescued")
    learning.verdict.keep_button.click()
    assert load_model("rescued").card.name == "rescued"
    assert [layer.name for layer in viewer.layers][:2] == ["cells", "mine"]
    viewer.window.remove_dock_widget(learning)
    qtbot.waitUntil(lambda: not teachers(), timeout=20_000)


def test_a_page_that_is_closed_leaves_no_process(
    learning: Any, viewer: Any, qtbot: QtBot
) -> None:
    assert len(teachers()) == 1
    viewer.window.remove_dock_widget(learning)
    qtbot.waitUntil(lambda: not teachers(), timeout=20_000)


def test_labels_that_are_deleted_meanwhile_do_not_end_the_teaching(
    learning: Any, viewer: Any, qtbot: QtBot
) -> None:
    viewer.layers.remove("mine")
    assert learning.course.busy and learning.examples.pairs == []
    learning.stop_button.click()
    qtbot.waitUntil(lambda: learning.verdict.candidate is not None, timeout=60_000)
    learning.verdict.name.setText("orphan")
    learning.verdict.keep_button.click()
    assert load_model("orphan").card.name == "orphan"
    viewer.window.remove_dock_widget(learning)
    qtbot.waitUntil(lambda: not teachers(), timeout=20_000)


def test_a_full_disk_is_said_and_the_taught_model_waits(
    learning: Any, viewer: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    learning.stop_button.click()
    qtbot.waitUntil(lambda: learning.verdict.candidate is not None, timeout=60_000)
    learning.verdict.name.setText("full")
    with monkeypatch.context() as broken:

        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        broken.setattr(verdict_panel, "keep_model", full)
        learning.verdict.keep_button.click()
    assert "No space left" in learning.note.text()
    assert learning.verdict.candidate is not None
    assert not (own_models() / "full").exists()
    learning.verdict.keep_button.click()
    assert load_model("full").card.name == "full"
    viewer.window.remove_dock_widget(learning)
    qtbot.waitUntil(lambda: not teachers(), timeout=20_000)


def test_only_what_a_drawn_region_encloses_is_taught(page: Any, viewer: Any) -> None:
    region = viewer.add_shapes([[[0, 0], [0, 63], [63, 63], [63, 0]]], name="done")
    page.examples.image.layer = viewer.layers["cells"]
    page.examples.right.setCurrentText("inside done")
    page.examples.add_button.click()
    (pair,) = page.examples.pairs
    assert pair.text == "inside done: cells · mine"
    (lesson,) = pair.lessons()
    known = np.zeros((128, 128), bool)
    known[:64, :64] = True
    assert np.array_equal(lesson.known, known)
    viewer.layers.remove(region)
    assert page.examples.pairs == []


def test_a_region_of_a_stack_holds_for_its_plane(page: Any, viewer: Any) -> None:
    image = np.stack([viewer.layers["cells"].data] * 3)
    labels = np.stack([viewer.layers["mine"].data] * 3)
    scale = (2, 0.5, 0.5)
    image_layer = viewer.add_image(image, name="stack", scale=scale)
    labels_layer = viewer.add_labels(labels, name="ids", scale=scale)
    square = np.array([[1, 0, 0], [1, 0, 20], [1, 20, 20], [1, 20, 0]], float)
    viewer.add_shapes([square], name="done", scale=scale)
    page.examples.image.layer, page.examples.labels.layer = image_layer, labels_layer
    page.examples.right.setCurrentText("inside done")
    page.examples.add_button.click()
    (lesson,) = page.examples.pairs[-1].lessons()
    assert lesson.plane == (1,) and lesson.known.sum() == 21 * 21


def test_a_channel_is_chosen(page: Any, viewer: Any) -> None:
    assert page.examples.channel.count() == 0
    cells = viewer.layers["cells"].data
    both = np.stack([cells, 255 - cells])
    layer = viewer.add_image(
        both,
        name="both",
        axis_labels=("c", "y", "x"),
        metadata={"channel_names": ["DNA", "actin"]},
    )
    page.examples.image.layer = layer
    page.examples.labels.layer = viewer.layers["mine"]
    assert page.examples.channel.itemText(1) == "1  actin"
    page.examples.channel.setCurrentIndex(1)
    page.examples.right.setCurrentText(EVERYTHING)
    page.examples.add_button.click()
    pair = page.examples.pairs[-1]
    assert pair.text == "everything: both 1 · mine"
    (lesson,) = pair.lessons()
    assert np.array_equal(lesson.image, 255 - cells)
    page.examples.channel.setCurrentIndex(page.examples.channel.findData("all"))
    page.examples.add_button.click()
    (lesson,) = page.examples.pairs[-1].lessons()
    assert page.wanted.channels == lesson.channels == ("DNA", "actin")
    assert np.array_equal(lesson.image, np.moveaxis(both, 0, -1))
    # Other channels are refused before anything is learnt.
    (grey,) = pair.lessons()
    with pytest.raises(ValueError, match="choose the same for all"):
        check_lessons([lesson, grey])
