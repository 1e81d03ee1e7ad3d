from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari._qt.dialogs.preferences_dialog import PreferencesDialog
from napari.settings import get_plugin_settings

from napari_mobile_unet.parallel.cores import limit_cores, process_cores
from napari_mobile_unet.unet.model import list_models
from napari_mobile_unet.widgets.layers.convert import stack_of
from napari_mobile_unet.widgets.layers.placement import Placement
from napari_mobile_unet.widgets.layers.storage import empty_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.gui


@pytest.fixture
def preferences(viewer: Any) -> Iterator[Any]:
    """Return what napari's preferences dialog edits, and put it back."""
    settings = get_plugin_settings("napari-mobile-unet")
    yield settings
    settings.reset()
    limit_cores(0)


def test_napari_shows_them_and_the_pages_follow(
    preferences: Any, viewer: Any, dock: Callable[[str], Any], tmp_path: Path
) -> None:
    dialog = PreferencesDialog(parent=viewer.window._qt_window)
    titles = [dialog._list.item(n).text() for n in range(dialog._list.count())]
    assert "Mobile U-Net" in titles
    dialog.close()

    (tmp_path / "mine").symlink_to(list_models()["nuclei"])
    preferences.models.folder, preferences.models.first = str(tmp_path), "mine"
    preferences.computing.threads = 1
    page = dock("Mobile U-Net")
    assert page.model.currentText() == "mine"
    assert page.recipe.segment.model == str(tmp_path / "mine")
    assert process_cores() == 1
    preferences.computing.threads = 0
    assert process_cores() >= 1


def test_labels_that_take_more_than_their_share_of_memory_go_to_a_file(
    preferences: Any, viewer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = viewer.add_image(np.zeros((100, 100), np.uint8))
    place = Placement.of_layer(image, stack_of(image))
    free = type("Free", (), {"available": 100_000})
    storage = "napari_mobile_unet.widgets.layers.storage"
    monkeypatch.setattr(f"{storage}.psutil.virtual_memory", lambda: free)
    assert empty_labels(place)[1] == ""
    preferences.computing.memory_share = 0.3
    assert "too much for memory" in empty_labels(place)[1]
