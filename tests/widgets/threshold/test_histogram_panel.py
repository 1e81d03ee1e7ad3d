from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_mobile_unet.thresholding.otsu import otsu

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.gui


def test_the_threshold_of_the_stack_is_shown(
    panel: Any, person: Any, calibrated: Any, stack: np.ndarray
) -> None:
    person.waits_for_counts()
    assert float(panel.histogram.box.line.text()) == otsu(stack).threshold
    assert "separability" in person.text
    assert "Foreground: bright (auto: fewer pixels)" in person.text
    assert person.plot is not None


def test_the_numbers_can_be_copied_and_carry_the_colours(
    panel: Any, person: Any, calibrated: Any
) -> None:
    person.waits_for_counts()
    flags = panel.histogram.text.textInteractionFlags()
    assert flags & Qt.TextInteractionFlag.TextSelectableByMouse
    for line in person.plot.text.splitlines():
        assert line in person.text
    assert person.text.count("color: #") == 2


def test_a_typed_threshold_holds_until_reset(
    panel: Any, person: Any, calibrated: Any, stack: np.ndarray
) -> None:
    person.waits_for_counts()
    box = panel.histogram.box
    assert not box.reset_button.isEnabled()
    person.types("60")
    assert panel.recipe.segment.values == (60,)
    box.reset_button.click()
    assert box.line.text() == f"{otsu(stack).threshold:g}"
    assert panel.recipe.segment.values is None
    assert not box.reset_button.isEnabled()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sixty", "numbers with commas"),
        ("10, 60", "1 threshold(s) in ascending order"),
        ("nan", "numbers with"),
    ],
)
def test_what_is_no_threshold_is_refused_in_a_line(
    panel: Any, person: Any, calibrated: Any, text: str, reason: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    told: list[str] = []
    monkeypatch.setattr(
        "napari_mobile_unet.widgets.threshold.threshold_box.show_error", told.append
    )
    person.waits_for_counts()
    person.types("60")
    person.types(text)
    assert len(told) == 1
    assert reason in told[0]
    assert "\n" not in told[0]
    assert panel.histogram.box.line.text() == "60"
    assert panel.recipe.segment.values == (60,)


def test_other_classes_are_found_without_counting_again(
    panel: Any, person: Any, calibrated: Any
) -> None:
    person.waits_for_counts()
    before = panel.model.split.histogram
    person.sets(classes=4)
    assert panel.histogram.box.line.text().count(",") == 2
    assert len(person.plot.lines) == 3
    assert panel.model.split.histogram is before


def test_the_tick_of_the_axis_of_counts_tells_what_it_is(
    panel: Any, person: Any, calibrated: Any
) -> None:
    person.waits_for_counts()
    log = panel.histogram.log
    assert log.isChecked() == (person.plot.axes.get_yscale() == "log")
    for _ in range(2):
        log.click()
        assert log.isChecked() == (person.plot.axes.get_yscale() == "log")


@pytest.mark.parametrize("suffix", [".png", ".svg", ".csv"])
def test_the_histogram_is_saved(
    panel: Any, person: Any, calibrated: Any, tmp_path: Path, suffix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    person.waits_for_counts()
    path = tmp_path / f"histogram{suffix}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    panel.histogram.save_button.click()
    assert path.stat().st_size > 100


def test_without_an_image_the_plot_says_what_to_do(panel: Any, person: Any) -> None:
    person.reads("Open an image")
    assert not panel.run.button.isEnabled()
    assert not panel.histogram.box.line.isEnabled()
    assert panel.histogram.canvas.canvas is None  # so matplotlib is not waited for


@pytest.mark.parametrize(
    ("plane", "reason"),
    [
        (np.full((8, 8), np.nan), "no finite values"),
        (np.full((8, 8), 3, np.uint8), "constant image"),
    ],
)
def test_the_plot_says_why_it_is_empty(
    panel: Any, person: Any, viewer: Any, plane: np.ndarray, reason: str
) -> None:
    viewer.add_image(plane, contrast_limits=(0, 1))
    person.reads(reason)
    person.makes_labels()


@pytest.mark.parametrize(
    "plane",
    [
        np.array([[0, 255] * 8] * 16, np.uint8),
        np.full((16, 16), 65535, np.uint16),
        np.where(np.eye(16) > 0, np.nan, np.arange(16)).astype(np.float32),
        np.arange(-128, 128, dtype=np.int16).reshape(16, 16),
        np.eye(16, dtype=bool),
        np.where(np.eye(16) > 0, np.inf, np.arange(16.0)),
    ],
    ids=["two values", "saturated", "NaN", "negative", "bool", "infinite"],
)
def test_odd_planes_are_shown_or_said(
    panel: Any, person: Any, viewer: Any, plane: np.ndarray
) -> None:
    viewer.add_image(plane, contrast_limits=(0, 1))
    person.waits_for_counts()
    for method in ("li", "minimum", "adaptive", "triangle", "yen", "isodata", "mean"):
        person.sets(method=method)
        assert person.text
        panel.histogram.canvas.canvas.draw()
    if plane.dtype.kind == "f":
        person.sets(method="otsu")
        assert "excluded (NaN or infinite): 16" in person.text
    person.makes_labels()


def test_what_is_set_by_hand_holds_for_planes_on_their_own_and_that_is_said(
    person: Any, calibrated: Any
) -> None:
    person.chooses("each")
    person.waits_for_counts()
    assert "all planes" not in person.text
    person.types("100")
    assert "applies to all planes" in person.text
