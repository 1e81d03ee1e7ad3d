"""How long it takes until the package, the command line and a page are there.

    python benchmarks/startup.py [--times 5] [--pages Segment Threshold]

Each start is a process of its own; given are the median seconds, and those for which
it had a processor, which are what counts on a machine that does other things as well.
Pages need a screen, or xvfb-run: napari stands for two seconds before one is opened.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

PAGES = ("Prepare", "Threshold", "Segment", "Correct", "Measure", "Teach")
COMMAND = str(Path(sys.executable).with_name("mobile-unet"))
STARTS = {
    "Python itself": [sys.executable, "-c", "pass"],
    "import napari_mobile_unet": [sys.executable, "-c", "import napari_mobile_unet"],
    "mobile-unet --version": [COMMAND, "--version"],
    "mobile-unet --help": [COMMAND, "--help"],
    "mobile-unet segment --help": [COMMAND, "segment", "--help"],
    "mobile-unet models": [COMMAND, "models"],
}


def main() -> None:
    """Start everything, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--pages", nargs="*", choices=PAGES, default=PAGES)
    parser.add_argument("--open", choices=PAGES, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.open:
        print(*_open(chosen.open))
        os._exit(0)  # nothing is measured of how napari closes
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"load of the machine: {load}; {os.cpu_count()} cores")
    print("| start | seconds | seconds of a processor |")
    print("| --- | ---: | ---: |")
    for name, command in STARTS.items():
        _print(name, [_start(command) for _ in range(chosen.times)])
    for page in chosen.pages:
        own = [sys.executable, __file__, "--open", page]
        found = []
        for _ in range(chosen.times):
            done = subprocess.run(own, capture_output=True, text=True, check=True)
            wall, busy = done.stdout.split()[-2:]
            found.append((float(wall), float(busy)))
        _print(f"page {page}, after napari", found)


def _start(command: list[str]) -> tuple[float, float]:
    """Return how long a process takes, and how long it has a processor."""
    begin, before = time.perf_counter(), os.times()
    subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    busy = after.children_user + after.children_system
    busy -= before.children_user + before.children_system
    return time.perf_counter() - begin, busy


def _open(page: str) -> tuple[float, float]:
    """Return how long it takes to open a page, with napari's window before it."""
    import napari
    from qtpy.QtWidgets import QApplication

    viewer = napari.Viewer()
    end = time.monotonic() + 2
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)
    begin, before = time.perf_counter(), time.thread_time()
    from napari_mobile_unet.widgets.shared.pages import open_page

    open_page(viewer, page)
    QApplication.processEvents()
    return time.perf_counter() - begin, time.thread_time() - before


def _print(name: str, times: list[tuple[float, float]]) -> None:
    wall, busy = (statistics.median(each) for each in zip(*times, strict=True))
    print(f"| {name} | {wall:.2f} | {busy:.2f} |", flush=True)


if __name__ == "__main__":
    main()
