"""List, show, save, rename and delete the recipes of the library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    exit_on_error,
    print_error,
    print_result,
    say,
)
from napari_mobile_unet.commands.options import Json, Overwrite
from napari_mobile_unet.messages import INPUT_ERRORS

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]

library = typer.Typer(
    help="The library of recipes: segment and preprocess take their names.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@library.command("list")
def list_(as_json: Json = False) -> None:
    """List the recipes of the library, with what they do."""
    from napari_mobile_unet.recipes.library import Library
    from napari_mobile_unet.recipes.texts import describe

    kept, found, broken = Library(), {}, False
    for name in kept.names:
        try:
            found[name] = kept.load(name, any_model=True)
        except INPUT_ERRORS as error:
            print_error(name, error)
            broken = True
    if as_json:
        content = {
            name: recipe.model_dump(mode="json") for name, recipe in found.items()
        }
        print_result(json.dumps(content, indent=2))
    else:
        for name, recipe in found.items():
            print_result(f"{name}: {describe(recipe)}")
    if not kept.names:
        say(f"no recipe yet in {kept.folder}; mobile-unet recipe import FILE adds one")
    if broken:
        raise typer.Exit(FAILED)


@library.command()
def show(name: Name) -> None:
    """Print a recipe as JSON."""
    from napari_mobile_unet.recipes.library import Library

    with exit_on_error(FAILED):
        print_result(Library().load(name, any_model=True).to_json(indent=2))


@library.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="Recipe, or the record beside a result; JSON.")
    ],
    name: Annotated[
        str | None, typer.Option(help="What it is called; by default as its file.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Copy a recipe into the library."""
    from napari_mobile_unet.recipes.library import Library

    with exit_on_error(FAILED, file):
        called = Library().take(file, name, overwrite=overwrite)
        say(f"kept as {called!r}")


@library.command()
def rename(name: Name, new: Annotated[str, typer.Argument(metavar="NEW")]) -> None:
    """Give a recipe another name."""
    from napari_mobile_unet.recipes.library import Library

    with exit_on_error(FAILED):
        Library().rename(name, new)


@library.command()
def delete(name: Name) -> None:
    """Delete a recipe from the library."""
    from napari_mobile_unet.recipes.library import Library

    with exit_on_error(FAILED):
        Library().delete(name)
