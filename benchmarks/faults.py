"""Strike commands at random moments: what is left, and do they go on.

    python benchmarks/faults.py [--strikes 100] [--seed 0] [--trainings 0]

Each time a command of the command line is begun, and gets Ctrl+C, SIGTERM or SIGKILL at
a random moment of its time; or its disk is full from a random size of file on. Then

- it has to end, with no traceback, and (unless it was killed) with a line that says so;
- none of the processes that it began may be left;
- a file under a final name has to be whole: as after a run that nobody disturbed;
- nothing else may be left (but what it was killed over), and
- the same command, with ``--resume`` or ``--overwrite``, has to give the same results.

Printed are the strikes of each kind, and how many came before, during and after the
work. The exit status tells whether anything was wrong. ``--trainings`` adds as many
strikes of ``train``, which take a minute each.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import tifffile

from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.runs.log import LOG
from napari_mobile_unet.samples import sample_path

MARK = "MOBILE_UNET_STRUCK"
"""Variable by which the processes of a command are found again."""
FAULTS = ("SIGINT", "SIGTERM", "SIGKILL", "full disk")
STATUS = {"SIGINT": {130, -2}, "SIGTERM": {143, -15}, "SIGKILL": {-9}, "full disk": {1}}
"""Exit status after each; where Python imports, a signal ends it as ever."""
ENDS = 60.0
"""Seconds within which a command has to end."""
LINGER = 10.0
"""Seconds within which what it began has to be gone, too."""


@dataclass(frozen=True)
class Command:
    """A command, and what it writes."""

    name: str
    arguments: list[str]
    outputs: tuple[str, ...]
    """Final names, within the folder ``out``."""
    again: str = "--overwrite"
    """How it is begun again."""


@dataclass
class Outcome:
    """What came of a strike."""

    moment: str
    """start, work or end."""
    wrong: list[str] = field(default_factory=list)


def commands(folder: Path, trainings: bool) -> list[Command]:
    """Return the commands, with their inputs in a folder."""
    inputs = folder / "inputs"
    inputs.mkdir()
    stack = read_stack(sample_path("nuclei_zstack.tif"))
    truth = read_stack(sample_path("nuclei_zstack_labels.tif"))
    planes = np.tile(np.asarray(stack.data), (3, 1, 1))
    image, labels = inputs / "cells.tif", inputs / "cells_labels.tif"
    tifffile.imwrite(image, planes, metadata={"axes": "ZYX"})
    tifffile.imwrite(labels, np.asarray(truth.data), metadata={"axes": "ZYX"})
    many = folder / "many"
    many.mkdir()
    for number in range(6):
        tifffile.imwrite(many / f"{number}.tif", planes[number])
    three = "{0}_labels.tif {0}_objects.csv {0}_recipe.json"
    otsu = ["segment", str(image), "-o", "out", "--method", "otsu"]
    unet = ["segment", str(image), "-o", "out", "--workers", "2"]
    folderful = ["segment", str(many), "-o", "out", "--method", "otsu", "--overlay"]
    names = tuple(
        name
        for number in range(6)
        for name in [*three.format(number).split(), f"{number}_overlay.png"]
    )
    cells = tuple(three.format("cells").split())
    found = [
        Command("segment", unet, cells, "--resume"),
        Command("segment, processes", [*otsu, "--executor", "processes"], cells),
        Command("segment, zarr", [*otsu, "--format", "zarr"], ("cells_labels.zarr",)),
        Command("batch", folderful, names, "--resume"),
        Command(
            "measure",
            ["measure", str(labels), "-o", "out/table.csv", "--columns", "all"],
            ("table.csv",),
        ),
        Command("export", ["export", str(labels), "-o", "out/rois.zip"], ("rois.zip",)),
    ]
    if trainings:
        teach = ["train", str(inputs / "cells.tif"), str(labels), "-o", "out/model"]
        found.append(Command("train", [*teach, "--epochs", "1"], ("model",)))
    return found


def content(path: Path) -> Any:
    """Return what is in a result, without what differs from run to run."""
    if path.is_dir():
        return read_stack(path).data[:].tobytes() if path.suffix == ".zarr" else None
    if path.suffix == ".tif":
        return tifffile.imread(path).tobytes()
    if path.suffix == ".json":
        return path.read_bytes()[-2:].strip()  # it holds the time; it ends whole
    if path.suffix == ".zip":
        import zipfile

        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    return path.read_bytes()


def begin(
    command: Command, room: Path, *extra: str, limit: int | None = None
) -> tuple[subprocess.Popen[str], str]:
    """Begin a command in a room; return it, and the mark of its processes."""
    mark = uuid.uuid4().hex

    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    child = subprocess.Popen(
        [sys.executable, "-m", "napari_mobile_unet", *command.arguments, *extra],
        cwd=room,
        stdout=subprocess.DEVNULL,
        stderr=(room / "said").open("w"),
        text=True,
        env={**os.environ, MARK: mark},
        preexec_fn=limited,
        start_new_session=True,
    )
    return child, mark


def left_of(mark: str) -> list[psutil.Process]:
    """Return the processes that were begun with a mark and still run."""
    left = []
    for process in psutil.process_iter():
        try:
            running = process.status() != psutil.STATUS_ZOMBIE
            if running and process.environ().get(MARK) == mark:
                left.append(process)
        except (psutil.Error, OSError):
            continue
    return left


def whole_run(command: Command, room: Path) -> tuple[dict[str, Any], float]:
    """Return the results of a command that nobody disturbs, and its seconds."""
    (room / "out").mkdir(parents=True)
    begun = time.monotonic()
    child, _ = begin(command, room)
    if child.wait(600):
        sys.exit(f"{command.name} fails by itself: {(room / 'said').read_text()}")
    took = time.monotonic() - begun
    return {name: content(room / "out" / name) for name in command.outputs}, took


def strike(
    command: Command,
    fault: str,
    room: Path,
    expected: dict[str, Any],
    took: float,
    chance: random.Random,
) -> Outcome:
    """Begin a command, strike it, and look at what is left."""
    out = room / "out"
    out.mkdir(parents=True)
    limit = None
    if fault == "full disk":
        limit = int(10 ** chance.uniform(2, 6.5))
    moment = chance.uniform(0, 1.1)
    child, mark = begin(command, room, limit=limit)
    if fault != "full disk":
        time.sleep(moment * took)
        if child.poll() is None:
            child.send_signal(getattr(signal, fault))
    outcome = Outcome("work")
    try:
        status = child.wait(ENDS)
    except subprocess.TimeoutExpired:
        outcome.wrong.append(f"still runs {ENDS:.0f} s after {fault}")
        child.kill()
        status = child.wait()
    said = (room / "said").read_text()
    end = time.monotonic() + LINGER
    while (left := left_of(mark)) and time.monotonic() < end:
        time.sleep(0.1)
    for process in left:
        outcome.wrong.append(f"left running: {' '.join(process.cmdline())[:200]}")
        process.kill()
    if status == 0:
        outcome.moment = "end"
    elif not any(out.iterdir()):
        outcome.moment = "start"
    if "Traceback" in said:
        outcome.wrong.append(f"a traceback:\n{said[-2000:]}")
    if status and status not in STATUS[fault]:
        outcome.wrong.append(f"status {status} after {fault}: {said[-300:]}")
    if status > 0 and not said.strip():
        outcome.wrong.append("says nothing")
    for name in command.outputs:
        path = out / name
        if path.exists() and content(path) != expected[name]:
            outcome.wrong.append(f"{name} is not whole")
    others = {path.name for path in out.iterdir()} - set(command.outputs)
    kept = {name for name in others if name.endswith(".run")} | {LOG}
    if fault != "SIGKILL" and (strange := others - kept):
        outcome.wrong.append(f"left behind after {fault}: {sorted(strange)}")
    again, _ = begin(command, room, *([command.again] if status else []))
    if status and again.wait(600):
        outcome.wrong.append(f"does not go on: {(room / 'said').read_text()[-500:]}")
    again.wait(600)
    for name in command.outputs:
        if content(out / name) != expected[name]:
            outcome.wrong.append(f"{name} differs when it has gone on")
    return outcome


def main() -> int:
    """Strike commands, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strikes", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trainings", type=int, default=0)
    parser.add_argument("--only", default="", help="Commands whose name holds this.")
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)
    counts: Counter[tuple[str, str, str]] = Counter()
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="mobile-unet-faults-") as name:
        folder = Path(name)
        known = {}
        for command in commands(folder, bool(chosen.trainings)):
            if chosen.only in command.name:
                room = folder / f"whole {command.name}"
                known[command.name] = command, *whole_run(command, room)
        several = [each for each in known if each != "train"]
        plan = [several[number % len(several)] for number in range(chosen.strikes)]
        plan += ["train"] * chosen.trainings
        for number, each in enumerate(plan):
            command, expected, took = known[each]
            fault = FAULTS[(number // len(several)) % len(FAULTS)]
            room = folder / f"strike {number}"
            outcome = strike(command, fault, room, expected, took, chance)
            counts[each, fault, outcome.moment] += 1
            print(f"{number} {each}, {fault}: {outcome.moment}", flush=True)
            for text in outcome.wrong:
                wrong += 1
                print(f"{number} {each}, {fault}: {text}", flush=True)
            shutil.rmtree(room, ignore_errors=True)
    print("| command | fault | before work | during it | after it |")
    print("| --- | --- | ---: | ---: | ---: |")
    for each, fault in sorted({key[:2] for key in counts}):
        moments = (counts[each, fault, moment] for moment in ("start", "work", "end"))
        print(f"| {each} | {fault} | {' | '.join(map(str, moments))} |")
    print(f"{sum(counts.values())} strikes, {wrong} things wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
