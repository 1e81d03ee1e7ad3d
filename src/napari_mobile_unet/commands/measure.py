"""Measure the objects of a label file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    ending,
)
from napari_mobile_unet.evaluation.files import measure_file


def measure(
    labels: Annotated[Path, typer.Argument(help="Label file.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Table, .csv.")],
    image: Annotated[
        Path | None, typer.Option(help="Image, for the grey values.")
    ] = None,
) -> None:
    """Measure objects: place, size, shape, and grey values where there is an image."""
    with ending(FAILED, labels):
        measure_file(labels, output, image)
