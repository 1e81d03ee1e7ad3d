"""From a trained Keras network to a model folder; runs in the child process."""

from __future__ import annotations

import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from napari_mobile_unet.unet import network
from napari_mobile_unet.unet.model import (
    NETWORK,
    TILE,
    WEIGHTS,
    Card,
    Training,
    sha256,
    write_card,
)

if TYPE_CHECKING:
    from napari_mobile_unet.unet.job import TrainingJob
    from napari_mobile_unet.unet.model import Architecture, Decoding

TOLERANCE = 1e-3
"""Largest difference between the maps of Keras and of LiteRT."""


def to_litert(
    model: keras.Model, architecture: Architecture, tile: int = TILE
) -> bytes:
    """Return the network as a LiteRT file with one static tile and maps 0 to 1.

    Raises
    ------
    ValueError
        If the converted network does not give what Keras gives. One route of
        the converter is known to return NaN without a word, so this is checked
        each time.
    """
    static = network.build(architecture, tile)
    static.set_weights(model.get_weights())
    whole = keras.Model(static.input, keras.layers.Activation("sigmoid")(static.output))
    content: bytes = tf.lite.TFLiteConverter.from_keras_model(whole).convert()
    rng = np.random.default_rng(0)
    shape = (1, tile, tile, architecture.channels)
    image = rng.normal(0.5, 0.5, shape).astype(np.float32)
    difference = np.abs(run_litert(content, image) - np.asarray(whole(image)))
    if not difference.max() < TOLERANCE:  # also true for NaN
        raise ValueError(
            f"the exported network must agree with Keras to {TOLERANCE}; it differs "
            f"by {difference.max()}; report this with your versions of tensorflow "
            "and ai-edge-litert"
        )
    return content


def run_litert(content: bytes, image: Any) -> Any:
    """Return the output of a LiteRT network for one input."""
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def save_model(
    model: keras.Model, job: TrainingJob, decoding: Decoding, **training: Any
) -> None:
    """Write the model folder of a job, whole or not at all.

    Parameters
    ----------
    model : keras.Model
        The trained network.
    job : TrainingJob
        What it was trained by; its ``output`` names the folder.
    decoding : Decoding
        Where its maps are to be cut.
    **training
        Further fields of ``Training``.
    """
    job.output.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(
        tempfile.mkdtemp(prefix=f".{job.output.name}.", dir=job.output.parent)
    )
    try:
        model.save_weights(beside / WEIGHTS)
        (beside / NETWORK).write_bytes(to_litert(model, job.architecture))
        card = Card(
            name=job.name or job.output.name,
            description=job.description,
            licence=job.licence,
            architecture=job.architecture,
            normalisation=job.normalisation,
            diameter_range=job.augmentation.diameter,
            diameter=float(np.sqrt(np.prod(job.augmentation.diameter)).round(1)),
            decoding=decoding,
            training=Training(
                data=job.data,
                start=job.start,
                seed=job.seed,
                versions={
                    package: version(package)
                    for package in ("napari-mobile-unet", "keras", "numpy")
                }
                | {"tensorflow": tf.__version__},
                **training,
            ),
            files={name: sha256(beside / name) for name in (WEIGHTS, NETWORK)},
        )
        write_card(beside, card)
        if job.output.exists():
            job.output.rmdir()  # empty, as was checked before the training
        beside.chmod(0o755)
        beside.rename(job.output)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
