"""Whoever rests the pointer on a control of any page reads what it is for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QLineEdit,
    QScrollBar,
    QWidget,
)

from napari_mobile_unet.widgets.correct.keys import KeyList
from napari_mobile_unet.widgets.shared.pages import PAGES, open_page

pytestmark = pytest.mark.gui
CONTROLS = (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QAbstractItemView,
)


def explained(control: QWidget, page: QWidget) -> bool:
    """Return whether a control, or one that it is a part of, has a tooltip."""
    here: Any = control
    while here is not None and here is not page:
        if here.toolTip():
            return True
        here = here.parent()
    return False


def test_every_control_of_every_page_has_a_tooltip(viewer: Any) -> None:
    viewer.add_image(np.zeros((3, 2, 32, 32)), axis_labels=("z", "c", "y", "x"))
    viewer.add_labels(np.zeros((3, 32, 32), int))
    bare = []
    for title in PAGES:
        page = open_page(viewer, title)
        for control in page.findChildren(CONTROLS):
            popup = isinstance(control.window(), QFrame)  # the list of a box
            if popup or isinstance(control, QScrollBar) or explained(control, page):
                continue
            text = control.text() if hasattr(control, "text") else ""
            bare.append(f"{title}: {type(control).__name__} {text!r}")
    assert not bare, "\n".join(bare)


def test_keys_are_listed_as_they_are_bound(viewer: Any, qtbot: Any) -> None:
    layer = viewer.add_labels(np.ones((8, 8), int))
    page: Any = open_page(viewer, "Correct")
    qtbot.waitUntil(lambda: page.bench.desk is not None, timeout=10_000)
    (listed,) = page.findChildren(KeyList)
    bound = {str(key).replace("Control", "Ctrl") for key in layer.keymap}
    for key in page.bench.keys:
        name = key.key.replace("Control", "Ctrl").replace("-", "+")
        assert f"<b>{name}</b>" in listed.text()
        assert name in bound
    assert len(bound) == len(page.bench.keys)
