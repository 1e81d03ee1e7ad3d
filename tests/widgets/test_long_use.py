"""Pages that are opened and closed again and again leave nothing behind."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication

from napari_mobile_unet.widgets.shared.pages import PAGES, open_page

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

pytestmark = pytest.mark.gui


@pytest.mark.parametrize("title", [*PAGES, "Batch", "Evaluate labels"])
def test_a_closed_page_is_gone(
    title: str,
    viewer: Any,
    dock: Callable[[str], Any],
    join_jobs: Callable[[], None],
    stack: np.ndarray,
) -> None:
    viewer.add_image(stack)
    viewer.add_labels((stack > 100).astype("uint8"))
    widgets, pages = [], []
    for _ in range(3):
        page = open_page(viewer, title) if title in PAGES else dock(title)
        QApplication.processEvents()
        viewer.window.remove_dock_widget(page)
        pages.append(weakref.ref(page))
        del page
        join_jobs()
        for _ in range(5):
            QApplication.processEvents()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()
        widgets.append(len(QApplication.allWidgets()))
    assert [page() for page in pages] == [None] * 3
    assert widgets[1] == widgets[2]
