"""Compare labels with the truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    describe_stack,
    exit_on_error,
    print_result,
    say,
    standard_output,
    worth_saying,
)
from napari_mobile_unet.commands.options import Axes, Json, Position

if TYPE_CHECKING:
    from napari_mobile_unet.evaluation.metrics import Scores


def evaluate(
    predicted: Annotated[Path, typer.Argument(help="Label file or folder.")],
    truth: Annotated[Path, typer.Argument(help="Label file or folder.")],
    axes: Axes = None,
    position: Position = None,
    as_json: Json = False,
) -> None:
    """Compare labels with the truth: two files, or two folders matched by stem."""
    from napari_mobile_unet.evaluation.files import evaluate_labels, iter_label_pairs
    from napari_mobile_unet.evaluation.metrics import pool

    folders = predicted.is_dir() and truth.is_dir()
    each = []
    with exit_on_error(FAILED):
        for pair in iter_label_pairs(predicted, truth, axes, position):
            for stack in pair:
                if not folders or worth_saying(stack):
                    say(describe_stack(stack, hint="--axes"))
            each.append(evaluate_labels(*pair))
        scores = pool(each)
    if as_json:
        print_result(json.dumps(scores.summary(), indent=2))
    else:
        _print_table(scores)


def _print_table(scores: Scores) -> None:
    from rich.console import Console
    from rich.table import Table

    content = scores.summary()
    table = Table("IoU ≥", "AP, image mean", "AP, pooled")
    for iou, ap in content["ap"].items():
        table.add_row(iou, f"{ap:.4f}", f"{content['ap_pooled'][iou]:.4f}")
    images = len(scores.images)
    with standard_output():
        console = Console()
        console.print(table)
        console.print(
            f"{images} image{'s' * (images != 1)}, {scores.n_true} true and "
            f"{scores.n_predicted} predicted objects, "
            f"panoptic quality {scores.panoptic_quality:.4f}, Dice {scores.dice:.4f}"
        )
