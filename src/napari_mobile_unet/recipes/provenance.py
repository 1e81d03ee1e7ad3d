"""Where a result comes from: enough to compute it again."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Self

from napari_mobile_unet.images.sampling import content_digest
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.recipes.record import Record
from napari_mobile_unet.settings import read_json
from napari_mobile_unet.unet.model import find_model, list_models, model_of
from napari_mobile_unet.unet.segment import UNet

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.images.stack import Stack


class AppliedCorrections(Record):
    """Which corrections by hand a result holds."""

    journal: str
    """Name of their journal."""
    checksum: str
    """SHA-256 of the journal."""
    steps: int
    """How many steps it has."""
    exact: bool | None = None
    """Whether they were made to this very result; else what a person locked, deleted or
    finished was brought over."""


class Provenance(Record):
    """Where a result comes from: enough to compute it again."""

    recipe: Recipe
    """All that was done to the source, earlier preparation included."""
    source: str
    """Name of the image."""
    axes: str
    """Axes of the image."""
    shape: tuple[int, ...] = ()
    """Shape of the image; this and the next two are empty in older records."""
    dtype: str = ""
    """Data type of the image."""
    content: str = ""
    """SHA-256 of parts of the image; see ``content_digest``."""
    model: str = ""
    """Name of the model, if one was used."""
    checksum: str = ""
    """SHA-256 of the model's card, which holds those of its files."""
    classes: tuple[str, ...] = ()
    """Names of the classes 1 to n, if labels are classes instead of objects."""
    versions: dict[str, str]
    """Versions of the packages that decide the result."""
    corrections: AppliedCorrections | None = None
    """What a person corrected, if that is part of the result."""

    @classmethod
    def of(
        cls, recipe: Recipe, stack: Stack, prepared: Provenance | None = None
    ) -> Self:
        """Return the record of a recipe applied to a stack; some planes are read.

        Parameters
        ----------
        recipe : Recipe
            What is done to the stack.
        stack : Stack
            The image, with all its channels.
        prepared : Provenance, optional
            Where the stack comes from, if it was prepared by a recipe's steps. The
            source is then that of the steps, and they come first.

        Raises
        ------
        FileNotFoundError, ValueError
            If the model is missing or was altered.
        """
        recipe = resolve_model(recipe)
        model, checksum = model_used(recipe)
        made = {
            "model": model,
            "checksum": checksum,
            "classes": recipe.class_names,
            "versions": _versions(),
        }
        if prepared is not None:
            earlier = prepared.recipe
            chain = recipe.replace(
                channel=earlier.channel, steps=(*earlier.steps, *recipe.steps)
            )
            return cls.model_validate({**dict(prepared), "recipe": chain, **made})
        return cls(
            recipe=recipe,
            source=stack.name,
            axes=stack.axes,
            shape=tuple(map(int, stack.data.shape)),
            dtype=str(stack.data.dtype),
            content=content_digest(stack),
            **made,
        )

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Return the record in a file; None if the file holds no record.

        Raises
        ------
        OSError
            If the file cannot be read.
        """
        try:
            return cls.model_validate(read_json(path, "a record"))
        except ValueError:
            return None


def check_same(record: Path, provenance: Provenance) -> None:
    """Refuse results that were made of another image, or in another way.

    Parameters
    ----------
    record : Path
        The record beside the results; nothing is checked where there is none.
    provenance : Provenance
        What they should have been made of, and how.

    Raises
    ------
    OSError
        If the record cannot be read.
    ValueError
        If one of them differs, or the file is no record.
    """
    if not record.exists():
        return
    known = Provenance.load(record)
    if known is None:
        raise ValueError(
            f"Cannot resume: {record} holds no record of a result; "
            "name another folder, or use --overwrite"
        )
    mine = provenance
    for what, same in (
        ("another recipe", _unnamed(known.recipe) == _unnamed(mine.recipe)),
        ("another model", known.checksum == mine.checksum),
        (f"the axes {known.axes}", known.axes == mine.axes),
        ("another image", known.content in ("", mine.content)),
        ("other corrections", _journal(known) == _journal(mine)),
    ):
        if not same:
            raise ValueError(
                f"Cannot resume: the results of {record} were made with {what}; "
                "name another folder, or use --overwrite"
            )


def _journal(provenance: Provenance) -> str:
    """Return the checksum of the corrections in a result; empty if it has none."""
    return provenance.corrections.checksum if provenance.corrections else ""


def _unnamed(recipe: Recipe) -> Recipe:
    """Return a recipe without the name of its model, which may be a path as well."""
    if not isinstance(recipe.segment, UNet):
        return recipe
    return recipe.replace(segment=recipe.segment.replace(model=""))


def resolve_model(recipe: Recipe) -> Recipe:
    """Return a recipe whose model, if it is a folder, is named from the root.

    So it is found from any working folder.
    """
    if not isinstance(recipe.segment, UNet) or recipe.segment.model in list_models():
        return recipe
    folder = str(find_model(recipe.segment.model).resolve())
    return recipe.replace(segment=recipe.segment.replace(model=folder))


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
