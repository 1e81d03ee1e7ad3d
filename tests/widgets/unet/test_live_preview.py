from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.runs.segment import segment
from napari_mobile_unet.samples import sample_path
from napari_mobile_unet.widgets.layers.convert import PREVIEW
from napari_mobile_unet.widgets.shared.pages import open_page
from napari_mobile_unet.widgets.unet import live_preview

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui
NUCLEI = np.asarray(read_stack(sample_path("nuclei_timelapse.tif")).data)[:3]
PATIENCE = 60_000


@pytest.fixture
def nuclei(viewer: Any) -> Any:
    """Return three planes over time."""
    layer = viewer.add_image(NUCLEI, axis_labels=("t", "y", "x"), scale=(2, 0.5, 0.5))
    viewer.dims.set_current_step(0, 0)
    return layer


@pytest.fixture
def waits(qtbot: QtBot) -> Callable[[Callable[[], bool]], None]:
    def wait(reached: Callable[[], bool]) -> None:
        qtbot.waitUntil(reached, timeout=PATIENCE)

    return wait


@pytest.fixture
def seen(unet: Any, waits: Callable[..., None]) -> Callable[[], np.ndarray]:
    """Return a function that waits for objects in the preview and returns them."""

    def see() -> np.ndarray:
        layer = unet.preview.layer
        waits(lambda: unet.preview.layer is not None and unet.preview.layer.data.any())
        layer = unet.preview.layer
        return np.asarray(layer.data).copy()

    return see


def test_a_small_plane_is_looked_at_by_itself(
    unet: Any, nuclei: Any, viewer: Any, seen: Callable[[], np.ndarray]
) -> None:
    found = seen()
    layer = unet.preview.layer
    assert np.array_equal(found > 0, segment(NUCLEI, axes="TYX")[0] > 0)
    assert PREVIEW in layer.metadata
    assert not layer.editable
    assert viewer.layers.selection.active is nuclei
    assert np.allclose(layer.scale, 0.5)
    count = len(np.unique(found)) - 1
    assert unet.preview.status.text().startswith(f"{count} objects, ")
    assert "px across" in unet.preview.status.text()


def test_the_plane_and_the_settings_are_followed(
    unet: Any, nuclei: Any, viewer: Any, seen: Callable[[], np.ndarray],
    waits: Callable[..., None],
) -> None:  # fmt: skip
    first = seen()
    layer = unet.preview.layer
    unet.settings.fields["min_confidence"].value = 0.97
    waits(lambda: (layer.data > 0).sum() < (first > 0).sum())
    kept = layer.data > 0
    assert np.array_equal(layer.data[kept], first[kept])  # in the colours of before
    unet.settings.fields["min_confidence"].value = 0.35
    waits(lambda: np.array_equal(layer.data, first))
    viewer.dims.set_current_step(0, 2)
    assert not layer.data.any()  # nothing of another plane, until it is found
    wanted = segment(NUCLEI, axes="TYX")[2] > 0
    waits(lambda: np.array_equal(layer.data > 0, wanted))
    unet.objects.fields["min_size"].value = 10_000
    waits(lambda: "No objects found" in unet.preview.status.text())
    assert not layer.data.any()


def test_it_goes_when_a_run_begins_and_stays_away(
    unet: Any, nuclei: Any, viewer: Any, seen: Callable[[], np.ndarray],
    finish: Callable[[], None], qtbot: QtBot,
) -> None:  # fmt: skip
    seen()
    layer = unet.preview.layer
    unet.run.button.click()
    assert layer not in viewer.layers
    assert not unet.preview.tick.isChecked()
    finish()
    unet.settings.fields["min_confidence"].value = 0.5
    viewer.dims.set_current_step(0, 1)
    viewer.add_image(np.zeros((2, 4, 5)))  # another one, and back again
    unet.source.box.layer = nuclei
    qtbot.wait(400)
    assert unet.preview.layer is None
    unet.preview.tick.click()
    assert len(np.unique(seen())) > 3


