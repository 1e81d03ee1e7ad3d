from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_mobile_unet.widgets.shared.layer_box import LayerBox

pytestmark = pytest.mark.gui


def test_the_box_follows_the_layer_list(viewer: Any) -> None:
    box = LayerBox(viewer, viewer.window._qt_window)
    assert box.layer is None
    first = viewer.add_image(np.zeros((8, 8)), name="first")
    viewer.add_labels(np.zeros((8, 8), int))
    second = viewer.add_image(np.zeros((8, 8)), name="second")
    assert box.count() == 2
    viewer.layers.selection.active = first
    assert box.layer is first
    first.name = "renamed"
    assert box.currentText() == "renamed"
    viewer.layers.remove(first)
    assert box.layer is second
    box.disconnect_viewer()
