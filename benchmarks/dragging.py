"""Time from a move of the mouse on the threshold's line to the labels under it.

    python benchmarks/dragging.py [--size 2048] [--moves 100]

Needs a screen, or xvfb-run. The line of a 16-bit plane is dragged in the dock; what
is timed is the handling of one move, from the event to the labels layer and the
plot, without the drawing of napari's canvas, which comes later. The longest gap of
the event loop during the drag, drawing and all, is printed as well.
"""

from __future__ import annotations

import argparse
import time

import napari
import numpy as np
from matplotlib.backend_bases import MouseEvent
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication


def main() -> None:
    """Drag the line, and print how long each move took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--moves", type=int, default=100)
    chosen = parser.parse_args()
    viewer = napari.Viewer()
    _, dock = viewer.window.add_plugin_dock_widget(
        "napari-mobile-unet", "Otsu threshold"
    )
    rng = np.random.default_rng(0)
    side = chosen.size
    plane = rng.normal(400, 40, (side, side))
    y, x = np.mgrid[:side, :side]
    plane += 1500 * ((np.sin(x / 9) * np.sin(y / 9)) > 0.5)
    viewer.add_image(plane.astype(np.uint16))
    wait(lambda: dock.model.split is not None and dock.live.layer is not None)
    canvas, axes = dock.histogram.canvas.canvas, dock.histogram.canvas.plot.axes
    canvas.draw()
    middle = axes.bbox.y0 + axes.bbox.height / 2

    def send(name: str, value: float) -> None:
        place = axes.transData.transform((value, 0))[0]
        event = MouseEvent(name, canvas, place, middle, button=1)
        canvas.callbacks.process(name, event)

    gaps, last = [], time.perf_counter()

    def beat() -> None:
        nonlocal last
        now = time.perf_counter()
        gaps.append(now - last)
        last = now

    send("button_press_event", dock.model.split.threshold + 0.5)
    heart = QTimer()
    heart.timeout.connect(beat)
    heart.start(0)
    times = []
    for value in np.linspace(500, 1700, chosen.moves):
        begin = time.perf_counter()
        send("motion_notify_event", float(value))
        times.append(1e3 * (time.perf_counter() - begin))
        for _ in range(3):
            QApplication.processEvents()
    send("button_release_event", 1700)
    low, median, high = np.percentile(times, (25, 50, 75))
    print(
        f"{chosen.moves} moves on {side}²: median {median:.1f} ms "
        f"({low:.1f} to {high:.1f}), worst {max(times):.1f} ms; "
        f"longest gap of the event loop {1e3 * max(gaps[1:]):.0f} ms"
    )
    viewer.close()


def wait(reached: object, seconds: float = 60) -> None:
    """Run the event loop until something is reached."""
    end = time.monotonic() + seconds
    while not reached() and time.monotonic() < end:  # type: ignore[operator]
        QApplication.processEvents()


if __name__ == "__main__":
    main()
