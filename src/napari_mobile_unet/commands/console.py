"""How the command line speaks: results on standard output, the rest on standard error.

Importing this costs nothing, so that ``--help`` answers at once.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

import typer

from napari_mobile_unet.commands import (
    ENDS,
    INTERRUPTED,
    STOPPED,
    TERMINATED,
    Terminated,
)
from napari_mobile_unet.messages import INPUT_ERRORS, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from rich.progress import Progress

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import Channel


FAILED = 1
"""Exit status where an input failed."""
UNUSABLE = 2
"""Exit status where the arguments are unusable and nothing was done."""

FULL = (errno.ENOSPC, errno.EFBIG, errno.EIO)
"""Why a stream cannot be written, other than that nobody reads it."""
AXES_SOURCES = {
    "given": "as given",
    "metadata": "from its metadata",
    "shape": "guessed from the shape",
    "labels": "as its labels name them",
    "image": "as its image names them",
}
"""Who named the axes of an image, in words."""


def say_stopped(interruption: BaseException, text: str = STOPPED) -> int:
    """Print that a command was interrupted, and return its exit status."""
    say(text)
    return TERMINATED if isinstance(interruption, Terminated) else INTERRUPTED


def say(text: str) -> None:
    """Print a line on standard error; one that cannot be written ends nothing."""
    try:
        # Not by typer, which would write past a progress bar, into its line.
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr, 2)


@contextmanager
def standard_output() -> Iterator[None]:
    """Turn a standard output that cannot be written into one line, and exit.

    A reader that stopped reading, such as ``head``, is left to typer.

    Raises
    ------
    typer.Exit
        With ``FAILED``.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        if error.errno not in FULL:
            raise
        _discard(sys.stdout, 1)
        say(
            f"mobile-unet: standard output cannot be written ({error.strerror}); "
            "free space, or send it elsewhere"
        )
        raise typer.Exit(FAILED) from error


def print_result(text: str) -> None:
    """Print a line of the result on standard output."""
    with standard_output():
        typer.echo(text)


def _discard(stream: TextIO, number: int) -> None:
    """Send a stream that is full to nowhere, or Python fails again at its own exit."""
    with suppress(OSError, ValueError):
        if stream.fileno() == number:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)


def describe_stack(stack: Stack, channel: Channel | None = None, hint: str = "") -> str:
    """Return what was understood of an image, in one line.

    Parameters
    ----------
    stack : Stack
        The image, with all its channels.
    channel : int, "mean" or "max", optional
        What is used of its channels; all of them if left out.
    hint : str
        The option that names the axes, where they were guessed.
    """
    sizes = " × ".join(f"{axis} {size}" for axis, size in stack.sizes.items())
    text = f"{stack.name}: {sizes}, {stack.data.dtype}, axes {stack.axes} "
    text += AXES_SOURCES[stack.axes_source]
    if hint and stack.axes_source == "shape":
        text += f" (set them with {hint})"
    if "C" in stack.axes and channel is not None:
        text += f", channel {channel} of {stack.sizes['C']}"
        if not isinstance(channel, str):
            named = (c.name for c in stack.channels[channel : channel + 1] if c.name)
            text += "".join(f" ({name})" for name in named)
    if stack.left_out:
        text += f"; not read: {stack.left_out} in its file"
    return "; ".join([text, *stack.notes])


def worth_saying(stack: Stack) -> bool:
    """Return whether axes were guessed, channels are used, or parts are left out.

    For commands that read many files, of which a line each would hide these. The axes
    of a single plane are no guess.
    """
    guessed = stack.axes_source == "shape" and len(stack.axes) > 2
    return guessed or "C" in stack.axes or bool(stack.left_out or stack.notes)


def print_error(subject: object, error: BaseException) -> None:
    """Print an error in one line that names its subject once."""
    message = one_line(error)
    named = message.startswith(str(subject))
    say(message if named else f"{subject}: {message}")


@contextmanager
def exit_on_error(status: int, subject: object = "mobile-unet") -> Iterator[None]:
    """Print an error of the block in one line that names its subject, and exit."""
    try:
        yield
    except INPUT_ERRORS as error:
        print_error(subject, error)
        raise typer.Exit(status) from error


@contextmanager
def interruptible(stop: Callable[[], None]) -> Iterator[None]:
    """Call this at the first Ctrl-C of the block; the second one raises, as ever.

    An exception could come anywhere, even between two messages of a training. What
    else ends the program in order counts like Ctrl-C.
    """

    def first(number: int, frame: FrameType | None) -> None:
        signal.signal(number, usual[number])
        stop()

    numbers = [signal.SIGINT, *ENDS]
    usual: dict[int, Any] = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        if callable(usual[number]):  # not ignored, as in the background
            signal.signal(number, first)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, usual[number])


def progress_bar(quiet: bool = False) -> Progress:
    """Return a progress bar on standard error; none in a file or a pipe."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),  # names may have brackets
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, soft_wrap=True, highlight=False, markup=False),
        disable=quiet or not sys.stderr.isatty(),
        transient=True,
    )
