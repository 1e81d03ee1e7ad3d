"""What is printed, and what stops."""

from __future__ import annotations

import io
import re
import signal
import sys
from dataclasses import replace

import numpy as np
import pytest

from napari_mobile_unet.commands.console import (
    describe_stack,
    interruptible,
    print_error,
    progress_bar,
    say,
    worth_saying,
)
from napari_mobile_unet.images.channels import ChannelInfo
from napari_mobile_unet.images.stack import Stack


class Terminal(io.StringIO):
    """A screen that remembers what was written to it."""

    def isatty(self) -> bool:
        return True


def test_a_line_is_not_written_into_a_progress_bar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    screen = sys.stderr
    with progress_bar() as bar:
        bar.add_task("[/x].tif", total=2)  # a name that would be wrong markup
        say("first line")
    lines = re.split(r"[\r\n]", re.sub(r"\x1b\[[0-9;?]*\w", "", screen.getvalue()))
    assert "first line" in lines
    assert any(line.startswith("[/x].tif") for line in lines)


def test_nothing_moves_where_nobody_watches(capsys: pytest.CaptureFixture) -> None:
    with progress_bar() as bar:
        bar.add_task("a.tif", total=2)
    assert capsys.readouterr().err == ""


def test_an_error_names_its_subject_once(capsys: pytest.CaptureFixture) -> None:
    print_error("a.tif", ValueError("it is\n cut off"))
    print_error("a.tif", ValueError("a.tif is cut off"))
    assert capsys.readouterr().err.splitlines() == [
        "a.tif: it is cut off",
        "a.tif is cut off",
    ]


def test_a_stack_is_described_in_one_line() -> None:
    pixels = np.zeros((2, 3, 8, 9), np.uint8)
    stack = Stack.from_array(pixels, "TCYX", name="a.tif", left_out="1 further image")
    assert describe_stack(stack) == (
        "a.tif: T 2 × C 3 × Y 8 × X 9, uint8, axes TCYX as given; "
        "not read: 1 further image in its file"
    )
    assert ", channel 1 of 3;" in describe_stack(stack, 1)
    assert ", channel max of 3;" in describe_stack(stack, "max")
    channels = (ChannelInfo("DAPI"), ChannelInfo(), ChannelInfo("GFP"))
    known = replace(stack, channels=channels, notes=("the finest of 2 levels",))
    assert ", channel 0 of 3 (DAPI);" in describe_stack(known, 0)
    assert ", channel 1 of 3;" in describe_stack(known, 1)
    assert describe_stack(known).endswith("in its file; the finest of 2 levels")
    guess = Stack.from_array(pixels[0])
    assert describe_stack(guess, 0, "--axes").endswith(
        "axes ZYX guessed from the shape (set them with --axes)"
    )


@pytest.mark.parametrize(
    ("shape", "axes", "settings", "expected"),
    [
        ((8, 9), None, {}, False),
        ((3, 8, 9), None, {}, True),
        ((3, 8, 9), "TYX", {}, False),
        ((3, 8, 9), "CYX", {}, True),
        ((8, 9), "YX", {"left_out": "a palette"}, True),
    ],
)
def test_guesses_channels_and_what_is_left_out_are_worth_saying(
    shape: tuple[int, ...], axes: str | None, settings: dict[str, str], expected: bool
) -> None:
    assert worth_saying(Stack.from_array(np.zeros(shape), axes, **settings)) is expected


@pytest.mark.parametrize("ignored", [False, True])
def test_ctrl_c_stops_unless_it_is_ignored_already(ignored: bool) -> None:
    usual = signal.SIG_IGN if ignored else signal.default_int_handler
    before = signal.signal(signal.SIGINT, usual)
    calls: list[int] = []
    try:
        with interruptible(lambda: calls.append(1)):
            signal.raise_signal(signal.SIGINT)
        assert len(calls) == (0 if ignored else 1)
        assert signal.getsignal(signal.SIGINT) is usual
    finally:
        signal.signal(signal.SIGINT, before)
