"""The recipe: one frozen value that carries every setting of a segmentation."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator

from napari_mobile_unet.io.atomic import atomic_path
from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.preprocessing.steps import AnyStep
from napari_mobile_unet.settings import Params, read_json
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.unet.segment import UNet, model_of

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack

AnyMethod = Annotated[UNet | Threshold, Field(discriminator="method")]
"""Ways from prepared planes to objects; a recipe's ``segment`` is one of them."""


class Record(Params):
    """Settings that can be written to a file."""

    def save(self, path: str | Path) -> None:
        """Write the values as JSON, whole or not at all.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        with atomic_path(Path(path)) as beside:
            beside.write_text(self.model_dump_json(indent=2) + "\n", "utf-8")


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
    channel: int | Literal["mean", "max"] | None = None
    """Channel to look at, counted from 0, or all of them combined; the first one unless given."""  # noqa: E501
    steps: tuple[AnyStep, ...] = ()
    """Pre-processing, in order."""
    segment: AnyMethod = UNet()
    """How objects are found."""
    objects: Objects = Objects()
    """Which objects are kept, and how they are cut."""
    link: Link = Link()
    """Whether objects of neighbouring planes are one."""

    @field_validator("channel", mode="before")
    @classmethod
    def _check_channel(cls, value: Any) -> Any:
        """Refuse what is no channel; a union's own errors name each of its types."""
        number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if number or value in (None, "mean", "max"):
            return value
        raise ValueError("it should be a number from 0, or mean or max of all channels")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the recipe in a JSON file, or that in the record beside a result.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is not JSON, or has an unknown key or value; the message names
            the key, the value and what is allowed.
        """
        content = read_json(Path(path), "a recipe")
        content = content.get("recipe", content)
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise ValueError(f"recipe {path}: {explain(error)}") from error


class Provenance(Record):
    """Where a result comes from; enough to make it again."""

    recipe: Recipe
    """What was done."""
    source: str
    """Name of the image."""
    axes: str
    """Axes of the image."""
    model: str = ""
    """Name of the model, if one was used."""
    checksum: str = ""
    """SHA-256 of the model's card, which holds those of its files."""
    versions: dict[str, str]
    """Packages that took part."""

    @classmethod
    def of(cls, recipe: Recipe, stack: Stack) -> Self:
        """Return the record of a recipe applied to a stack."""
        model, checksum = _model_used(recipe)
        return cls(
            recipe=recipe,
            source=stack.name,
            axes=stack.axes,
            model=model,
            checksum=checksum,
            versions=_versions(),
        )


def check_same(record: Path, recipe: Recipe, axes: str | None = None) -> None:
    """Refuse to pass over results of another recipe, another model or other axes.

    Parameters
    ----------
    record : Path
        The record beside them; without one nothing is known.
    recipe : Recipe
        The one that they should come from.
    axes : str, optional
        Those that the person gave, if any.

    Raises
    ------
    OSError
        If the record cannot be read.
    ValueError
        If it tells of others, or is none.
    """
    if not record.exists():
        return
    content = read_json(record, "a record")
    known = content.get("axes")
    for what, same in (
        ("another recipe", _unnamed(Recipe.load(record)) == _unnamed(recipe)),
        ("another model", content.get("checksum", "") == _model_used(recipe)[1]),
        (f"the axes {known}", axes is None or known in (None, axes.upper())),
    ):
        if not same:
            raise ValueError(
                f"a run goes on with the same recipe, model and axes only; {record} "
                f"tells of {what}; name another folder, or begin anew with --overwrite"
            )


def _unnamed(recipe: Recipe) -> Recipe:
    """Return a recipe without the name of its model, which may be a path as well."""
    if not isinstance(recipe.segment, UNet):
        return recipe
    return recipe.replace(segment=recipe.segment.replace(model=""))


def _model_used(recipe: Recipe) -> tuple[str, str]:
    """Return the name and the checksum of a recipe's model; empty if it has none."""
    if not isinstance(recipe.segment, UNet):
        return "", ""
    model = model_of(recipe.segment.model)
    return model.card.name, model.checksum


def _versions() -> dict[str, str]:
    """Return the versions of the packages that decide a result."""
    always = ("napari-mobile-unet", "numpy", "opencv-python-headless")
    found = {package: version(package) for package in always}
    with suppress(PackageNotFoundError):  # has no wheel on every platform
        found["ai-edge-litert"] = version("ai-edge-litert")
    return found


def explain(error: ValidationError) -> str:
    """Return the first fault of a refused value in one line, and how many more."""
    first, *more = error.errors(include_url=False)
    where = ".".join(str(part) for part in first["loc"]) or "the whole"
    if first["type"] == "union_tag_not_found":
        first["msg"] = f"should name its {first['ctx']['discriminator']}"
    received = (
        "" if first["type"] == "missing" else f"; received {first['input']!r:.80}"
    )
    others = f" (and {len(more)} more)" if more else ""
    return f"{where}: {first['msg']}{received}{others}"
