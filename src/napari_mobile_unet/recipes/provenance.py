"""Where a result comes from; enough to make it again."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Self

from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.recipes.record import Record
from napari_mobile_unet.settings import read_json
from napari_mobile_unet.unet.segment import UNet, model_of

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.images.stack import Stack


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
        model, checksum = model_used(recipe)
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
        ("another model", content.get("checksum", "") == model_used(recipe)[1]),
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


def model_used(recipe: Recipe) -> tuple[str, str]:
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
