from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from napari.layers import Tracks

from napari_mobile_unet.widgets.layers.convert import stack_of
from napari_mobile_unet.widgets.layers.placement import Placement
from napari_mobile_unet.widgets.shared.tracks import TracksBeside

pytestmark = pytest.mark.gui


def test_tracks_lie_over_labels_that_are_turned(viewer: Any) -> None:
    image = viewer.add_image(
        np.zeros((3, 20, 20)),
        scale=(1, 0.5, 0.5),
        rotate=30,
        affine=np.diag([1, 2, 2, 1]),
        axis_labels=("t", "y", "x"),
    )
    whole = stack_of(image)
    place = Placement.of_result(image, whole)
    labels = viewer.add_labels(np.zeros(place.shape, int), **place.keywords())
    objects = pd.DataFrame(
        {
            "label": 1,
            "t": [0, 1, 2],
            "centroid_y": [5.0, 6, 7],
            "centroid_x": 5.0,
            "parent": 0,
        }
    )
    TracksBeside(viewer).show(labels, whole, objects)
    (tracks,) = (layer for layer in viewer.layers if isinstance(layer, Tracks))
    point = (1, 6, 5)
    assert np.allclose(tracks.data_to_world(point), image.data_to_world(point))
