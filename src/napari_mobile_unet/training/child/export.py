"""From a trained Keras network to a model folder; runs in the child process."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from napari_mobile_unet.io.atomic import atomic_path
from napari_mobile_unet.training.child.learning import iter_batches
from napari_mobile_unet.training.crops import CropSampler
from napari_mobile_unet.training.rehearsal import pick_views, write_views
from napari_mobile_unet.training.validation import tune
from napari_mobile_unet.unet.card import FORMAT, OF_OBJECTS, Card, write_card
from napari_mobile_unet.unet.model import (
    NETWORK,
    QUANTISED,
    REHEARSAL,
    TILE,
    WEIGHTS,
    Model,
    sha256,
)
from napari_mobile_unet.unet.segment import UNet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import keras

    from napari_mobile_unet.training.examples import Example
    from napari_mobile_unet.training.job import TrainingJob
    from napari_mobile_unet.training.validation import Tuned
    from napari_mobile_unet.types import Floats
    from napari_mobile_unet.unet.card import Architecture, TrainingRecord
    from napari_mobile_unet.unet.model import Precision

GREY, COLOUR = "one grey channel", "RGB, or one grey channel in its place"
"""What a network for grey, and one for colour, expects, in words."""
BOTH = "; bright or dark objects"
"""What one that finds objects expects besides."""
TOLERANCE = 1e-3
"""Largest difference between the maps of Keras and of LiteRT."""
MEAN_TOLERANCE = 0.03
"""Largest mean difference of a network of 8-bit integers."""


def to_litert(
    model: keras.Model,
    architecture: Architecture,
    tile: int = TILE,
    samples: Sequence[Floats] = (),
) -> bytes:
    """Return the network as a LiteRT file with one static tile and maps 0 to 1.

    Parameters
    ----------
    model : keras.Model
        Of ``network.build``.
    architecture : Architecture
        Its own.
    tile : int
        Height and width in pixels.
    samples : sequence of ndarray
        (tile, tile, channels), normalised. With them weights and activations become
        integers of 8 bits, whose ranges are found on the samples.

    Raises
    ------
    ValueError
        If the output of the converted network differs from that of Keras. One route
        of the converter is known to return NaN silently, so this is always checked.
    """
    shape = (tile, tile, architecture.channels)
    to_maps = tf.nn.softmax if architecture.classes else tf.sigmoid
    maps_of = _with_constants(model, shape, to_maps)
    traced = maps_of.get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([traced])
    rng = np.random.default_rng(0)
    image = rng.normal(0.5, 0.5, shape).astype(np.float32)
    if len(samples):
        image = samples[0]
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([s[None]] for s in samples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    content: bytes = converter.convert()
    found = run_litert(content, image[None])
    difference = np.abs(found - np.asarray(maps_of(tf.constant(image[None]))))
    # With integers, single pixels may differ where the network is in doubt.
    error = difference.mean() if len(samples) else difference.max()
    tolerance = MEAN_TOLERANCE if len(samples) else TOLERANCE
    if not error < tolerance:  # also true for NaN
        raise ValueError(
            f"the exported network must agree with Keras to {tolerance}; it differs "
            f"by {error}; report this with your versions of tensorflow "
            "and ai-edge-litert"
        )
    return content


def _with_constants(
    model: keras.Model, shape: tuple[int, int, int], to_maps: Callable[[Any], Any]
) -> Any:
    """Return a network as a function of one image, with its weights as constants.

    From variables the converter would write and read a whole SavedModel, which takes
    five times as long as all the rest.
    """
    learnt, others = (
        [tf.constant(np.asarray(v)) for v in variables]
        for variables in (model.trainable_variables, model.non_trainable_variables)
    )

    def maps_of(image: Any) -> Any:
        logits, _ = model.stateless_call(learnt, others, image, training=False)
        return to_maps(logits)

    signature = [tf.TensorSpec((1, *shape), tf.float32, "image")]
    return tf.function(maps_of, input_signature=signature, autograph=False)


def run_litert(content: bytes, image: Any) -> Any:
    """Return the output of a LiteRT network for one input."""
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def keep_unfinished(
    model: keras.Model, job: TrainingJob, record: TrainingRecord
) -> None:
    """Replace the unfinished model that was kept before.

    Parameters
    ----------
    model, job, record
        As for ``save_model``.
    """
    with atomic_path(job.unfinished) as fresh:
        named = job.replace(output=fresh, name=job.name or job.output.name)
        save_model(model, named, record)


def save_model(
    model: keras.Model,
    job: TrainingJob,
    record: TrainingRecord,
    *,
    examples: Sequence[Example] = (),
    samples: Sequence[Floats] = (),
    tuned: Tuned | None = None,
    rehearsal: Path | None = None,
) -> Tuned:
    """Tune the network, write the model folder of a job atomically, return the tuning.

    Parameters
    ----------
    model : keras.Model
        The trained network.
    job : TrainingJob
        What it was trained by; its ``output`` names the folder.
    record : TrainingRecord
        What the card is to say of the training; versions and AP are added to it.
    examples : sequence of Example
        What the decoding and the confidence of its objects are tuned on, with the
        network as it is exported: that of integers differs a little.
    samples : sequence of ndarray
        As for ``to_litert``; with them it also has a network of 8-bit integers.
    tuned : Tuned, optional
        What is known of the network already; it is then not tuned.
    rehearsal : Path, optional
        Views that go with the model; by default as many as the job says are picked.
    """
    job.output.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(job.output) as beside:
        beside.mkdir()
        model.save_weights(beside / WEIGHTS)
        (beside / NETWORK).write_bytes(to_litert(model, job.architecture))
        if len(samples):
            content = to_litert(model, job.architecture, samples=samples)
            (beside / QUANTISED).write_bytes(content)
        if rehearsal is not None:
            shutil.copyfile(rehearsal, beside / REHEARSAL)
        elif job.views:
            write_views(beside / REHEARSAL, pick_views(job, job.views))
        # What readers of the layout before would misread.
        new = job.architecture.classes or job.channel_names
        card = Card(
            name=job.name or job.output.name,
            description=job.description,
            licence=job.licence,
            architecture=job.architecture,
            normalisation=job.normalisation,
            diameter_range=job.augmentation.diameter,
            diameter=job.augmentation.known_diameter,
            format=FORMAT if new else OF_OBJECTS,
            channel_names=job.channel_names,
            inputs=inputs_of(job),
            files={path.name: sha256(path) for path in sorted(beside.iterdir())},
        )
        write_card(beside, card)
        exported = Model(beside)
        if tuned is None:
            tuned = tune([predict_example(e, exported) for e in examples], examples)
        packages = ("napari-mobile-unet", "keras", "numpy")
        versions = {package: version(package) for package in packages}
        tuned_card = card.replace(
            decoding=tuned.decoding,
            calibration=tuned.calibration,
            training=record.replace(
                versions=versions | {"tensorflow": tf.__version__},
                validation_ap=tuned.ap,
            ),
        )
        write_card(beside, tuned_card)
        if job.output.exists() and not job.overwrite:
            job.output.rmdir()  # empty, as was checked before the training
    return tuned


def inputs_of(job: TrainingJob) -> str:
    """Return what the network of a job expects, in words."""
    if names := job.channel_names:
        return f"{len(names)} channels side by side: {', '.join(names)}"
    seen = COLOUR if job.architecture.channels == 3 else GREY
    return seen + ("" if job.architecture.classes else BOTH)


def calibration_tiles(
    examples: Sequence[Example], job: TrainingJob, count: int
) -> list[Floats]:
    """Return tiles on which the ranges of a network of integers are found.

    They are cut out as in a segmentation: ranges for what never occurs in one would
    be coarse.
    """
    augmentation = job.augmentation.replace(plain=1)
    sampler = CropSampler(examples, TILE, augmentation, job.architecture.channels)
    batches = iter_batches(sampler, 4, job.seed)
    return [image for _ in range(count // 4) for image in next(batches)[0]]


def predict_example(
    example: Example, model: Model, precision: Precision = "auto"
) -> Floats:
    """Return a model's maps (Y, X, maps) of an example, whose diameter is known."""
    several = model.card.architecture.channels > 1
    image = example.image if several else example.grey
    unet = UNet(diameter=example.diameter_or(0), precision=precision)
    return unet.maps_of_normalised(image, model)
