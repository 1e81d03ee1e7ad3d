"""Write a page about a folder of results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_mobile_unet.commands.console import FAILED, exit_on_error, say
from napari_mobile_unet.commands.options import Overwrite, check_output


def report(
    results: Annotated[Path, typer.Argument(help="Output folder of segment.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Page to write, .html.")
    ],
    images: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of images that are no longer where they were."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write one HTML page about results: counts, confidence, sizes, pictures."""
    from napari_mobile_unet.runs.report import write_report

    with exit_on_error(FAILED):
        check_output(output, overwrite)
        write_report(results, output, images or ())
        say(f"{results}: {output}")
