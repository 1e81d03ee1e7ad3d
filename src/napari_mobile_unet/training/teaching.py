"""Teaching: a model learns from a few planes that a person made right, in a minute."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from napari_mobile_unet.objects.classes import in_words
from napari_mobile_unet.training.augment import Augmentation
from napari_mobile_unet.training.job import TrainingJob, start_from
from napari_mobile_unet.unet.card import BACKGROUND, Architecture, Decoding
from napari_mobile_unet.unet.confidence import Calibration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_mobile_unet.training.lessons import Lesson
    from napari_mobile_unet.unet.model import Model

SECONDS = 60.0
"""How long a model is taught unless told otherwise."""

VARIED = {
    "plain": 0.5,
    "native": 1.0,
    "as_segmented": True,
    "gamma": 0.3,
    "invert": 0.0,
    "blur": 1.0,
    "noise": 0.05,
    "overlap": 0.0,
    "uneven": 0.1,
}
"""How much a crop of a lesson may differ from its image: less than in a training, since
the model is to know these images, and there is no time to learn others."""


NEW = {
    "augmentation": Augmentation(**VARIED),
    "frozen_statistics": False,
    "learning_rate": 3e-3,
}
"""How a network learns that knows nothing yet of what it is to find."""


class TeachingJob(TrainingJob):
    """Everything that decides what a model learns from lessons."""

    images: str = ""
    """Not used: lessons hold their images."""
    labels: str = ""
    """Not used."""
    lessons: Path
    """Folder of the lessons, as `write_lessons` fills it."""
    rehearsal: Path | None = None
    """Views of what the model was trained on, which go with it."""
    rehearsed: Annotated[float, Field(ge=0, lt=1)] = 0.25
    """Share of the crops that come from these views."""
    quantise: bool = True
    """Whether the model also gets a network of 8-bit integers, if that is as good."""
    frozen_statistics: bool = True
    """Whether the means and variances of batch normalisation stay as they were: those
    of a few crops are worse."""
    most_steps: Annotated[int, Field(gt=0)] | None = None
    """Batches after which it ends, if time does not end it earlier."""
    steps: Annotated[int, Field(gt=0)] = 10
    """Batches between two messages."""
    batch: Annotated[int, Field(gt=0)] = 6
    """Crops in a batch."""
    learning_rate: Annotated[float, Field(gt=0)] = 5e-4
    """Highest learning rate."""
    validated: Annotated[float, Field(gt=0, lt=1)] = 0.15
    """Share of the time that may go into measuring what was learnt so far."""
    learnt: Path | None = None
    """Weights that a teaching which broke off had learnt: they are only measured and
    saved."""
    old_decoding: Decoding | None = None
    """Thresholds of the old model."""
    old_calibration: Calibration | None = None
    """Of the confidence of the old model."""

    @property
    def has_old(self) -> bool:
        """Whether there is an old model that finds the same, to be compared with."""
        start = self.start_architecture
        return start is not None and start.maps == self.architecture.maps

    @property
    def best_so_far(self) -> Path:
        """Where the best weights so far lie, should the process be killed."""
        return self.output.with_name(f"{self.output.name}-best.weights.h5")


def teaching_job(
    lessons: Path,
    output: Path,
    *,
    model: Model | None,
    seconds: float = SECONDS,
    colour: bool = True,
    classes: Sequence[str] = (),
    channels: tuple[str, ...] = (),
    **changes: Any,
) -> TeachingJob:
    """Return the job that teaches a model, or makes a new one.

    Parameters
    ----------
    lessons : Path
        Folder of the lessons.
    output : Path
        Folder of the taught model.
    model : Model or None
        What is taught; without one the network begins with random weights.
    seconds : float
        How long it learns.
    colour : bool
        Whether a new network is to see RGB.
    classes : sequence of str
        Names of the classes of pixels that are taught; none for objects. A model that
        finds objects only lends its weights to a new network then.
    channels : tuple of str
        Names of the channels that a network is to see side by side. A model that saw
        grey or RGB begins with what it knew of their sum.
    **changes
        Other fields of the job.

    Raises
    ------
    ValueError
        If the model tells other classes, or objects are taught to one of classes.
    """
    named = channels or (() if model is None else model.card.channel_names)
    changed: dict[str, Any] = {"channels": len(named)} if named else {}
    changed |= {"maps": (BACKGROUND, *classes)} if classes else {}
    fields: dict[str, Any] = {"lessons": lessons, "output": output, "overwrite": True}
    if model is None:
        seen = {"channels": 3 if colour else 1} | changed
        fields |= {"architecture": Architecture.model_validate(seen), **NEW}
    elif classes and not model.card.architecture.classes:
        fields |= start_from(model, changed) | NEW | {"licence": model.card.licence}
    else:
        check_subject(model, classes)
        card = model.card
        fields |= start_from(model, changed) | {
            "augmentation": Augmentation(**VARIED, diameter=card.diameter_range),
            "description": card.description,
            "licence": card.licence,
            "old_decoding": card.decoding,
            "old_calibration": card.calibration,
            # What it was trained on has other channels than those that are named.
            "rehearsal": None if named else model.rehearsal,
        }
    if classes:
        fields["description"] = f"Tells {in_words(classes)}"
    fields["channel_names"] = named
    fields["augmentation"] = fields["augmentation"].replace(mixing=not named)
    fields["minutes"] = seconds / 60
    return TeachingJob.model_validate(fields | changes)


def check_subject(model: Model, classes: Sequence[str]) -> None:
    """Refuse to teach a model something else than it finds.

    Raises
    ------
    ValueError
        If it tells classes, and objects or other classes are taught.
    """
    own = model.card.architecture.classes
    if own != tuple(classes):
        taught = in_words(classes) if classes else "objects"
        raise ValueError(
            f"a model is taught what it finds; {model.card.name} tells "
            f"{in_words(own)}, received {taught}; say what the "
            "labels are, begin a new network, or choose another model"
        )


def sees_colour(lessons: Sequence[Lesson]) -> bool:
    """Return whether any lesson is in colour."""
    return any(lesson.image.ndim == 3 and not lesson.channels for lesson in lessons)


def channels_of(lessons: Sequence[Lesson], model: Model | None) -> tuple[str, ...]:
    """Return the names of the channels that lessons have side by side.

    Raises
    ------
    ValueError
        If the model that is taught sees others.
    """
    names = lessons[0].channels if lessons else ()
    seen = () if model is None else model.card.channel_names
    if model is not None and seen and len(seen) != len(names):
        raise ValueError(
            f"the model {model.card.name!r} sees {len(seen)} channels side by side "
            f"({', '.join(seen)}); {lessons[0].name} has {len(names) or 'one or RGB'}; "
            "choose as many, or teach a new network"
        )
    return seen or names