def test_taking_the_layer_away_takes_the_tick_away(
    unet: Any, nuclei: Any, viewer: Any, seen: Callable[[], np.ndarray], qtbot: QtBot
) -> None:
    seen()
    viewer.layers.remove(unet.preview.layer)
    assert not unet.preview.tick.isChecked()
    unet.settings.fields["min_confidence"].value = 0.5
    qtbot.wait(300)
    assert list(viewer.layers) == [nuclei]
    unet.preview.tick.click()
    seen()
    unet.preview.tick.click()
    qtbot.waitUntil(lambda: list(viewer.layers) == [nuclei])
    assert unet.preview.status.isHidden()


def test_all_layers_are_taken_away_and_another_image_comes(
    unet: Any, nuclei: Any, viewer: Any, seen: Callable[[], np.ndarray]
) -> None:
    seen()
    viewer.layers.clear()
    viewer.add_image(NUCLEI[1])
    assert unet.preview.tick.isChecked()
    assert len(np.unique(seen())) > 3


def test_it_is_there_while_its_page_is_seen(
    viewer: Any, nuclei: Any, qtbot: QtBot
) -> None:
    viewer.window._qt_window.show()
    page = open_page(viewer, "Segment")
    qtbot.waitUntil(lambda: page.preview.layer is not None, timeout=PATIENCE)
    open_page(viewer, "Prepare")
    qtbot.waitUntil(lambda: list(viewer.layers) == [nuclei])
    open_page(viewer, "Segment")
    qtbot.waitUntil(lambda: page.preview.layer is not None, timeout=PATIENCE)


def test_it_lies_right_over_its_image(
    unet: Any, nuclei: Any, viewer: Any, seen: Callable[[], np.ndarray]
) -> None:
    viewer.add_points(np.zeros((1, 3)))
    seen()
    at = viewer.layers.index(nuclei)
    assert viewer.layers[at + 1] is unet.preview.layer


def test_of_a_large_plane_the_middle_of_the_view_is_looked_at(
    unet: Any, viewer: Any, seen: Callable[[], np.ndarray],
    monkeypatch: pytest.MonkeyPatch, waits: Callable[..., None],
) -> None:  # fmt: skip
    monkeypatch.setattr(live_preview, "LARGEST", 128)
    monkeypatch.setattr(live_preview, "AUTOMATIC", 128**2)
    wide = np.tile(NUCLEI[0], (1, 3))
    image = viewer.add_image(wide, scale=(0.5, 0.5), translate=(3, 4))
    assert not unet.preview.tick.isChecked()
    viewer.scene.camera.center = image.data_to_world((60, 200))
    unet.preview.tick.click()
    seen()
    layer = unet.preview.layer
    assert layer.data.shape == (128, 128)
    start = layer.translate - image.translate
    assert np.allclose(start, np.array([0, 128]) * 0.5)
    viewer.scene.camera.center = image.data_to_world((60, 400))
    waits(
        lambda: (
            unet.preview.layer is not None
            and np.allclose(unet.preview.layer.translate[1], 4 + 0.5 * 352, atol=17)
        )
    )
    middle = np.mean(
        [unet.preview.layer.data_to_world(at) for at in ((0, 0), (127, 127))], axis=0
    )
    assert np.allclose(middle[1], viewer.scene.camera.center[-1], atol=16)


def test_what_cannot_be_looked_at_is_said_in_place(
    unet: Any, viewer: Any, qtbot: QtBot
) -> None:
    viewer.add_image(np.full((1, 1), np.nan))
    said = unet.preview.status
    qtbot.waitUntil(lambda: "No objects found" in said.text(), timeout=PATIENCE)
    viewer.layers.clear()
    qtbot.waitUntil(lambda: said.isHidden())
    assert unet.preview.layer is None
