"""Use a window for long: does it take ever more memory, objects, threads or files.

    python benchmarks/long_use.py [--actions 2000] [--minutes 60] [-o FILE] [--plain]

A person's work, over and over: open an image, prepare it, threshold it, segment it
with a preview, correct (paint, choose, delete, split, undo), measure, filter, colour,
see Teach and Batch, export, and close the layers. Every few actions these are counted:
memory (all, and what is not shared), widgets, all objects of Qt that Python holds, all
objects of Python, threads, child processes and open files.

Printed is the growth for each 1,000 actions, from the 200th on, and the types of Python
objects that grew most. ``--plain`` does with napari alone what needs no plugin: open,
paint, undo, step, and close; what grows there is napari's.

The canvas is not drawn, as in ``monkey.py``.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":  # nobody's settings, recipes, models and journals
    HOME = Path(tempfile.mkdtemp(prefix="mobile-unet-long-use-"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        os.environ[name] = str(HOME / name)
    os.environ["NAPARI_CONFIG"] = str(HOME / "settings.yaml")

import napari
import numpy as np
import psutil
from matplotlib.figure import Figure
from napari.layers import Labels
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QApplication

from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.preprocessing.steps import Denoise
from napari_mobile_unet.samples import sample_path
from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.widgets.shared.pages import PAGES, open_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WARM = 200
"""Actions after which nothing may grow any more."""
EVERY = 25
"""Actions between two counts."""
PATIENCE = 600.0
"""Seconds that one action may take."""


class Person:
    """Works in a window, one action at a time."""

    def __init__(self, viewer: napari.Viewer) -> None:
        self.viewer = viewer
        stack = read_stack(sample_path("nuclei_zstack.tif"))
        middle = len(stack.data) // 2
        self.image = np.asarray(stack.data[middle : middle + 3, :128, :128])
        self.batch: Any = None

    def plain(self) -> Iterator[Callable[[], object]]:
        """Yield what napari does by itself."""
        viewer = self.viewer
        yield lambda: viewer.add_image(self.image.copy(), name="cells")
        yield lambda: viewer.add_labels(np.zeros(self.image.shape, np.int32))
        for number in range(8):
            yield lambda number=number: self.paint(number)
        for _ in range(4):
            yield lambda: viewer.layers[-1].undo()
        for number in range(4):
            yield lambda number=number: viewer.dims.set_current_step(0, number % 3)
        yield self.close_layers

    def work(self) -> Iterator[Callable[[], object]]:
        """Yield the actions of one round."""
        viewer = self.viewer
        yield lambda: viewer.add_image(
            self.image.copy(), name="cells", axis_labels=("z", "y", "x")
        )
        yield lambda: open_page(viewer, "Prepare")
        yield lambda: self.page("Prepare").chain.add(Denoise())
        yield lambda: self.page("Prepare").apply_button.click()
        yield lambda: self.page("Prepare").reset_button.click()
        yield lambda: open_page(viewer, "Threshold")
        yield lambda: viewer.dims.set_current_step(0, 1)
        yield lambda: self.page("Threshold").run.button.click()
        yield lambda: open_page(viewer, "Segment")
        yield lambda: self.choose_image("Segment")
        yield lambda: viewer.dims.set_current_step(0, 2)
        yield lambda: self.page("Segment").run.button.click()
        yield lambda: open_page(viewer, "Correct")
        for number in range(3):
            yield lambda number=number: self.paint(number)
        yield self.choose_largest
        yield lambda: self.tool("split")
        yield self.choose_largest
        yield lambda: self.tool("delete")
        for _ in range(3):
            yield lambda: self.page("Correct").undo_button.click()
        yield lambda: self.page("Correct").redo_button.click()
        yield lambda: self.page("Correct").lock_button.click()
        yield lambda: self.page("Correct").export.export(
            HOME / "rois.zip", "ImageJ ROIs (*.zip)"
        )
        yield lambda: open_page(viewer, "Measure")
        yield lambda: self.page("Measure").button.click()
        yield lambda: self.page("Measure").panel.filter.setText("area > 60")
        yield lambda: self.page("Measure").panel.select_button.click()
        yield lambda: self.page("Measure").by.setCurrentIndex(2)
        yield lambda: self.page("Measure").panel.filter.setText("")
        yield lambda: open_page(viewer, "Teach")
        yield lambda: open_page(viewer, "Segment")
        yield self.open_batch
        yield lambda: viewer.window.remove_dock_widget(self.batch)
        yield lambda: viewer.window.remove_dock_widget(self.page("Segment"))
        yield self.close_layers

    def page(self, title: str) -> Any:
        """Return a page, seen or not."""
        return open_page(self.viewer, title)

    def choose_image(self, title: str) -> None:
        """Take the image that was opened."""
        self.page(title).source.box.layer = self.viewer.layers["cells"]

    def labels(self) -> Labels:
        """Return the labels that were made last."""
        return [
            layer
            for layer in self.viewer.layers
            if isinstance(layer, Labels) and layer.data.shape == self.image.shape
        ][-1]

    def paint(self, number: int) -> None:
        """Paint a stroke."""
        layer = self.labels()
        layer.selected_label = 90 + number
        place = [min(number, 2), 10 + 9 * number, 20]
        layer.paint(place, layer.selected_label)

    def choose_largest(self) -> None:
        """Choose the largest object of the plane that is seen."""
        page = self.page("Correct")
        layer = page.bench.layer
        if layer is None or page.bench.session is None:
            return
        plane = layer.data[self.viewer.dims.current_step[0]]
        ids, sizes = np.unique(plane[plane > 0], return_counts=True)
        if len(ids):
            page.bench.choose((int(ids[sizes.argmax()]),))

    def tool(self, name: str) -> None:
        """Press the button of a tool."""
        self.page("Correct").tools.buttons[name].click()

    def open_batch(self) -> None:
        """Open the dock Batch."""
        window = self.viewer.window
        dock = window.add_plugin_dock_widget("napari-mobile-unet", "Batch")
        self.batch = dock[1]

    def close_layers(self) -> None:
        """Delete the layers, one after the other."""
        for layer in reversed(list(self.viewer.layers)):
            if layer in self.viewer.layers:
                self.viewer.layers.remove(layer)
                QApplication.processEvents()


def rest(viewer: napari.Viewer) -> None:
    """Wait until nothing runs."""
    end = time.monotonic() + PATIENCE
    quiet = 0
    while quiet < 3:
        QApplication.processEvents()
        # What is to be deleted later is so only by a loop, which nobody runs here.
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        pages = [
            page
            for page in viewer.window.dock_widgets.values()
            if type(page).__module__.startswith("napari_mobile_unet")
        ]
        busy = [
            job
            for page in pages
            for job in page.findChildren(Job)
            if job.running and getattr(getattr(page, "course", None), "job", 0) != job
        ]
        quiet = 0 if busy else quiet + 1
        if time.monotonic() > end:
            sys.exit(f"still at work after {PATIENCE:.0f} s: {busy}")
        time.sleep(0.005)


def count() -> dict[str, float]:
    """Return what the process holds now."""
    gc.collect()
    process = psutil.Process()
    memory = process.memory_full_info()
    objects = gc.get_objects()
    return {
        "memory, MiB": memory.rss / 2**20,
        "memory not shared, MiB": memory.uss / 2**20,
        "widgets": len(QApplication.allWidgets()),
        "Qt objects": sum(issubclass(type(each), QObject) for each in objects),
        "Python objects": len(objects),
        "layers": sum(issubclass(type(each), napari.layers.Layer) for each in objects),
        "threads": threading.active_count(),
        "child processes": len(process.children(recursive=True)),
        "open files": process.num_fds(),
    }


def types() -> Counter[str]:
    """Return how many objects of each type there are."""
    gc.collect()
    kinds = (type(each) for each in gc.get_objects())
    return Counter(f"{kind.__module__}.{kind.__qualname__}" for kind in kinds)


def main() -> None:
    """Use a window for long, and say what grew."""
    from pyvirtualdisplay.display import Display

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=60, help="At most.")
    parser.add_argument("-o", "--output", type=Path, default=Path("long_use.png"))
    parser.add_argument("--plain", action="store_true")
    chosen = parser.parse_args()
    done, seen = [], []
    warm: Counter[str] = Counter()
    with Display(size=(1366, 768), color_depth=24):
        viewer = napari.Viewer()
        canvas = viewer.window._qt_viewer.canvas._scene_canvas
        canvas.events.draw.disconnect(canvas.on_draw)
        person = Person(viewer)
        number, due, begun = 0, 0, time.monotonic()
        ends = begun + 60 * chosen.minutes
        while number < chosen.actions and time.monotonic() < ends:
            for action in person.plain() if chosen.plain else person.work():
                action()
                rest(viewer)
                number += 1
            # Counted between rounds, when the same things are open.
            if number >= due:
                due = number + EVERY
                done.append(number)
                seen.append(count())
                print(number, f"{time.monotonic() - begun:.0f} s", seen[-1], flush=True)
            if not warm and number >= min(WARM, chosen.actions // 2):
                warm = types()
        grown = types() - warm
        pages = [title for title in PAGES if not chosen.plain]
        viewer.close()
    print(f"{number} actions over {', '.join(pages) or 'napari alone'}")
    places = np.array(done)
    after = places >= min(WARM, chosen.actions // 2)
    figure = Figure(figsize=(10, 8), layout="constrained")
    for place, axes in enumerate(figure.subplots(3, 3).flat):
        what = list(seen[0])[place]
        values = np.array([each[what] for each in seen])
        slope = np.polyfit(places[after], values[after], 1)[0] if after.sum() > 1 else 0
        print(f"{what}: {values[-1]:.0f}, {1000 * slope:+.2f} for each 1000 actions")
        axes.plot(places, values, ".-")
        axes.set_title(f"{what}: {1000 * slope:+.1f} for 1000", fontsize=9)
        axes.set_ylim(0, None)
    figure.savefig(chosen.output, dpi=90)
    print("grew most:")
    for kind, more in grown.most_common(25):
        print(f"  {more:+6} {kind}")


if __name__ == "__main__":
    main()
