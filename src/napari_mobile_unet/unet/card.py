"""``model.json``: what a person or a program must know to use a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from napari_mobile_unet.settings import Params, parse_json
from napari_mobile_unet.unet.confidence import Calibration
from napari_mobile_unet.unet.normalise import Normalisation
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


FORMAT: Literal[3] = 3
"""Newest version of the folder's layout; raised when an older reader would misread
it. A model has the oldest one whose readers know what it is."""
OF_OBJECTS: Literal[2] = 2
"""Version of a model that finds objects; to its readers any map 0 is foreground."""
CARD = "model.json"
BACKGROUND = "background"
"""Name of map 0 of a model that tells classes."""
MOST_CLASSES = 4
"""That a model tells, besides the background."""


class Architecture(Params):
    """What the network looks like."""

    kind: str = "mobile"
    """Name of the builder in ``training.child.network.NETWORKS``."""
    channels: int = Field(1, ge=1, le=64)
    """Channels of the input: one grey, the three of RGB, or those that the card
    names."""
    maps: tuple[str, ...] = ("foreground", "distance", "seam")
    """What the output channels mean, in order; background and the names of classes, if
    the network tells how likely each is."""
    widths: tuple[int, ...] = (24, 32, 56, 96, 160)
    """Channels of the stem and of each encoder stage."""
    depths: tuple[int, ...] = (2, 3, 4, 2)
    """Blocks in each encoder stage."""
    decoder: tuple[int, ...] = (32, 40, 56, 96)
    """Channels of each decoder stage, finest first."""
    decoder_depth: int = Field(2, ge=1)
    """Blocks in each decoder stage."""
    expansion: int = Field(4, ge=1)
    """Width of the middle of a block over that of its input."""
    stem_depth: int = Field(1, ge=0)
    """Residual blocks of full convolutions after the stem."""
    head_depth: int = Field(1, ge=0)
    """Residual blocks of full convolutions before the head."""

    @field_validator("maps")
    @classmethod
    def _check_maps(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value[:1] == (BACKGROUND,):
            if not 1 <= len(value) - 1 <= MOST_CLASSES:
                raise ValueError(
                    f"a network tells 1 to {MOST_CLASSES} classes, not "
                    f"{len(value) - 1}; join some of them"
                )
            check_class_names(value[1:])
        return value

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes 1 to n of pixels; empty if it finds objects."""
        return self.maps[1:] if self.maps[:1] == (BACKGROUND,) else ()


class Decoding(Params):
    """Thresholds that turn maps into labels; tuned on the validation images."""

    foreground: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Probability from which a pixel belongs to an object, or to any of the classes."""
    seed: Annotated[float, Field(gt=0, lt=1)] = 0.6
    """Relative distance to the outline from which a pixel is in an object's core."""


Verdict = Literal["better", "worse", "no difference", "too few", "new"]
"""Of a taught model beside the one it was taught from; "new" if there was none."""


Measure = Literal["AP at IoU 0.5", "mean IoU"]
"""Of objects, and of classes of pixels without the background."""


class GateRecord(Params):
    """How a taught model compares with the one it was taught from.

    Measured on labels that it was not taught with.
    """

    verdict: Verdict
    """What the interval of the gain says; "too few" objects to tell."""
    measure: Measure = "AP at IoU 0.5"
    """What the fields below that are called AP hold."""
    objects: int = Field(0, ge=0)
    """True objects that were kept apart; of classes, blocks that have some of them."""
    ious: tuple[float | None, ...] = ()
    """IoU of each class by the taught model; None of one that was not kept apart."""
    old_ap: float | None = None
    """AP at IoU 0.5 of the old model as it was; without a value there was none."""
    old_tuned_ap: float | None = None
    """The same with the old model's thresholds tuned for these images."""
    new_ap: float | None = None
    """Of the taught model, with its thresholds tuned the same way."""
    gain_low: float | None = None
    """Least gain over the tuned old model in 9 of 10 draws of the labels."""
    gain_high: float | None = None
    """Largest gain in 9 of 10 draws."""
    share: float = Field(1, ge=0, le=1)
    """Of the way from the old weights to the taught ones that was gone."""
    apart_from_choice: bool = False
    """Whether the moment at which learning stopped was chosen by other objects than
    those counted here; otherwise the AP of the taught model is a little too high."""
    integers_as_good: bool | None = None
    """Whether the network of 8-bit integers finds as much, and is kept."""
    old_kinds_before: float | None = None
    """AP at IoU 0.5 of the old model on views of what it was trained on."""
    old_kinds_after: float | None = None
    """AP at IoU 0.5 of the taught model on the same views."""


