"""The settings of a training, and the checks before it starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from napari_mobile_unet.io.atomic import check_folder
from napari_mobile_unet.objects.classes import in_words
from napari_mobile_unet.settings import Params
from napari_mobile_unet.training.augment import Augmentation
from napari_mobile_unet.training.pairs import find_pairs
from napari_mobile_unet.unet.card import (
    CARD,
    Architecture,
    check_channels,
    read_card,
)
from napari_mobile_unet.unet.normalise import Normalisation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_mobile_unet.unet.model import Model


class TrainingJob(Params):
    """Everything that decides the outcome of a training."""

    images: str
    """Folder of training images; a pattern with * may name several."""
    labels: str
    """Folder of label images, ``cell_labels`` or ``cell`` for the image ``cell``; or a
    pattern."""
    output: Path
    """Folder of the new model."""
    overwrite: bool = False
    """Whether a model in that folder is replaced, once the new one is complete."""
    name: str = ""
    """Name of the new model; by default that of its folder."""
    description: str = ""
    """What it finds, in one sentence."""
    data: str = ""
    """Name, origin and licence of the images."""
    licence: str = ""
    """Licence of the weights."""
    start_weights: Path | None = None
    """Weights to start from; by default random ones."""
    start_architecture: Architecture | None = None
    """The network that the weights to start from belong to."""
    start: str = ""
    """Name and checksum of the model that the weights to start from belong to."""
    teacher: Path | None = None
    """Folder of a model whose maps the network learns besides the labels: a small
    network learns more from a good large one than from labels alone."""
    folds: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """File stems that are not trained on: 'validation' tunes, 'test' is never read."""
    validation_share: Annotated[float, Field(ge=0, lt=1)] = 0.15
    """Share of the images set apart for validation where no folds are given."""
    minutes: Annotated[float, Field(gt=0)] | None = None
    """How long to train."""
    epochs: Annotated[int, Field(ge=0)] | None = None
    """How many epochs to train; 0 only tunes, calibrates and exports the network."""
    steps: Annotated[int, Field(gt=0)] = 100
    """Batches in an epoch."""
    batch: Annotated[int, Field(gt=0)] = 16
    """Crops in a batch."""
    crop: Annotated[int, Field(gt=0, multiple_of=32)] = 192
    """Height and width of a crop in pixels."""
    learning_rate: Annotated[float, Field(gt=0)] = 3e-3
    """Highest learning rate."""
    validate_every: Annotated[int, Field(gt=0)] = 5
    """Epochs between two measurements on the validation images."""
    keep_every: Annotated[float, Field(gt=0)] = 10
    """Minutes between two copies of the unfinished model."""
    quantise: bool = False
    """Whether the model also gets a network of 8-bit integers."""
    views: Annotated[int, Field(ge=0)] = 0
    """Views of the images that go with the model, so that it can rehearse them when it
    is taught; whoever gets the model can look at them."""
    seed: int = 0
    """Seed of every random choice."""
    architecture: Architecture = Architecture()
    """The network."""
    channel_names: tuple[str, ...] = ()
    """Of a network that sees several channels side by side; see `Card`."""
    normalisation: Normalisation = Normalisation()
    """From grey values to the network's input."""
    augmentation: Augmentation = Augmentation()
    """How much a crop may differ from its image."""

    @property
    def unfinished(self) -> Path:
        """Folder of the unfinished model; removed when the training ends."""
        return self.output.with_name(f"{self.output.name}-unfinished")

    @model_validator(mode="after")
    def _fits_together(self) -> TrainingJob:
        if (self.minutes is None) == (self.epochs is None):
            raise ValueError(
                "the length of a training is either minutes or epochs; received "
                f"minutes={self.minutes} and epochs={self.epochs}; give one of them"
            )
        check_channels(self.architecture.channels, self.channel_names)
        return self


def check_job(job: TrainingJob) -> None:
    """Refuse a job that cannot work, before TensorFlow has been loaded for it.

    Raises
    ------
    ValueError, OSError
        If the network tells classes, there are no pairs of images and labels, the
        output folder is not empty and not a model to replace, cannot be written, or
        lies beside the unfinished model of another training, or if the teacher sees or
        gives something else.
    """
    output, unfinished = job.output, job.unfinished.resolve()
    if classes := job.architecture.classes:
        raise ValueError(
            f"a full training is for objects; received a network of {in_words(classes)}"
            "; teach it: --seconds and --classes"
        )
    check_place(output, job.overwrite)
    start = job.start_weights
    if unfinished.exists() and not (start and unfinished in start.resolve().parents):
        raise ValueError(
            f"a training of {output} was interrupted and left its unfinished model in "
            f"{job.unfinished}; continue from it with --from, move it or delete it"
        )
    if job.teacher is not None:
        _check_teacher(job, job.teacher)
    find_pairs(job.images, job.labels)
    check_folder(output.parent)


def _check_teacher(job: TrainingJob, teacher: Path) -> None:
    card = read_card(teacher)
    own, given = (
        f"{network.channels} channels, the maps {', '.join(network.maps)} and {range_}"
        for network, range_ in (
            (job.architecture, job.normalisation),
            (card.architecture, card.normalisation),
        )
    )
    if own != given:
        raise ValueError(
            f"a teacher must have the new network's channels, maps and normalisation; "
            f"{card.name!r} has {given}, the new network {own}; start from the teacher "
            "with --from, or choose another one"
        )


def check_place(output: Path, overwrite: bool) -> None:
    """Refuse a folder for a new model where something is that must stay.

    Raises
    ------
    FileExistsError
        If there is something, and nothing may be replaced.
    ValueError
        If what is there is no model.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        if not overwrite:
            raise FileExistsError(f"Output already exists: {output}; use --overwrite")
        if not (output / CARD).is_file():
            raise ValueError(
                f"only a model is replaced by a new one; {output} has no {CARD}; "
                "name another folder"
            )


def start_from(
    model: Model, changes: Mapping[str, object] | None = None
) -> dict[str, Any]:
    """Return the fields of a job that continues from a model.

    Parameters
    ----------
    model : Model
        Where the training starts.
    changes : mapping, optional
        Fields of the new model's `Architecture` that are to differ: 3 channels make a
        network for colour out of one for grey.

    Raises
    ------
    ValueError
        If there is no such network.
    """
    architecture = model.card.architecture
    changed = {**architecture.model_dump(), **(changes or {})}
    return {
        "start": f"{model.card.name} {model.checksum}",
        "start_weights": model.weights,
        "start_architecture": architecture,
        "architecture": Architecture.model_validate(changed),
        "channel_names": model.card.channel_names,
        "normalisation": model.card.normalisation,
    }
