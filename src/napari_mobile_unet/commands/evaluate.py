"""Compare labels with the truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from napari_mobile_unet.commands.console import (
    FAILED,
    ending,
)
from napari_mobile_unet.commands.options import Json
from napari_mobile_unet.evaluation.files import evaluate_files


def evaluate(
    predicted: Annotated[Path, typer.Argument(help="Label file or folder.")],
    truth: Annotated[Path, typer.Argument(help="Label file or folder.")],
    as_json: Json = False,
) -> None:
    """Compare labels with the truth: two files, or two folders matched by stem."""
    with ending(FAILED):
        scores, images = evaluate_files(predicted, truth)
    content = scores.summary()
    if as_json:
        typer.echo(json.dumps(content, indent=2))
        return
    table = Table("IoU ≥", "AP, image mean", "AP, pooled")
    for iou, ap in content["ap"].items():
        table.add_row(iou, f"{ap:.4f}", f"{content['ap_pooled'][iou]:.4f}")
    console = Console()
    console.print(table)
    console.print(
        f"{images} image{'s' * (images != 1)}, {scores.n_true} true and "
        f"{scores.n_predicted} predicted objects, "
        f"panoptic quality {scores.panoptic_quality:.4f}, Dice {scores.dice:.4f}"
    )
