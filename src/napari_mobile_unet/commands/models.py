"""List the models at hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from napari_mobile_unet.commands.console import (
    FAILED,
    complain,
)
from napari_mobile_unet.commands.options import Json
from napari_mobile_unet.messages import CAUGHT
from napari_mobile_unet.unet.model import list_models, load_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_mobile_unet.unet.model import Model


def models(as_json: Json = False) -> None:
    """List the models at hand, with origin, licence and checksum."""
    found, broken = {}, False
    for name, folder in list_models().items():
        try:
            found[name] = load_model(folder)
        except CAUGHT as error:
            complain(folder, error)
            broken = True
    _print_models(found, as_json)
    if broken:
        raise typer.Exit(FAILED)


def _print_models(found: Mapping[str, Model], as_json: bool) -> None:
    if as_json:
        content = {
            name: {
                "folder": str(model.folder),
                "checksum": model.checksum,
                **model.card.model_dump(mode="json"),
            }
            for name, model in found.items()
        }
        typer.echo(json.dumps(content, indent=2))
        return
    table = Table("model", "finds", "trained on", "licence", "diameter", "SHA-256")
    for name, model in found.items():
        card = model.card
        table.add_row(
            name,
            card.description,
            card.training.data or str(model.folder),
            card.licence,
            f"{card.diameter:g} px",
            model.checksum[:12],
        )
    Console().print(table)
