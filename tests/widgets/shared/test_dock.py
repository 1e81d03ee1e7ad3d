from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from napari_mobile_unet.widgets.shared.section import Section

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui

DOCKS = ("Pre-process", "Otsu threshold", "Mobile U-Net")


@pytest.mark.parametrize("name", DOCKS)
def test_the_layer_that_was_added_last_is_the_choice(
    name: str, viewer: Any, dock: Callable[[str], Any]
) -> None:
    first = viewer.add_image(np.zeros((8, 9)))
    panel = dock(name)
    assert panel.source.layer is first
    second = viewer.add_image(np.zeros((3, 8, 9)))
    assert panel.source.layer is second
    viewer.layers.selection.active = first
    assert panel.source.layer is first
    viewer.layers.remove(first)
    assert panel.source.layer is second


@pytest.mark.parametrize("name", DOCKS)
def test_in_a_low_window_a_dock_scrolls_and_nothing_overlaps(
    name: str, viewer: Any, dock: Callable[[str], Any], qtbot: QtBot
) -> None:
    viewer.add_image(np.random.default_rng(0).integers(0, 255, (3, 64, 48), np.uint8))
    window = viewer.window._qt_window
    window.resize(1000, 700)
    window.show()
    panel = dock(name)
    for more in panel.findChildren(Section):
        more.unfold()
    area = panel.findChild(QScrollArea)
    bar = area.verticalScrollBar()
    if name != "Pre-process":  # which is low without a step
        qtbot.waitUntil(lambda: bar.maximum() > 100)
    # The dock grows to what was unfolded, some turns of the event loop later.
    qtbot.waitUntil(lambda: area.widget().width() <= area.viewport().width())
    qtbot.wait(50)
    assert window.height() == 700
    content = area.widget().findChildren(QWidget)
    for parent in [area.widget(), *content]:
        seen = parent is area.widget() or parent.isVisibleTo(area.widget())
        if seen and isinstance(parent.layout(), QVBoxLayout):
            items = [parent.layout().itemAt(n) for n in range(parent.layout().count())]
            shown = [i.geometry() for i in items if not i.isEmpty()]
            for above, below in pairwise(shown):
                assert above.bottom() < below.top()
    foot = panel.run if name != "Pre-process" else panel.apply_button
    assert foot.visibleRegion().boundingRect() == foot.rect()


def test_docks_below_the_canvas_are_tabs(
    viewer: Any, dock: Callable[[str], Any], qtbot: QtBot
) -> None:
    viewer.window._qt_window.show()
    batch, evaluate = dock("Batch"), dock("Evaluate labels")
    frames = [each.parent() for each in (batch, evaluate)]
    window = viewer.window._qt_window

    def tabbed() -> bool:
        return frames[0] in window.tabifiedDockWidgets(frames[1])

    qtbot.waitUntil(tabbed, timeout=5000)
    assert all(
        window.dockWidgetArea(frame) == Qt.DockWidgetArea.BottomDockWidgetArea
        for frame in frames
    )
