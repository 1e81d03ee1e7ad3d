"""Measure the objects of a label file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    describe_stack,
    exit_on_error,
    say,
)
from napari_mobile_unet.commands.options import (
    Axes,
    Overwrite,
    Position,
    check_output,
)


def measure(
    labels: Annotated[Path, typer.Argument(help="Label file.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Table, .csv.")],
    image: Annotated[
        Path | None, typer.Option(help="Image, for the grey values.")
    ] = None,
    axes: Axes = None,
    position: Position = None,
    overwrite: Overwrite = False,
) -> None:
    """Measure objects: place, size, shape and, with an image, grey values."""
    from napari_mobile_unet.evaluation.files import (
        check_table,
        measure_labels,
        read_to_measure,
        write_table,
    )

    with exit_on_error(FAILED):
        check_table(output, [labels, *([image] if image else [])])
        check_output(output, overwrite)
    with exit_on_error(FAILED, labels):
        found, seen = read_to_measure(labels, image, axes, position)
        for stack in (found, seen):
            if stack is not None:
                say(describe_stack(stack, hint="--axes"))
        write_table(measure_labels(found, seen), output)
