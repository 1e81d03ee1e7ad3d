from __future__ import annotations

import numpy as np
import pytest

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
