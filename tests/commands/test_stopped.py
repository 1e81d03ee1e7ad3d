"""A command that is stopped from outside: a line, nothing half, no process left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest
import tifffile
from typer.testing import CliRunner

from napari_mobile_unet.commands import STOPPED, Terminated
from napari_mobile_unet.commands.app import app
from napari_mobile_unet.runs.disk_store import DiskStore

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
PLANES = 400


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Return a stack that takes some seconds."""
    rng = np.random.default_rng(0)
    planes = rng.integers(0, 40, (PLANES, 64, 64)).astype(np.uint8)
    planes[:, 20:40, 20:40] += 150
    tifffile.imwrite(tmp_path / "cells.tif", planes, metadata={"axes": "TYX"})
    return tmp_path / "cells.tif"


def hears() -> None:
    """In the child: take signals as usual, even if the tests run under nohup."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def begin(*arguments: object, mark: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "napari_mobile_unet", *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "MARK": mark},
        start_new_session=True,
        preexec_fn=hears,
    )


def left_of(mark: str) -> list[list[str]]:
    """Return the command lines of processes that a marked one has left."""
    left = []
    for process in psutil.process_iter():
        try:
            dead = process.status() == psutil.STATUS_ZOMBIE
            if not dead and process.environ().get("MARK") == mark:
                left.append(process.cmdline())
        except psutil.Error:
            continue
    return left


@pytest.mark.parametrize(
    ("executor", "number", "status"),
    [
        ("threads", signal.SIGINT, 130),
        ("threads", signal.SIGTERM, 143),
        ("processes", signal.SIGTERM, 143),
    ],
)
def test_a_run_that_is_stopped_keeps_its_planes(
    executor: str, number: int, status: int, image: Path, tmp_path: Path
) -> None:
    out, mark = tmp_path / "out", uuid.uuid4().hex
    command = ["segment", image, "-o", out, "--method", "otsu", "--executor", executor]
    run = DiskStore(out / "cells.run")
    with begin(*command, "--batch-size", 1, "--quiet", mark=mark) as child:
        while child.poll() is None and not (run.exists and len(run.done) > 2):
            time.sleep(0.01)
        child.send_signal(number)
        said = child.communicate()[1]
    assert child.returncode == status
    assert said == (
        f"{image}: stopped; finished planes are kept: use --resume to continue\n"
    )
    assert 2 < len(run.done) < PLANES
    assert [path.name for path in out.iterdir()] == ["cells.run"]
    end = time.monotonic() + 20
    while left_of(mark) and time.monotonic() < end:
        time.sleep(0.1)
    assert left_of(mark) == []


SLOWLY = """
import sys, time
import pandas as pd
from napari_mobile_unet.commands import main

written = pd.DataFrame.to_csv
def slowly(self, path, **settings):
    written(self.head(3), path, **settings)
    print("half", flush=True)
    time.sleep(60)
pd.DataFrame.to_csv = slowly
sys.argv = ["mobile-unet", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)],
)
def test_a_table_is_not_there_if_it_is_stopped_while_it_is_written(
    number: int, status: int, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    np.save(tmp_path / "l.npy", np.arange(6400).reshape(80, 80))
    command = ["measure", tmp_path / "l.npy", "-o", tmp_path / "out" / "a.csv"]
    with subprocess.Popen(
        [sys.executable, "-c", SLOWLY, *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hears,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "half\n"
        child.send_signal(number)
        said = child.communicate()[1]
    assert child.returncode == status
    assert said.splitlines()[-1] == (
        "mobile-unet: stopped; nothing unfinished is left in the results"
    )
    assert "Traceback" not in said
    assert list((tmp_path / "out").iterdir()) == []


def test_what_ignores_a_closed_terminal_goes_on(tmp_path: Path) -> None:
    program = """
import signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
from napari_mobile_unet.commands import end_in_order
end_in_order()
signal.raise_signal(signal.SIGHUP)
print("on")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "on\n"


@pytest.mark.parametrize("step", ["make_context", "invoke"])
def test_who_is_interrupted_early_says_so_too(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise Terminated

    monkeypatch.setattr(f"typer.core.TyperGroup.{step}", interrupted)
    done = CliRunner().invoke(app, ["models"])
    assert (done.exit_code, done.stderr) == (143, f"{STOPPED}\n")
