"""``model.json``: what a person or a program must know to use a model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError

from napari_mobile_unet.confidence import Calibration
from napari_mobile_unet.settings import Params

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_mobile_unet.types import Floats

FORMAT: Literal[2] = 2
"""Version of the folder's layout; raised when an older reader would go wrong."""

CARD = "model.json"


class Architecture(Params):
    """What the network looks like."""

    kind: str = "mobile"
    """Name of the builder in ``unet.network.NETWORKS``."""
    channels: int = Field(1, ge=1)
    """Channels of the input."""
    maps: tuple[str, ...] = ("foreground", "distance", "seam")
    """What the output channels mean, in order."""
    widths: tuple[int, ...] = (24, 32, 56, 96, 160)
    """Channels of the stem and of each encoder stage."""
    depths: tuple[int, ...] = (2, 3, 4, 2)
    """Blocks in each encoder stage."""
    decoder: tuple[int, ...] = (32, 40, 56, 96)
    """Channels of each decoder stage, finest first."""
    decoder_depth: int = Field(2, ge=1)
    """Blocks in each decoder stage."""
    expansion: int = Field(4, ge=1)
    """How much wider the middle of a block is than its input."""
    stem_depth: int = Field(1, ge=0)
    """Residual blocks of full convolutions behind the stem."""
    head_depth: int = Field(1, ge=0)
    """Residual blocks of full convolutions before the head."""


class Normalisation(Params):
    """How grey values become the network's input: (value − low) / (high − low)."""

    low: Annotated[float, Field(ge=0, lt=50)] = 1.0
    """Percentile that becomes 0."""
    high: Annotated[float, Field(gt=50, le=100)] = 99.8
    """Percentile that becomes 1."""
    clip: tuple[float, float] = (-0.5, 2.0)
    """Values outside are cut off, so that one hot pixel changes little."""

    def limits(self, *planes: NDArray[Any]) -> tuple[float, float]:
        """Return the values that become 0 and 1, over all the planes.

        At most about a million evenly spaced pixels of each plane are looked at;
        NaN and infinite ones are left out. Planes without a finite value give
        (0, 1).
        """
        seen = [plane[_every(plane), _every(plane)].ravel() for plane in planes]
        if seen and all(part.dtype in (np.uint8, np.uint16) for part in seen):
            return self._limits_of_counts(np.sum([_counts(part) for part in seen], 0))
        with np.errstate(over="ignore"):
            values = np.concatenate(seen).astype(np.float32, copy=False)
        values = values[np.isfinite(values)]
        if not values.size:
            return 0.0, 1.0
        low, high = np.percentile(values, (self.low, self.high))
        if high <= low:  # nearly all pixels have one value
            low, high = values.min(), values.max()
        return float(low), float(high)

    def _limits_of_counts(self, counts: NDArray[np.intp]) -> tuple[float, float]:
        """Return the limits of whole numbers from how often each occurs.

        To count them takes a tenth of the time that sorting does.
        """
        below = np.cumsum(counts)
        if not below[-1]:
            return 0.0, 1.0
        last = int(below[-1]) - 1
        place = np.array((self.low, self.high)) / 100 * last
        first = np.floor(place)
        value, above = np.searchsorted(below, (first, np.ceil(place)), "right")
        low, high = value + (above - value) * (place - first)
        if high <= low:  # nearly all pixels have one value
            low, high = np.searchsorted(below, (0, last), "right")
        return float(low), float(high)

    def apply(self, plane: NDArray[Any], limits: tuple[float, float]) -> Floats:
        """Return the plane scaled by its limits, float32; NaN becomes 0."""
        low, high = limits
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
            scaled = plane.astype(np.float32)
        scaled -= np.float32(low)
        scaled /= np.float32(high - low or 1.0)
        if plane.dtype.kind == "f":
            scaled[np.isnan(scaled)] = 0
        return np.clip(scaled, *self.clip, out=scaled)


class Decoding(Params):
    """Where the maps are cut to become objects; tuned on the validation fold."""

    foreground: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Probability from which a pixel belongs to an object."""
    seed: Annotated[float, Field(gt=0, lt=1)] = 0.6
    """Relative distance to the border from which a pixel is an object's core."""


class Training(Params):
    """Where the weights come from."""

    data: str = ""
    """The images: name, origin, licence."""
    images: int = Field(0, ge=0)
    """Number of training images."""
    objects: int = Field(0, ge=0)
    """Number of training objects."""
    start: str = ""
    """Name and checksum of the model that training started from."""
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


class Card(Params):
    """``model.json``: everything that a person or a program must know to use it."""

    format: Literal[1, 2] = FORMAT
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
    normalisation: Normalisation = Normalisation()
    """From grey values to the network's input."""
    diameter: float = Field(24.0, gt=0)
    """Object diameter in pixels that the network knows best."""
    diameter_range: tuple[float, float] = (10.0, 60.0)
    """Smallest and largest diameter in pixels seen often in training."""
    decoding: Decoding = Decoding()
    """From maps to objects."""
    calibration: Calibration | None = None
    """From an object in the maps to the chance that it is right; without it the mean
    foreground stands for that."""
    training: Training = Training()
    """Where the weights come from."""
    files: dict[str, str]
    """SHA-256 of each file of the folder."""


def _counts(values: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.intp]:
    """Return how often each value of up to 16 bits occurs."""
    return np.bincount(values, minlength=2**16)


def _every(plane: NDArray[Any]) -> slice:
    """Return the step that leaves about a million pixels of a plane."""
    return slice(None, None, max(1, int((plane.size / 2**20) ** 0.5)))


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
            "see 'mobile-unet models' for those at hand"
        )
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(
            f"{path} must be JSON; {error}; copy the folder again"
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
    """Write the card of a model folder, whole or not at all."""
    beside = folder / f".{CARD}.part"
    beside.write_text(card.model_dump_json(indent=2) + "\n", "utf-8")
    beside.replace(folder / CARD)
