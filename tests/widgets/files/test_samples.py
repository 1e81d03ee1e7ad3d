"""A sample opens so that its image is what the pages work on."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mobile_unet.samples.files import SAMPLES
from napari_mobile_unet.samples.layers import PLANES
from napari_mobile_unet.widgets.files.samples import open_nuclei_zstack

pytestmark = pytest.mark.gui


@pytest.mark.parametrize("name", SAMPLES)
def test_image_is_chosen_on_a_plane_that_shows_it(viewer, name):
    viewer.open_sample("napari-mobile-unet", name)
    assert [layer.name for layer in viewer.layers] == [name, f"{name} truth"]
    assert viewer.layers.selection.active is viewer.layers[name]
    assert viewer.layers.selection == {viewer.layers[name]}
    assert viewer.dims.current_step[0] == PLANES[name]


def test_plane_of_other_images_stays(viewer):
    viewer.add_image(np.zeros((12, 8, 9)), name="mine")
    viewer.dims.set_current_step(0, 2)
    viewer.open_sample("napari-mobile-unet", "nuclei_zstack")
    assert viewer.layers.selection.active is viewer.layers["nuclei_zstack"]
    assert viewer.dims.point[0] == 2
    viewer.add_image(np.ones((12, 8, 9)), name="another")
    assert viewer.layers.selection.active.name == "another"


def test_without_a_window_the_layers_are_returned():
    (_, image, _), (_, truth, _) = open_nuclei_zstack()
    assert (image["name"], truth["visible"]) == ("nuclei_zstack", False)
