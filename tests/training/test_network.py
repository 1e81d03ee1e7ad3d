from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.model


@pytest.mark.parametrize("training", [True, False])
def test_batch_normalization_does_what_that_of_keras_does(training: bool) -> None:
    import keras

    from napari_mobile_unet.training.child.network import BatchNormalization

    rng = np.random.default_rng(0)
    maps = rng.normal(3, 2, (4, 16, 16, 8)).astype(np.float32)
    own, theirs = (
        BatchNormalization(momentum=0.9),
        keras.layers.BatchNormalization(momentum=0.9),
    )
    for layer in (own, theirs):
        layer.build(maps.shape)
        layer.gamma.assign(np.linspace(0.5, 2, 8))
        layer.beta.assign(np.linspace(-1, 1, 8))
    found, expected = (
        np.asarray(each(maps, training=training)) for each in (own, theirs)
    )
    assert np.allclose(found, expected, atol=1e-5)
    assert np.allclose(own.moving_mean, theirs.moving_mean, atol=1e-5)
    # The variance of a sample of n counts by n - 1 here, by n in Keras.
    assert np.allclose(own.moving_variance, theirs.moving_variance, rtol=2 / 1024)


# Keras' own, as it writes weights.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_every_network_gives_maps_and_knows_its_weights_again(tmp_path: Path) -> None:
    import keras

    from napari_mobile_unet.training.child.network import NETWORKS, build, load_weights
    from napari_mobile_unet.unet.card import Architecture

    keras.utils.set_random_seed(0)
    image = np.random.default_rng(0).normal(size=(2, 64, 96, 1)).astype(np.float32)
    for kind in NETWORKS:
        small = Architecture(
            kind=kind, widths=(8,) * 5, depths=(1,) * 4, decoder=(8,) * 4
        )
        first, again = build(small), build(small)
        maps = np.asarray(first(image))
        assert maps.shape == (2, 64, 96, len(small.maps)), kind
        assert not np.allclose(maps, np.asarray(again(image))), kind
        weights = tmp_path / f"{kind}.weights.h5"
        first.save_weights(weights)
        load_weights(again, weights)
        assert np.allclose(maps, np.asarray(again(image)), atol=1e-6), kind
