"""List the installed models, and keep one's own: rename, delete, export, import."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    exit_on_error,
    print_error,
    print_result,
    say,
    standard_output,
)
from napari_mobile_unet.commands.options import Json, Overwrite
from napari_mobile_unet.messages import INPUT_ERRORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_mobile_unet.unet.model import Model


class Form(StrEnum):
    """Ways to write a model as one file."""

    zip = "zip"
    bioimageio = "bioimageio"


Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the model.")]

models = typer.Typer(help=__doc__, rich_markup_mode=None)


@models.callback(invoke_without_command=True)
def _without_command(context: typer.Context, as_json: Json = False) -> None:
    """List the installed models, or do what a command says with one."""
    if context.invoked_subcommand is None:
        list_(as_json)


@models.command("list")
def list_(as_json: Json = False) -> None:
    """List the installed models, with origin, licence and checksum."""
    from napari_mobile_unet.unet.model import list_models, load_model

    found, broken = {}, False
    for name, folder in list_models().items():
        try:
            found[name] = load_model(folder)
        except INPUT_ERRORS as error:
            print_error(folder, error)
            broken = True
    if as_json:
        print_result(json.dumps(_as_plain(found), indent=2))
    else:
        _print_table(found)
    if broken:
        raise typer.Exit(FAILED)


@models.command()
def rename(
    name: Name,
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")],
) -> None:
    """Give a model of your own another name."""
    from napari_mobile_unet.models.library import rename_model

    with exit_on_error(FAILED):
        folder = rename_model(name, new)
    say(f"{name} is now {new}: {folder}")


@models.command()
def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
) -> None:
    """Delete a model of your own."""
    from napari_mobile_unet.models.library import delete_model

    if not yes:
        typer.confirm(f"Delete the model {name}?", abort=True, err=True)
    with exit_on_error(FAILED):
        delete_model(name)
    say(f"{name} is deleted")


@models.command("export")
def export_(
    name: Annotated[str, typer.Argument(metavar="NAME|DIR", help="Of the model.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The new zip.")],
    form: Annotated[
        Form, typer.Option("--format", help="zip, or for bioimage.io.")
    ] = Form.zip,
    overwrite: Overwrite = False,
) -> None:
    """Write a model as one zip, to give away or to keep."""
    from napari_mobile_unet.models.bioimageio import export_bioimageio
    from napari_mobile_unet.models.zip_file import export_model

    write = export_model if form is Form.zip else export_bioimageio
    with exit_on_error(FAILED):
        write(name, output, overwrite=overwrite)
    say(f"{name} is in {output}")


@models.command("import")
def import_(
    path: Annotated[Path, typer.Argument(metavar="ZIP", help="As export writes it.")],
    name: Annotated[
        str, typer.Option(help="Of the new model, if not as in the zip.")
    ] = "",
    overwrite: Overwrite = False,
) -> None:
    """Take a model in from a zip; nothing in it is run but its network."""
    from napari_mobile_unet.models.zip_file import import_model

    with exit_on_error(FAILED):
        model = import_model(path, name, overwrite=overwrite)
    say(f"{model.folder.name} is in {model.folder}")


def _as_plain(found: Mapping[str, Model]) -> dict[str, object]:
    return {
        name: {
            "folder": str(model.folder),
            "checksum": model.checksum,
            **model.card.model_dump(mode="json"),
        }
        for name, model in found.items()
    }


def _print_table(found: Mapping[str, Model]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("model", "finds", "trained on", "licence", "diameter", "SHA-256")
    for name, model in found.items():
        card = model.card
        table.add_row(
            name,
            card.description,
            card.training.origin or str(model.folder),
            card.licence,
            "" if card.architecture.classes else f"{card.diameter:g} px",
            model.checksum[:12],
        )
    with standard_output():
        Console(markup=False).print(table)
