"""The command line, ``mobile-unet``.

Exit status: 0 done, 1 some inputs failed (each named on standard error, the
others done), 2 unusable arguments. Standard output carries results only, so that
it can be piped.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from napari_mobile_unet.commands.console import (
    FAILED,
    REFUSED,
    ending,
)
from napari_mobile_unet.commands.evaluate import evaluate
from napari_mobile_unet.commands.measure import measure
from napari_mobile_unet.commands.models import models
from napari_mobile_unet.commands.preprocess import preprocess
from napari_mobile_unet.commands.segment import segment
from napari_mobile_unet.commands.threshold import threshold
from napari_mobile_unet.commands.train import train
from napari_mobile_unet.io.atomic import check_folder

app = typer.Typer(
    help="Prepare, threshold and segment microscope images and stacks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(version("napari-mobile-unet"))
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command("open")
def open_(
    images: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE...]", show_default=False)
    ] = None,
) -> None:
    """Open napari with the images and the plugin's docks."""
    from napari_mobile_unet.widgets.window import run

    with ending(FAILED):
        run(images or [])


@app.command()
def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Output folder.")
    ] = Path("demo"),
) -> None:
    """Run the main job on sample images, and show the result."""
    from napari_mobile_unet.commands.demo import run

    with ending(REFUSED):
        check_folder(output)
    with ending(FAILED):
        run(output)


for command in (segment, threshold, preprocess, train, evaluate, measure, models):
    app.command()(command)


def main() -> None:
    """Run the command line."""
    app()
