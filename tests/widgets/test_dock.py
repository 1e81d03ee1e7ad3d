from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

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
