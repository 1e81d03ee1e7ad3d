"""A folder of images through the dock *Batch*: time, memory, and the same results.

    python benchmarks/batch.py IMAGES [--most 600] [--compare 20] [--output FOLDER]
        [--recipe FILE|NAME|JSON]

Needs a screen, or xvfb-run. Images of the folder, and of folders in it, are segmented
in a window by the shipped model, or a recipe; the window's event loop is listened to
meanwhile. Then some are segmented by the command line, and labels and tables are
compared to the bit. With an output folder of before it tells how long it takes to find
that all is done.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
import psutil
import tifffile
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_mobile_unet.io.names import stem_of
from napari_mobile_unet.recipes.library import find_recipe
from napari_mobile_unet.runs.inputs import find_inputs, without_clashes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_mobile_unet.recipes.recipe import Recipe

MEGABYTE = 2**20
WARM = 10
"""Images after which the network and all libraries are in memory."""
PATTERN = "images/*.png; */images/*.png; *.tif; *.png"


def main() -> None:
    """Run a batch, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("--most", type=int, default=600)
    parser.add_argument("--compare", type=int, default=20)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--recipe", default="{}")
    chosen = parser.parse_args()
    found = without_clashes(find_inputs([chosen.images], PATTERN))
    files = found.files[: chosen.most]
    output = chosen.output or Path(tempfile.mkdtemp())
    batch(files, output, find_recipe(chosen.recipe))
    step = max(1, len(files) // chosen.compare)
    compare(files[::step][: chosen.compare], output, chosen.recipe)


def batch(files: Sequence[Path], output: Path, recipe: Recipe) -> None:
    """Segment files in a window; print times, memory and silences of the window."""
    viewer = napari.Viewer()
    _, dock = viewer.window.add_plugin_dock_widget("napari-mobile-unet", "Batch")
    dock.form.take([str(path) for path in files])
    dock.form.output.setText(str(output))
    dock.form.changed.emit()
    dock.form.recipes.choose(recipe)
    while dock.model.rowCount() != len(files):
        QApplication.processEvents()
        time.sleep(0.002)
    memory: list[float] = []
    beats = [time.perf_counter()]
    heart = QTimer()
    heart.timeout.connect(lambda: beats.append(time.perf_counter()))
    heart.start(5)

    def note(change: tuple[int, Any]) -> None:
        if change[1].state in ("done", "failed"):
            memory.append(psutil.Process().memory_info().rss / MEGABYTE)

    dock.job.yielded.connect(note)
    before = psutil.Process().memory_info().rss / MEGABYTE
    begin = time.perf_counter()
    dock.start_button.click()
    while dock.job.running:
        QApplication.processEvents()
        time.sleep(0.002)
    took = time.perf_counter() - begin
    warm = memory[min(WARM, len(memory) - 1)]
    print(f"{dock.model.summary}: {took:.0f} s, {took / len(files):.2f} s an image")
    print(
        f"memory: {before:.0f} MB before, {warm:.0f} MB after {WARM} images, "
        f"{memory[-1]:.0f} MB at the end, {max(memory):.0f} MB at most"
    )
    gaps = np.diff(beats)
    print(
        f"event loop: longest silence {1e3 * gaps.max():.0f} ms, 99 of 100 below "
        f"{1e3 * np.percentile(gaps, 99):.0f} ms"
    )
    viewer.close()


def compare(files: Sequence[Path], output: Path, recipe: str) -> None:
    """Segment files by the command line, and compare labels and tables."""
    with tempfile.TemporaryDirectory() as other:
        program = Path(sys.executable).with_name("mobile-unet")
        command = [program, "segment", *files, "-o", other, "--quiet"]
        command += ["--recipe", recipe]
        subprocess.run(command, check=False)
        same = 0
        for path in files:
            mine, theirs = output / stem_of(path), Path(other) / stem_of(path)
            labels = [tifffile.imread(f"{p}_labels.tif") for p in (mine, theirs)]
            tables = [Path(f"{p}_objects.csv").read_bytes() for p in (mine, theirs)]
            same += np.array_equal(*labels) and tables[0] == tables[1]
    print(f"the same labels and tables as the command line: {same} of {len(files)}")


if __name__ == "__main__":
    main()
