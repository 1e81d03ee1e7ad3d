"""Labels to the files of other programs, and from these to label images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_mobile_unet.commands.beside import classes_beside
from napari_mobile_unet.commands.console import (
    FAILED,
    UNUSABLE,
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
from napari_mobile_unet.words import counted


def export(
    labels: Annotated[
        Path, typer.Argument(help="Label image, or a file of another program.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help=".zip, .roi, .geojson, .json, _seg.npy, .ome.tif or .ome.zarr.",
        ),
    ],
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="imagej|geojson|coco|cellpose|ome-tiff|ome-zarr",
            help="Format; by default what the suffix says.",
        ),
    ] = None,
    image: Annotated[
        Path | None, typer.Option(help="Image of the labels, for its name and size.")
    ] = None,
    axes: Axes = None,
    position: Position = None,
    overwrite: Overwrite = False,
) -> None:
    """Write labels for ImageJ, QuPath, Cellpose and others, or read theirs."""
    from napari_mobile_unet.corrections.beside import journal_beside, locked_in
    from napari_mobile_unet.exports.files import read_to_export
    from napari_mobile_unet.exports.labels import export_labels, form_of
    from napari_mobile_unet.io.atomic import check_apart
    from napari_mobile_unet.messages import one_line

    with exit_on_error(UNUSABLE):
        form = form_of(output, form)
        check_apart(output, [labels, *([image] if image else [])])
    with exit_on_error(FAILED):
        check_output(output, overwrite)
    with exit_on_error(FAILED, labels):
        found = read_to_export(labels, image, axes, position)
        say(describe_stack(found, hint="--axes"))
        name = str(image.name if image else found.name)
        locked: frozenset[int] = frozenset()
        if journal := journal_beside(labels):
            try:
                locked = locked_in(found.data, journal)
                say(f"{counted(len(locked), 'object')} locked by {journal.name}")
            except ValueError as error:
                say(f"Exported without locks: {one_line(error)}")
        classes = dict(enumerate(classes_beside(labels), start=1))
        export_labels(found, output, form, image=name, locked=locked, classes=classes)
