"""List the installed models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    print_error,
    print_result,
    standard_output,
)
from napari_mobile_unet.commands.options import Json
from napari_mobile_unet.messages import INPUT_ERRORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_mobile_unet.unet.model import Model


def models(as_json: Json = False) -> None:
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
            card.training.data or str(model.folder),
            card.licence,
            f"{card.diameter:g} px",
            model.checksum[:12],
        )
    with standard_output():
        Console(markup=False).print(table)
