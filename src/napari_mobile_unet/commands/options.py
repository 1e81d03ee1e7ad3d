"""Options that commands share, and the recipe that they describe."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, get_args

import typer

from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.unet.card import CARD
from napari_mobile_unet.unet.model import find_model
from napari_mobile_unet.unet.segment import UNet, model_of

# Built where the choices are stated, so that a new method is offered here, too.
THRESHOLDS = get_args(Threshold.model_fields["method"].annotation)
"""Ways to tell objects from the background by their grey values."""
GLOBAL = tuple(name for name in THRESHOLDS if name != "adaptive")
"""Those of them that find one value."""


class Linking(StrEnum):
    """Ways to give one id to one object over Z or T."""

    none = "none"
    iou = "iou"
    laptrack = "laptrack"


class Form(StrEnum):
    """File formats of labels."""

    tif = "tif"
    zarr = "zarr"


class Scope(StrEnum):
    """What one threshold is taken from."""

    stack = "stack"
    plane = "plane"


Inputs = Annotated[list[Path], typer.Argument(metavar="INPUT...", show_default=False)]
Input = Annotated[Path, typer.Argument(metavar="INPUT", show_default=False)]
Axes = Annotated[
    str | None,
    typer.Option(metavar="AXES", help="One letter of PTCZYXS for each dimension."),
]
Channel = Annotated[
    str | None,
    typer.Option(metavar="N|mean|max", help="Channel, counted from 0, or all of them."),
]


def recipe_of(
    path: Path | None,
    method: str | None,
    model: str | None,
    channel: str | None,
    diameter: float | None = None,
    link: Linking | None = None,
) -> Recipe:
    """Return the recipe that the options describe; options beat the file."""
    recipe = Recipe.load(path) if path else Recipe()
    if method is not None and method != recipe.segment.method:
        recipe = recipe.replace(segment=method_of(method))
    options = {"model": model, "diameter": diameter}
    changes = {key: value for key, value in options.items() if value is not None}
    here = Path(str(model))
    both = (here / CARD).is_file() and find_model(str(model)).resolve()
    if both and both != here.resolve():
        raise ValueError(
            f"a model is a name or a folder, and {model!r} is both here; write "
            f"./{model} for the folder, or go elsewhere for the name"
        )
    if changes:
        if not isinstance(recipe.segment, UNet):
            raise ValueError(
                f"--{next(iter(changes))} belongs to the method 'unet'; the recipe's "
                f"is {recipe.segment.method!r}; leave one of them out"
            )
        recipe = recipe.replace(segment=recipe.segment.replace(**changes))
    if channel is not None:
        recipe = recipe.replace(channel=channel_of(channel))
    if link is not None:
        recipe = recipe.replace(link=recipe.link.replace(method=link.value))
    if isinstance(recipe.segment, UNet):
        model_of(recipe.segment.model)  # missing or altered: said before any work
    return recipe


def method_of(name: str) -> UNet | Threshold:
    """Return what ``--method`` names, with the settings it has by default.

    Raises
    ------
    ValueError
        If there is no such method.
    """
    if name in THRESHOLDS:
        return Threshold.model_validate({"method": name})
    if name == "unet":
        return UNet()
    raise ValueError(
        f"--method is one of unet, {', '.join(THRESHOLDS)}; received {name!r}"
    )


def channel_of(text: str) -> int | str:
    """Return what ``--channel`` names; the recipe refuses what makes no sense."""
    try:
        return int(text)
    except ValueError:
        return text


Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
