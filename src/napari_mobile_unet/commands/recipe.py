"""The recipe that the options of a command describe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mobile_unet.commands.options import THRESHOLDS
from napari_mobile_unet.recipes.library import find_recipe
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.unet.card import CARD
from napari_mobile_unet.unet.model import find_model, model_of
from napari_mobile_unet.unet.segment import UNet

if TYPE_CHECKING:
    from napari_mobile_unet.commands.options import Foreground, Linking


def recipe_from_options(
    named: str | None = None,
    method: str | None = None,
    model: str | None = None,
    channel: str | None = None,
    diameter: float | None = None,
    link: Linking | None = None,
    foreground: Foreground | None = None,
    classes: int | None = None,
    object_classes: str | None = None,
) -> Recipe:
    """Return the recipe that the options describe; an option replaces its value.

    Parameters
    ----------
    named : str, optional
        Which recipe; see ``find_recipe``.
    method, model, channel, diameter, link, foreground, classes, object_classes
        The other options.

    Raises
    ------
    OSError, ValueError
        If the recipe or the model cannot be read, or the options do not fit together.
    """
    other = model is not None or method not in (None, "unet")
    recipe = find_recipe(named, any_model=other) if named else Recipe()
    if method is not None and method != recipe.segment.method:
        recipe = recipe.replace(segment=method_from_option(method))
    if model is not None:
        _check_unambiguous(model)
    recipe = _with_settings(recipe, UNet, {"model": model, "diameter": diameter})
    side = None if foreground is None else foreground.value
    recipe = _with_settings(
        recipe,
        Threshold,
        {
            "foreground": side,
            "classes": classes,
            "object_classes": _numbers(object_classes),
        },
    )
    if channel is not None:
        recipe = recipe.replace(channel=channel_from_option(channel))
    if link is not None:
        recipe = recipe.replace(link=recipe.link.replace(method=link.value))
    if isinstance(recipe.segment, UNet):
        model_of(recipe.segment.model)  # a missing or altered model, before any work
        recipe.check_classes()
    return recipe


def _numbers(text: str | None) -> tuple[int, ...] | None:
    """Return the numbers of classes in "2,3"."""
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise ValueError(
            f"--object-classes are numbers, such as 2 or 2,3, or each; received "
            f"{text!r}"
        ) from error


def one_for_each_class(recipe: Recipe) -> dict[int, Recipe]:
    """Return a recipe for each class but that of the background, by its number.

    Raises
    ------
    ValueError
        If the recipe's method has no classes.
    """
    how = recipe.segment
    if not isinstance(how, Threshold) or how.method == "adaptive":
        raise ValueError(
            f"--object-classes each needs a threshold with classes; the method is "
            f"{how.method}; add --method otsu"
        )
    numbers = range(1, how.classes + 1)
    chosen = numbers[:-1] if how.foreground == "dark" else numbers[1:]
    return {
        number: recipe.replace(segment=how.replace(object_classes=(number,)))
        for number in chosen
    }


def _with_settings(
    recipe: Recipe, kind: type[UNet | Threshold], options: dict[str, Any]
) -> Recipe:
    """Return a recipe with options of a method set, those that were given.

    Raises
    ------
    ValueError
        If the recipe's method has no such options.
    """
    changes = {name: value for name, value in options.items() if value is not None}
    if not changes:
        return recipe
    if not isinstance(recipe.segment, kind):
        owner = "the method unet" if kind is UNet else "a threshold"
        option = next(iter(changes)).replace("_", "-")
        raise ValueError(
            f"--{option} is an option of {owner}; the method is "
            f"{recipe.segment.method}; leave the option out or change --method"
        )
    return recipe.replace(segment=recipe.segment.replace(**changes))


def _check_unambiguous(model: str) -> None:
    """Refuse a name of a model that is also a folder here, with another model in it."""
    here = Path(model)
    if (here / CARD).is_file() and find_model(model).resolve() != here.resolve():
        raise ValueError(
            f"--model {model} is both a known model and a folder here; write "
            f"./{model} for the folder, or change the working folder for the known one"
        )


def method_from_option(name: str) -> UNet | Threshold:
    """Return what ``--method`` names, with its default settings.

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


def channel_from_option(text: str) -> int | str:
    """Return what ``--channel`` names; the recipe refuses what is no channel."""
    try:
        return int(text)
    except ValueError:
        return text
