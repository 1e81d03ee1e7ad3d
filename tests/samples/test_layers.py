"""What napari's Open Sample shows lies where the sample lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage

from napari_mobile_unet.samples import layers
from napari_mobile_unet.samples.files import SAMPLES


@pytest.mark.parametrize("name", SAMPLES)
def test_layers_carry_place_and_units(name, places):
    (image, shown, kind), (labels, truth, truth_kind) = getattr(
        layers, f"load_{name}"
    )()
    assert (kind, truth_kind) == ("image", "labels")
    assert isinstance(image, np.ndarray)
    assert image.shape == labels.shape
    axes, scale, units = places[name]
    for kwargs in (shown, truth):
        assert kwargs["axis_labels"] == tuple(axes.lower())
        assert (kwargs["scale"], kwargs["units"]) == (scale, units)
    assert shown["name"] == name
    assert not truth["visible"]


def test_lineage_comes_as_features():
    (_, _, _), (labels, truth, _) = layers.load_nuclei_timelapse()
    assert truth["features"].columns.tolist() == ["index", "begin", "end", "parent"]
    assert truth["features"]["index"].max() == labels.max()


def test_scikit_image_samples_need_no_download():
    ((coins, kwargs, kind),) = layers.load_coins()
    assert (coins.shape, coins.dtype, kind) == ((303, 384), np.uint8, "image")
    ((tissue, kwargs, kind),) = layers.load_tissue()
    assert (tissue.shape, tissue.dtype, kind) == ((256, 256, 3), np.uint8, "image")
    assert kwargs["rgb"]
    wheel = Path(skimage.__file__).parent / "data"
    assert {"coins.png"} <= {path.name for path in wheel.iterdir()}
