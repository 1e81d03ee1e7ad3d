"""The recipe: one frozen value that carries every setting of a segmentation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.preprocessing.steps import AnyStep
from napari_mobile_unet.recipes.record import Record
from napari_mobile_unet.settings import explain, read_json
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.unet.model import model_of
from napari_mobile_unet.unet.segment import UNet

AnyMethod = Annotated[UNet | Threshold, Field(discriminator="method")]
"""Ways from prepared planes to objects; a recipe's ``segment`` is one of them."""


class Recipe(Record):
    """What is done to an image: the same in napari, in Python and on the command line.

    Examples
    --------
    >>> recipe = Recipe(segment=Threshold(classes=2))
    >>> Recipe.model_validate_json(recipe.model_dump_json()) == recipe
    True
    """

    version: Literal[1] = 1
    """Version of the recipe's layout."""
    channel: int | Literal["mean", "max", "all"] | None = None
    """Channel to use, counted from 0, or all channels combined; the first by
    default. "all" shows them to the network side by side."""
    steps: tuple[AnyStep, ...] = ()
    """Pre-processing, in order."""
    segment: AnyMethod = UNet()
    """How objects are found."""
    objects: Objects = Objects()
    """Which objects are kept, and how touching ones are split."""
    link: Link = Link()
    """Whether objects in neighbouring planes are linked."""

    @field_validator("channel", mode="before")
    @classmethod
    def _check_channel(cls, value: Any) -> Any:
        """Refuse what is no channel, in one error instead of one for each type."""
        number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if number or value in (None, "mean", "max", "all"):
            return value
        raise ValueError(
            "should be a number from 0, mean or max of all channels, or all for a "
            "network that sees them together"
        )

    @model_validator(mode="after")
    def _all_channels_are_for_networks(self) -> Self:
        if self.channel == "all" and (self.steps or not isinstance(self.segment, UNet)):
            what = f"{len(self.steps)} steps" if self.steps else self.segment.method
            raise ValueError(
                "all channels side by side are for a network, and are not prepared; "
                f"got {what} for them; choose one channel, mean or max"
            )
        return self

    @model_validator(mode="after")
    def _classes_are_no_objects(self) -> Self:
        if isinstance(self.segment, Threshold):  # a model may not be here yet
            self.check_classes()
        return self

    def check_classes(self) -> None:
        """Refuse what is done to objects, where the labels are classes.

        Raises
        ------
        ValueError
            If they are to be split, left out or linked.
        """
        if self.of_classes and (self.objects, self.link) != (Objects(), Link()):
            raise ValueError(
                "classes of pixels are neither split, left out nor linked, got "
                f"objects {self.objects!r} and link {self.link!r}; leave both out, or "
                "find objects"
            )

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes 1 to n of labels; empty where these are objects.

        Those of a model are written in its card; one that is not here has none.
        """
        if isinstance(self.segment, Threshold):
            count = self.segment.classes if self.segment.result == "classes" else 0
            return tuple(f"class {number}" for number in range(1, count + 1))
        try:
            return self.segment.class_names
        except (OSError, ValueError):  # said by whoever needs the model
            return ()

    @property
    def n_classes(self) -> int:
        """How many classes of pixels the labels have; 0 where they are objects."""
        return len(self.class_names)

    @property
    def of_classes(self) -> bool:
        """Whether the labels are classes of pixels instead of objects."""
        return self.n_classes > 0

    @classmethod
    def load(cls, path: str | Path, *, any_model: bool = False) -> Self:
        """Return the recipe in a JSON file, or that in the record beside a result.

        Parameters
        ----------
        path : path-like
            The file.
        any_model : bool
            Whether the model of a record may be another by now.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is not JSON, or has an unknown key or value; the message names
            the key, the value and what is allowed. Or if the model of a record is no
            longer the one that made the result.
        """
        content = read_json(Path(path), "a recipe")
        try:
            recipe = cls.model_validate(content.get("recipe", content))
        except ValidationError as error:
            raise ValueError(f"recipe {path}: {explain(error)}") from error
        if not any_model and isinstance(recipe.segment, UNet):
            _check_model(recipe.segment.model, content.get("checksum"), Path(path))
        return recipe


def _check_model(name: str, checksum: object, record: Path) -> None:
    """Refuse a model that is not the one of a record.

    One that is missing is refused where it is needed.
    """
    if not checksum:
        return
    try:
        now = model_of(name).checksum
    except FileNotFoundError:
        return
    if now != checksum:
        raise ValueError(
            f"a record is repeated with its own model; {record} was made with "
            f"{name} of checksum {checksum!s:.12}, which is {now:.12} now; bring that "
            "model back, or name one with --model (in Python, any_model=True)"
        )
