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
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_mobile_unet.evaluation.metrics import Scores


def evaluate(
    predicted: Annotated[Path, typer.Argument(help="Label file or folder.")],
    truth: Annotated[Path, typer.Argument(help="Label file or folder.")],
    axes: Axes = None,
    position: Position = None,
    overlay: Annotated[
        Path | None,
        typer.Option(
            "--overlay",
            metavar="FOLDER",
            help="Draw what is matched, missed, extra, merged and split, as PNG.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare labels with the truth: two files, or two folders matched by stem."""
    from napari_mobile_unet.evaluation.files import (
        errors_of,
        evaluate_labels,
        iter_label_pairs,
    )
    from napari_mobile_unet.evaluation.metrics import pool
    from napari_mobile_unet.evaluation.picture import check_pictures, write_errors

    folders = predicted.is_dir() and truth.is_dir()
    each, errors = [], []
    with exit_on_error(FAILED):
        if overlay is not None:
            check_pictures(overlay, predicted, truth)
        for pair in iter_label_pairs(predicted, truth, axes, position):
            for stack in pair:
                if not folders or worth_saying(stack):
                    say(describe_stack(stack, hint="--axes"))
            each.append(evaluate_labels(*pair))
            found = errors_of(*pair)
            if overlay is not None:
                write_errors(found, overlay, pair[0].name)
            errors.append(found.summary())
        scores = pool(each)
        total = {name: sum(one[name] for one in errors) for name in errors[0]}
    if as_json:
        content = {**scores.summary(), "errors": total}
        print_result(json.dumps(content, indent=2))
    else:
        _print_table(scores, total)


def _print_table(scores: Scores, errors: Mapping[str, int]) -> None:
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
            f"{counted(images, 'image')}, {scores.n_true} true and "
            f"{scores.n_predicted} predicted objects, "
            f"panoptic quality {scores.panoptic_quality:.4f}, Dice {scores.dice:.4f}"
        )
        counts = ", ".join(f"{count} {name}" for name, count in errors.items())
        console.print(f"At IoU 0.5: {counts}")
