"""From the weights of a model to a TensorFlow SavedModel; runs in the child process.

Started as ``python -m napari_mobile_unet.training.child.saved_model MODEL OUTPUT``. The
folder OUTPUT gets ``saved_model/``, an image and its maps, and TensorFlow's version.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from napari_mobile_unet.training.child import network
from napari_mobile_unet.unet.model import WEIGHTS, Model

if TYPE_CHECKING:
    from napari_mobile_unet.types import Floats
    from napari_mobile_unet.unet.normalise import Normalisation

SIZE = 256
"""Height and width in pixels of the image that the model is tried on."""


def save(model: Model, output: Path) -> None:
    """Write a network that takes normalised images and gives maps from 0 to 1.

    Raises
    ------
    FileNotFoundError, ValueError
        If the model has no weights, or they are those of another network.
    """
    if WEIGHTS not in model.card.files:
        raise FileNotFoundError(
            f"a model is exported from its weights; {model.card.name!r} has none; "
            "export it as a zip of this program"
        )
    architecture = model.card.architecture
    trained = network.build(architecture)
    network.load_weights(trained, model.weights)
    to_maps = keras.layers.Activation("softmax" if architecture.classes else "sigmoid")
    whole = keras.Model(trained.input, to_maps(trained.output))
    shape = (None, None, None, architecture.channels)

    def maps_of(image: Any) -> dict[str, Any]:
        return {"maps": whole(image, training=False)}

    signature = [tf.TensorSpec(shape, tf.float32, "image")]
    serve = tf.function(maps_of, input_signature=signature)
    module = tf.Module()
    module.network, module.serve = whole, serve
    signatures = {"serving_default": serve}
    tf.saved_model.save(module, str(output / "saved_model"), signatures=signatures)
    image = discs(architecture.channels)
    np.save(output / "image.npy", image)
    found = serve(tf.constant(normalised(image, model.card.normalisation)))["maps"]
    np.save(output / "maps.npy", np.asarray(found, np.float32))
    (output / "tensorflow.txt").write_text(tf.__version__)


def discs(channels: int) -> Floats:
    """Return an image (1, SIZE, SIZE, channels) of bright discs, grey values to 255."""
    rng = np.random.default_rng(0)
    y, x = np.indices((SIZE, SIZE))
    plane = np.full((SIZE, SIZE), 20.0)
    for row, column in rng.uniform(16, SIZE - 16, (40, 2)):
        plane[np.hypot(y - row, x - column) < 10] = rng.uniform(120, 220)
    plane += rng.normal(0, 5, plane.shape)
    grey = np.asarray(plane.clip(0, 255), np.float32)
    return np.repeat(grey[None, ..., None], channels, axis=-1)


def normalised(image: Floats, normalisation: Normalisation) -> Floats:
    """Return an image as the format's own steps scale it: by all channels at once."""
    low, high = np.percentile(image, (normalisation.low, normalisation.high))
    scaled = (image - low) / (high - low + 1e-6)
    return np.asarray(scaled.clip(*normalisation.clip), np.float32)


if __name__ == "__main__":
    try:
        save(Model(Path(sys.argv[1])), Path(sys.argv[2]))
    except (ValueError, OSError) as error:
        sys.exit(" ".join(str(error).split()))
