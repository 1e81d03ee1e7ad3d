"""A sample opens so that its image is what the pages work on."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mobile_unet.samples.files import SAMPLES
from napari_mobile_unet.samples.layers import PLANES
from napari_mobile_unet.widgets.files.samples import open_nuclei_zstack

pytestmark = pytest.mark.gui


@pytest.mark.parametrize("name", SAMPLES)
def test_image_is_chosen_on_a_plane_that_shows_it(viewer, name, qtbot):
    viewer.open_sample("napari-mobile-unet", name)
    assert [layer.name for layer in viewer.layers] == [name, f"{name} truth"]
    image = viewer.layers[name]
    qtbot.waitUntil(lambda: viewer.layers.selection.active is image)
    assert viewer.layers.selection == {image}
    rows = viewer.window._qt_viewer.layers.selectionModel().selectedIndexes()
    assert len(rows) == 1  # so the list shows it, too
    assert viewer.dims.current_step[0] == PLANES[name]


def test_plane_of_other_images_stays(viewer, qtbot):
    viewer.add_image(np.zeros((12, 8, 9)), name="mine")
    viewer.dims.set_current_step(0, 2)
    viewer.open_sample("napari-mobile-unet", "nuclei_zstack")
    image = viewer.layers["nuclei_zstack"]
    qtbot.waitUntil(lambda: viewer.layers.selection.active is image)
    assert viewer.dims.point[0] == 2
    viewer.add_image(np.ones((12, 8, 9)), name="another")
    qtbot.wait(50)
    assert viewer.layers.selection.active.name == "another"


def test_without_a_window_the_layers_are_returned():
    (_, image, _), (_, truth, _) = open_nuclei_zstack()
    assert (image["name"], truth["visible"]) == ("nuclei_zstack", False)
