"""Time from a changed setting to the objects drawn anew in the preview.

    python benchmarks/preview.py [--size 2048] [--objects 2000] [--times 15]

Needs a screen, or xvfb-run. A plane of discs is looked at in the dock; then its
confidence, and settings of the objects, are changed. What is timed goes from the change
of the field to the end of the first drawing of the canvas with the new objects.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

import cv2
import napari
import numpy as np
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> None:
    """Change settings, and print how long it took until the objects were redrawn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--objects", type=int, default=2000)
    parser.add_argument("--times", type=int, default=15)
    chosen = parser.parse_args()
    viewer = napari.Viewer()
    _, dock = viewer.window.add_plugin_dock_widget("napari-mobile-unet", "Mobile U-Net")
    viewer.add_image(discs(chosen.size, chosen.objects))
    answers: list[Any] = []
    dock.preview.answered.connect(answers.append)
    begin = time.perf_counter()
    dock.preview.tick.setChecked(True)
    wait(lambda: any(answers))
    print(f"the network's first look: {time.perf_counter() - begin:.1f} s")
    print(dock.preview.status.text())
    forms = {"min_confidence": dock.settings, "min_size": dock.objects,
             "fill_holes": dock.objects}  # fmt: skip
    values = {
        "min_confidence": np.linspace(0.4, 0.99, chosen.times).round(3).tolist(),
        "min_size": range(100, 100 + 20 * chosen.times, 20),
        "fill_holes": [bool(n % 2) for n in range(chosen.times)],
    }
    canvas = dock.viewer.window._qt_viewer.canvas._scene_canvas
    beats: list[float] = []
    heart = QTimer()
    heart.timeout.connect(lambda: beats.append(time.perf_counter()))
    heart.start(0)
    for name, form in forms.items():
        times, longest = [], 0.0
        for value in values[name]:
            if form.fields[name].value == value:
                continue
            answers.clear()
            beats.clear()
            begin = time.perf_counter()
            form.fields[name].value = value
            wait(lambda: bool(answers))
            canvas.native.repaint()
            end = time.perf_counter()
            times.append(1e3 * (end - begin))
            longest = max(longest, *np.diff([begin, *beats, end]))
        low, median, high = np.percentile(times, (25, 50, 75))
        print(
            f"{name}: median {median:.0f} ms ({low:.0f} to {high:.0f}), worst "
            f"{max(times):.0f} ms; longest gap of the event loop {1e3 * longest:.0f} ms"
        )
    viewer.close()


def discs(side: int, count: int) -> np.ndarray:
    """Return a plane of ellipses on a grid, with the noise of a camera."""
    rng = np.random.default_rng(0)
    across = int(np.ceil(count**0.5))
    step = side / across
    plane = np.full((side, side), 300, np.float32)
    for number in range(count):
        row, column = divmod(number, across)
        y, x = (np.array([row, column]) + 0.5 + rng.uniform(-0.1, 0.1, 2)) * step
        width = step * rng.uniform(0.35, 0.57)
        box = ((float(x), float(y)), (width, 0.85 * width), float(rng.uniform(0, 180)))
        cv2.ellipse(plane, box, float(rng.uniform(900, 2500)), -1)
    return rng.poisson(cv2.GaussianBlur(plane, (0, 0), 1.2)).astype(np.uint16)


def wait(reached: Callable[[], bool], seconds: float = 120) -> None:
    """Run the event loop until something is reached."""
    end = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError(f"nothing came within {seconds:g} s")
        QApplication.processEvents()


if __name__ == "__main__":
    main()
