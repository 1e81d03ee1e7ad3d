"""How the command line speaks: results on standard output, the rest beside it."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from napari_mobile_unet.messages import CAUGHT, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.recipes.recipe import Recipe


errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
"""Standard error: what was understood, progress, and what went wrong."""
REFUSED = 2
"""Exit status where the arguments are unusable and nothing was done."""
FAILED = 1
"""Exit status where an input failed."""
STOPPED = 130
"""Exit status after Ctrl+C, as shells have it."""


def describe(stack: Stack, recipe: Recipe) -> str:
    """Return what was understood of an image, in one line."""
    sizes = " × ".join(f"{axis} {size}" for axis, size in stack.sizes.items())
    known = {
        "given": "as given",
        "metadata": "from its metadata",
        "shape": "guessed from the shape; --axes sets them",
    }
    text = f"{stack.name}: {sizes}, {stack.data.dtype}, axes {stack.axes} "
    text += known[stack.axes_source]
    if "C" in stack.axes:
        text += f", channel {recipe.channel or 0} of {stack.sizes['C']}"
    if stack.left_out:
        text += f"; not read: {stack.left_out} in its file"
    return text


def complain(subject: object, error: BaseException) -> None:
    """Print one line on an error, which names what it is about once."""
    message = one_line(error)
    named = message.startswith(str(subject))
    errors.print(message if named else f"{subject}: {message}")


@contextmanager
def ending(status: int, subject: object = "mobile-unet") -> Iterator[None]:
    """Turn an error of the block into one line that names its subject, and end."""
    try:
        yield
    except CAUGHT as error:
        complain(subject, error)
        raise typer.Exit(status) from error


@contextmanager
def interruptible(stop: Callable[[], None]) -> Iterator[None]:
    """Call this at the first Ctrl-C of the block; the second one raises, as ever.

    An exception could come anywhere, even between two messages of a training.
    """

    def first(number: int, frame: FrameType | None) -> None:
        signal.signal(number, usual)
        stop()

    usual = signal.getsignal(signal.SIGINT)
    if usual is not signal.default_int_handler:  # ignored, as in the background
        yield
        return
    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def progress_bar(quiet: bool = False) -> Progress:
    """Return a progress bar on standard error."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=errors,
        disable=quiet,
        transient=True,
    )
