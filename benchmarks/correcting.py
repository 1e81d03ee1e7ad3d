"""Time from a tool's key to the labels under it, on the page Correct.

    python benchmarks/correcting.py [--times 20]

Needs a screen, or xvfb-run. Each tool is used on an object in the middle of labels of
several sizes and then undone. What is timed is all that happens until the layer and its
marks are redrawn, the drawing of the canvas included. Medians, the longest in brackets.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import napari
import numpy as np
from qtpy.QtWidgets import QApplication

from napari_mobile_unet.widgets.correct import journals
from napari_mobile_unet.widgets.correct.tools import TOOLS

SHAPES = {
    "512²": (512, 512),
    "2,048²": (2048, 2048),
    "100 × 512²": (100, 512, 512),
    "8,192²": (8192, 8192),
}
USED = ("delete", "split", "grow", "shrink", "smooth", "fill holes", "hull")


def main() -> None:
    """Print the times, a row for each tool and a column for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    chosen = parser.parse_args()
    rows: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        journals.user_data_path = lambda *_: Path(folder)
        for shape in SHAPES.values():
            for name, times in measure(shape, chosen.times).items():
                text = f"{1e3 * np.median(times):.0f} ({1e3 * max(times):.0f})"
                rows.setdefault(name, []).append(text)
    print(f"{'ms':14}" + "".join(f"{name:>16}" for name in SHAPES))
    for name, texts in rows.items():
        print(f"{name:14}" + "".join(f"{text:>16}" for text in texts))


def measure(shape: tuple[int, ...], times: int) -> dict[str, list[float]]:
    """Return the seconds that each tool took, and its undoing."""
    viewer = napari.Viewer()
    labels = dumb_bells(shape)
    layer = viewer.add_labels(labels)
    _, dock = viewer.window.add_plugin_dock_widget(
        "napari-mobile-unet", "Correct labels"
    )
    bench = dock.bench
    while bench.desk is None:
        QApplication.processEvents()
    middle = tuple(np.array(shape[-2:]) // 64 * 32 + (16, 21))
    plane = bench.plane()
    own = int(labels[(*plane, *middle)])
    bench.choose((own,))
    bench.show(plane, middle)
    viewer.scene.camera.zoom = 2
    found: dict[str, list[float]] = {}
    for tool in TOOLS:
        if tool.name not in USED:
            continue
        for _ in range(times):
            bench.choose((own,))
            settle()
            seconds, changed = timed(viewer, lambda tool=tool: bench.hand.use(tool))
            if not changed:
                raise SystemExit(f"{tool.name}: {dock.status.text()}")
            found.setdefault(tool.name, []).append(seconds)
            seconds, _ = timed(viewer, bench.desk.undo)
            found.setdefault("undo", []).append(seconds)
    place = (*plane, middle[0] + 6, middle[1])

    def stroke() -> None:
        with layer.block_history():
            layer.paint(place, own)

    for _ in range(times):
        settle()
        layer.mode, layer.selected_label = "paint", own
        found.setdefault("stroke", []).append(timed(viewer, stroke)[0])
        bench.desk.undo()
    viewer.close()
    return found


def timed(viewer: napari.Viewer, action: object) -> tuple[float, bool]:
    """Return how long an action and the drawing after it take, and if it did a step."""
    bench = next(iter(viewer.window.dock_widgets.values())).bench
    steps = len(bench.session.history)
    begun = time.perf_counter()
    action()
    viewer.window._qt_viewer.canvas.native.repaint()
    settle()
    return time.perf_counter() - begun, len(bench.session.history) != steps


def settle() -> None:
    """Let the event loop do what waits."""
    for _ in range(3):
        QApplication.processEvents()


def dumb_bells(shape: tuple[int, ...]) -> np.ndarray:
    """Return labels with an object of two discs on each field of 32²: 2,048² has 4,096.

    Each has a hole in one disc.
    """
    rows, columns = np.ogrid[:32, :32]
    left, right = ((rows - 16) ** 2 + (columns - c) ** 2 < 36 for c in (10, 21))
    cell = (left | right).astype(np.int32)
    cell[16, 10] = 0
    height, width = shape[-2:]
    grid = np.arange(1, height // 32 * (width // 32) + 1, dtype=np.int32)
    field = np.kron(
        grid.reshape(height // 32, width // 32), np.ones((32, 32), np.int32)
    )
    plane = field * np.tile(cell, (height // 32, width // 32))
    return np.broadcast_to(plane, shape).copy()


if __name__ == "__main__":
    main()
