"""Compare labels with the truth."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_mobile_unet.commands.beside import classes_beside
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

    from napari_mobile_unet.evaluation.classes import ClassScores
    from napari_mobile_unet.evaluation.metrics import Scores


def evaluate(
    predicted: Annotated[Path, typer.Argument(help="Label file or folder.")],
    truth: Annotated[Path, typer.Argument(help="Label file or folder.")],
    axes: Axes = None,
    position: Position = None,
    classes: Annotated[
        bool,
        typer.Option(
            "--classes",
            help="Values are classes of pixels, not objects; known of labels with a "
            "record.",
        ),
    ] = False,
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
    from napari_mobile_unet.evaluation.classes import pool_classes
    from napari_mobile_unet.evaluation.files import (
        errors_of,
        evaluate_class_labels,
        evaluate_labels,
        iter_label_pairs,
    )
    from napari_mobile_unet.evaluation.metrics import pool
    from napari_mobile_unet.evaluation.picture import check_pictures, write_errors

    folders = predicted.is_dir() and truth.is_dir()
    objects, errors, of_classes = [], [], []
    with exit_on_error(FAILED):
        if overlay is not None:
            check_pictures(overlay, predicted, truth)
        for file, found, true in iter_label_pairs(predicted, truth, axes, position):
            for stack in (found, true):
                if not folders or worth_saying(stack):
                    say(describe_stack(stack, hint="--axes"))
            names = classes_beside(file)
            if names or classes:
                of_classes.append(evaluate_class_labels(found, true, names))
            else:
                objects.append(evaluate_labels(found, true))
                wrong = errors_of(found, true)
                if overlay is not None:
                    write_errors(wrong, overlay, found.name)
                errors.append(wrong.summary())
            if of_classes and (objects or overlay):
                raise ValueError(
                    f"errors are drawn, and scores summed, of objects alone; {file} "
                    "has classes; evaluate it by itself, without --overlay"
                )
        if of_classes:
            class_scores = pool_classes(of_classes)
        else:
            scores = pool(objects)
            total = {name: sum(one[name] for one in errors) for name in errors[0]}
    if of_classes:
        content, table = class_scores.summary(), partial(_print_classes, class_scores)
    else:
        content = {**scores.summary(), "errors": total}
        table = partial(_print_table, scores, total)
    if as_json:
        print_result(json.dumps(content, indent=2))
    else:
        table()


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


def _print_classes(scores: ClassScores) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("class", "IoU", "Dice")
    for name, iou in scores.iou.items():
        table.add_row(name, f"{iou:.4f}", f"{scores.dice[name]:.4f}")
    with standard_output():
        console = Console()
        console.print(table)
        images = counted(len(scores.both), "image")
        console.print(f"{images}, mean IoU {scores.mean_iou:.4f}")
