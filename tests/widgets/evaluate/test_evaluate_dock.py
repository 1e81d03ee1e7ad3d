from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.evaluation.errors import Verdict
from napari_mobile_unet.widgets.layers.convert import METADATA

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui


def test_labels_are_compared_with_true_ones_and_errors_are_shown(
    viewer: Any, dock: Callable[[str], Any], qtbot: QtBot
) -> None:
    truth = np.zeros((2, 30, 40), np.uint16)
    truth[:, 2:10, 2:10], truth[0, 2:10, 11:19], truth[0, 20:28, 2:12] = 1, 2, 3
    found = truth.copy()
    found[0, 2:10, 2:19] = 7
    found[0, 20:26, 30:36] = 9
    scale, place = (2, 0.5, 0.5), (0, 3, 4)
    page = dock("Evaluate labels")
    assert not page.button.isEnabled()
    first = viewer.add_labels(found, name="found", scale=scale, translate=place)
    second = viewer.add_labels(truth, name="true", scale=scale, translate=place)
    for layer in (first, second):
        layer.axis_labels = ("z", "y", "x")
    page.predicted.layer, page.truth.layer = first, first
    assert not page.button.isEnabled()
    page.truth.layer = second

    def evaluate() -> list[int]:
        page.button.click()
        qtbot.waitUntil(lambda: page.button.isEnabled(), timeout=10_000)
        return [int(label.text()) for label in page.counts.values()]

    # Over both planes, 1 is a volume: no more than half of it is held by 7.
    assert evaluate() == [2, 1, 2, 0, 0]
    page.by_plane.setChecked(True)
    assert evaluate() == [2, 0, 1, 1, 0]
    assert "AP at IoU 0.5 0.600" in page.status.text()
    (errors,) = (layer for layer in viewer.layers if layer.name == "errors")
    assert tuple(errors.scale) == scale
    assert tuple(errors.translate) == place
    assert errors.data[0, 5, 15] == Verdict.MERGED
    assert errors.data[0, 22, 32] == Verdict.EXTRA
    assert errors.data[1, 5, 5] == errors.data[0, 22, 5] == Verdict.MATCHED
    assert page.truth.count() == 2  # it is not offered as labels itself
    second.data[0, 0, 0] = 5
    second.events.paint(value=[])
    assert "have changed since" in page.status.text()
    second.data = truth[:, :20]
    page.button.click()
    assert "same size" in page.status.text()


def test_classes_of_a_run_are_judged_by_their_iou(
    viewer: Any, dock: Callable[[str], Any], qtbot: QtBot
) -> None:
    truth = np.zeros((20, 20), np.uint8)
    truth[:10], truth[10:15] = 1, 2
    made = {METADATA: {"classes": ["inside", "seam", "rim"]}}
    page = dock("Evaluate labels")
    found = viewer.add_labels(np.where(truth == 2, 0, truth), metadata=made)
    page.predicted.layer, page.truth.layer = found, viewer.add_labels(truth)
    page.button.click()
    qtbot.waitUntil(lambda: page.button.isEnabled(), timeout=10_000)
    assert page.status.text() == (
        "IoU of classes: 1 inside 1.000, 2 seam 0.000, 3 rim nowhere; mean 0.500"
    )
    assert {count.text() for count in page.counts.values()} == {"–"}
    assert all(layer.name != "errors" for layer in viewer.layers)
