"""The command line, ``mobile-unet``.

Exit status: 0 done, 1 some inputs failed (each named on standard error, the
others done), 2 unusable arguments. Standard output carries results only, so that
it can be piped.

The commands' modules import nothing slow at their head, so that help and usage errors
come at once.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from napari_mobile_unet.commands import end_at_once
from napari_mobile_unet.commands.console import (
    FAILED,
    UNUSABLE,
    exit_on_error,
    say,
    say_stopped,
    standard_output,
)
from napari_mobile_unet.commands.evaluate import evaluate
from napari_mobile_unet.commands.export import export
from napari_mobile_unet.commands.library import library
from napari_mobile_unet.commands.measure import measure
from napari_mobile_unet.commands.models import models
from napari_mobile_unet.commands.preprocess import preprocess
from napari_mobile_unet.commands.report import report
from napari_mobile_unet.commands.segment import segment
from napari_mobile_unet.commands.threshold import threshold
from napari_mobile_unet.commands.train import train
from napari_mobile_unet.io.atomic import check_folder

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def _saying_stopped() -> Iterator[None]:
    """Say that the block was interrupted, which typer would pass over in silence."""
    try:
        yield
    except KeyboardInterrupt as interruption:
        raise typer.Exit(say_stopped(interruption)) from interruption


class Commands(TyperGroup):
    """The commands; what is wrong with their arguments is one line."""

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """Read the arguments; see ``invoke``."""
        with _saying_stopped():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; one that is interrupted says so in a line."""
        with _saying_stopped():
            return super().invoke(ctx)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command and exit with its status."""
        alone = extra.get("standalone_mode", True)
        extra["standalone_mode"] = False
        if not alone:
            return super().main(*args, **extra)
        try:
            with standard_output():
                status = super().main(*args, **extra)
        except typer.Exit as ended:
            status = ended.exit_code
        except typer.Abort:
            status = 1
        except Exception as error:
            # Typer brings its own copy of click or uses the package, by its version.
            if not hasattr(error, "format_message"):
                raise
            status = getattr(error, "exit_code", UNUSABLE)
            _print_usage_error(error)
        sys.exit(status or 0)


def _print_usage_error(error: Any) -> None:
    message = error.format_message().strip()
    if not message or "\n" in message:  # the help itself
        error.show()
        return
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "mobile-unet"
    say(f"{command}: {message.rstrip('.')}; see {command} --help")


app = typer.Typer(
    cls=Commands,
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

    end_at_once()
    with exit_on_error(FAILED):
        run(images or [])


@app.command()
def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Output folder.")
    ] = Path("demo"),
) -> None:
    """Segment sample images, and show the result."""
    with exit_on_error(UNUSABLE):
        check_folder(output)
    from napari_mobile_unet.commands.demo import run

    with exit_on_error(FAILED):
        run(output)


for command in (
    segment,
    threshold,
    preprocess,
    train,
    evaluate,
    measure,
    export,
    report,
):
    app.command()(command)
app.add_typer(library, name="recipe")
app.add_typer(models, name="models")


def main() -> None:
    """Run the command line."""
    if isinstance(sys.stdout, TextIOWrapper):  # names of files need not be UTF-8
        sys.stdout.reconfigure(errors="surrogateescape")
    app()
