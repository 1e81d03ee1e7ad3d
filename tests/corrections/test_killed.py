"""A program that is killed at any moment loses nothing that it had shown as done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import zarr

from napari_mobile_unet.corrections.journal import is_begun
from napari_mobile_unet.corrections.replay import fold, replay
from napari_mobile_unet.corrections.resume import resume

MOMENTS = 20

PROGRAM = """
import sys, numpy as np, zarr
from napari_mobile_unet.corrections.change import Change
from napari_mobile_unet.corrections.session import Corrections

where, journal = sys.argv[1:]
labels = np.load(where) if where.endswith(".npy") else zarr.open_array(where, mode="r+")
corrections = Corrections(labels, journal=journal)
random = np.random.default_rng(0)
print("ready", flush=True)
for number in range(1, 10_000):
    plane = (int(random.integers(2)),)
    row, column = (int(random.integers(40)) for _ in "yx")
    if random.random() < 0.2:
        done = corrections.undo()
    else:
        values = random.integers(0, 2, (20, 20)) * int(random.integers(1, 500))
        change = Change(plane, (row, column), values)
        done = corrections.do("draw", [change], on=range(501))
    print(number, corrections.history.last, len(corrections.history), flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize("form", ["npy", "zarr"])
def test_nothing_that_was_done_is_lost(tmp_path, form):
    random = np.random.default_rng(1)
    base = random.integers(0, 9, (2, 60, 60)).astype(np.uint16)
    lasts = []
    for moment in range(MOMENTS // 2):
        place, path = tmp_path / f"{moment}.{form}", tmp_path / f"{moment}.jsonl"
        if form == "npy":
            np.save(place, base)
        else:
            array = zarr.create_array(place, shape=base.shape, dtype=base.dtype)
            array[:] = base
        child = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, place, path],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout.readline() == "ready\n"
        time.sleep(random.uniform(0, 0.4))
        child.send_signal(signal.SIGKILL)
        # A last line may be cut off as well.
        shown = [line for line in child.stdout.read().splitlines(True) if "\n" in line]
        child.stdout.close()
        assert child.wait() == -signal.SIGKILL
        _, last, depth = map(int, shown[-1].split()) if shown else (0, 0, 0)
        if not is_begun(path):
            assert last == 0
            continue
        lasts.append(last)
        labels = np.load(place) if form == "npy" else zarr.open_array(place, mode="r+")
        corrections = resume(labels, path).corrections
        # At most the step that was under way has come after.
        assert last <= corrections.history.last <= last + 1
        if corrections.history.last == last:
            assert abs(len(corrections.history) - depth) <= 1
        assert np.array_equal(replay(base, path), labels[:])
        while corrections.undo():
            pass
        assert np.array_equal(labels[:], base)
        corrections.close()
        assert fold(path).content.notes == []
    assert max(lasts) > 10
