"""Help, usage errors, and an output that cannot be written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]

FULL = Path("/dev/full")


def test_help_names_every_command(run: Run) -> None:
    text = run("--help").stdout
    for command in (
        "demo", "open", "segment", "threshold", "preprocess", "train", "evaluate",
        "measure", "export", "models",
    ):  # fmt: skip
        assert f"  {command} " in text


def test_no_command_shows_the_help(run: Run) -> None:
    done = run()
    assert done.exit_code == 2
    assert "Commands:" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["segmnt"], "segmnt"),
        (["--versoin"], "--versoin"),
        (["segment"], "INPUT"),
        (["segment", "a.tif"], "--output"),
        (["segment", "a.tif", "-o", "out", "--methd", "otsu"], "--methd"),
        (["segment", "a.tif", "-o", "out", "--format", "png"], "--format"),
        (["segment", "a.tif", "-o", "out", "--batch-size", "0"], "--batch-size"),
        (["segment", "a.tif", "-o", "out", "--workers", "1000000000"], "--workers"),
        (["segment", "a.tif", "-o", "out", "--diameter", "big"], "--diameter"),
        (["threshold", "a.tif", "--foreground", "grey"], "--foreground"),
        (["train", "i", "l", "-o", "new", "--epochs", "-1"], "--epochs"),
        (["train", "i", "l", "-o", "new", "--seed", "-1"], "--seed"),
        (["measure", "a.tif", "-o", "a.csv", "--position", "-1"], "--position"),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_with_2(
    run: Run, arguments: list[str], message: str
) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert message in line
    assert line.endswith("--help")
    assert not done.stdout


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a full device")
@pytest.mark.parametrize(
    "arguments", [["--help"], ["models"], ["models", "--json"], ["threshold"]]
)
def test_a_full_output_is_one_line_and_exits_with_1(
    picture: Path, arguments: list[str]
) -> None:
    if arguments == ["threshold"]:
        arguments = ["threshold", str(picture)]
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "napari_mobile_unet", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    line = done.stderr.splitlines()[-1]
    assert "standard output cannot be written (No space left on device)" in line
    assert "Traceback" not in done.stderr


def test_a_reader_that_stops_ends_the_command_quietly() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "napari_mobile_unet", "models"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a full device")
def test_messages_that_cannot_be_written_end_nothing(picture: Path) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "napari_mobile_unet", "threshold", str(picture)],
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
            check=False,
        )
    assert done.returncode == 0
    assert done.stdout.startswith("stack: threshold")
