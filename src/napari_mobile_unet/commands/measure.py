"""Measure the objects of a label file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    UNUSABLE,
    describe_stack,
    exit_on_error,
    say,
)
from napari_mobile_unet.commands.options import (
    Axes,
    Naming,
    Overwrite,
    Position,
    check_output,
)

KNOWN = "known"
"""What --columns calls the columns that the run of the labels has written."""
ALL = "all"
"""What --columns calls all groups that are measured."""


def measure(
    labels: Annotated[Path, typer.Argument(help="Label file.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Table, .csv or .parquet.")
    ],
    image: Annotated[
        Path | None, typer.Option(help="Image, for the grey values.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="GROUPS",
            help="Groups of columns, with commas: place, size, shape, hull, intensity, "
            "background, or all; known, from the table beside the labels.",
        ),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="FILTER",
            help="Only the objects that it holds for: 'area > 50 and solidity < 0.9'.",
        ),
    ] = None,
    names: Annotated[
        Naming, typer.Option(help="Whose names the columns have.")
    ] = Naming.ours,
    axes: Axes = None,
    position: Position = None,
    overwrite: Overwrite = False,
) -> None:
    """Measure objects: place, size, shape and, with an image, grey values."""
    from napari_mobile_unet.evaluation.files import (
        known_of,
        measure_labels,
        read_to_measure,
    )
    from napari_mobile_unet.exports.table import check_table, write_table
    from napari_mobile_unet.objects.calibration import calibration_of
    from napari_mobile_unet.objects.columns import GROUPS, names_in
    from napari_mobile_unet.objects.filter import matching

    with exit_on_error(UNUSABLE):
        asked = [name.strip() for name in columns.split(",")] if columns else []
        groups = [name for name in asked if name not in (KNOWN, ALL)]
        names_in(groups)
    with exit_on_error(FAILED):
        check_table(output, [labels, *([image] if image else [])])
        check_output(output, overwrite)
    with exit_on_error(FAILED, labels):
        found, seen = read_to_measure(labels, image, axes, position)
        for stack in (found, seen):
            if stack is not None:
                say(describe_stack(stack, hint="--axes"))
        chosen = GROUPS if ALL in asked else groups or None
        table = measure_labels(found, seen, chosen)
        if KNOWN in asked:
            table = known_of(labels, table)
        if where is not None:
            holds = matching(where, table)
            say(f"{holds.sum()} of {len(table)} rows match")
            table = table[holds]
        calibration = calibration_of(found, seen, None, None)
        write_table(table, output, calibration, names.value)