class TrainingRecord(Params):
    """How the weights came about."""

    data: str = ""
    """The images: name, origin, licence."""
    images: int = Field(0, ge=0)
    """Number of training images."""
    objects: int = Field(0, ge=0)
    """Number of training objects."""
    start: str = ""
    """Name and checksum of the model that training started from."""
    teacher: str = ""
    """Name and checksum of the model whose maps it learnt besides the labels."""
    seed: int = 0
    """Seed of every random choice."""
    epochs: int = Field(0, ge=0)
    """Epochs trained."""
    minutes: float = Field(0, ge=0)
    """Wall time of the training."""
    validation_ap: float | None = None
    """AP at IoU 0.5, image mean, on the validation fold."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Packages that made the model."""
    parent: str = ""
    """Name of the model that it was taught from."""
    examples: tuple[str, ...] = ()
    """Names of the planes that it was taught with."""
    seconds: float | None = None
    """How long it was taught."""
    gate: GateRecord | None = None
    """Whether it is better than its parent."""

    @property
    def origin(self) -> str:
        """Its images, or the model that it was taught from; empty if unknown."""
        if self.data or not self.parent:
            return self.data
        planes = counted(len(self.examples), "corrected plane")
        return f"{planes}, starting from {self.parent}"


class Card(Params):
    """``model.json``: everything that a person or a program must know to use it."""

    format: Literal[1, 2, 3] = OF_OBJECTS
    """Version of the folder's layout."""
    name: str
    """Name of the model."""
    description: str = ""
    """What it finds, in one sentence."""
    licence: str = ""
    """Licence of the weights."""
    inputs: str = "one grey channel, bright or dark objects"
    """What it expects, in words."""
    architecture: Architecture = Architecture()
    """The network."""
    channel_names: tuple[str, ...] = ()
    """Of a network that sees several channels of an image side by side, each of them
    scaled by itself: what they are, in order. Empty for one of grey or RGB."""
    normalisation: Normalisation = Normalisation()
    """From grey values to the network's input."""
    diameter: float = Field(24.0, gt=0)
    """Object diameter in pixels that the network knows best."""
    diameter_range: tuple[float, float] = (10.0, 60.0)
    """Smallest and largest diameter in pixels seen often in training."""
    decoding: Decoding = Decoding()
    """From maps to objects."""
    calibration: Calibration | None = None
    """From an object in the maps to the chance that it is right; by default the mean
    foreground probability."""
    training: TrainingRecord = TrainingRecord()
    """How the weights came about."""
    files: dict[str, str]
    """SHA-256 of each file of the folder."""

    @model_validator(mode="after")
    def _channels_are_named(self) -> Self:
        check_channels(self.architecture.channels, self.channel_names)
        return self


def check_class_names(names: Sequence[str]) -> None:
    """Refuse names of classes by which a person could not tell them apart.

    Raises
    ------
    ValueError
        If one is empty, or two are the same.
    """
    if not all(names) or len({*names}) < len(names):
        raise ValueError(
            f"each class has a name of its own; received {', '.join(map(repr, names))};"
            " name them apart, or leave the names out"
        )


def check_channels(count: int, names: Sequence[str]) -> None:
    """Refuse a network whose channels are neither grey, RGB, nor named.

    Raises
    ------
    ValueError
        If it sees as many others.
    """
    if len(names) != count if names else count not in (1, 3):
        raise ValueError(
            "a network sees one grey channel, the three of RGB, or channels that are "
            f"named; got {count} channels and {len(names)} names; name each of them"
        )


def read_card(folder: Path) -> Card:
    """Return the card of a model folder, without looking at its other files.

    Raises
    ------
    FileNotFoundError
        If there is no card.
    ValueError
        If the card is not valid or was written by a newer version.
    """
    path = folder / CARD
    if not path.is_file():
        raise FileNotFoundError(
            f"a model is a folder that holds {CARD}; received {folder}; "
            "'mobile-unet models' lists the installed models"
        )
    try:
        content = parse_json(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(
            f"a model's card must be JSON; {path} is not ({error}); "
            "copy the folder again"
        ) from error
    version: Any = content.get("format") if isinstance(content, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise ValueError(
            f"{path} has layout {version}, this version reads up to {FORMAT}; "
            "update napari-mobile-unet"
        )
    try:
        return Card.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(
            f"{path}: {where}: {first['msg']}; copy the folder again"
        ) from error


def write_card(folder: Path, card: Card) -> None:
    """Write the card of a model folder that nobody reads yet."""
    (folder / CARD).write_text(card.model_dump_json(indent=2) + "\n", "utf-8")
