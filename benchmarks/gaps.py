"""How long the window does not answer, in each thing that a person does with it.

    python benchmarks/gaps.py [--first Segment] [--quiet 4] [--only run]

Needs a screen, or xvfb-run. A real window of 1366 × 768 is walked through: pages,
samples, the preview, runs, Cancel, a dragged line, corrections, a table. For each
journey are printed the longest time for which the event loop did not turn, the longest
for which the main thread had a processor in one such gap, how many gaps were longer
than 100 ms, and where the main thread was in the gap in which it did most. On a machine
that does other things, too, the first figure is far above the second, which is then the
one to look at. Settings and folders are those of the person who runs it, unless
XDG_CONFIG_HOME, XDG_DATA_HOME and XDG_CACHE_HOME say others.
"""

from __future__ import annotations

import argparse
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
from qtpy.QtWidgets import QApplication
from watching import LIMIT, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLUGIN = "napari-mobile-unet"
PAGES = ("Prepare", "Threshold", "Segment", "Correct", "Measure", "Teach")


class Walk:
    """A window, and what is done in it.

    Parameters
    ----------
    first : str
        Title of the page that is opened first.
    quiet : float
        Seconds after that before anything else is done.
    """

    def __init__(self, first: str, quiet: float) -> None:
        self.viewer = napari.Viewer()
        self.viewer.window._qt_window.setGeometry(0, 0, 1366, 768)
        self.first, self.quiet = first, quiet
        self.watch = Watch()
        self.pages: dict[str, Any] = {}
        self.rest(2)

    @contextmanager
    def step(self, name: str, after: float = 1) -> Iterator[None]:
        """Measure what is done within it, and for a while after it."""
        self.watch.begin()
        yield
        self.rest(after)
        gaps = sorted(self.watch.gaps, key=lambda gap: gap.busy, reverse=True)
        longest = max((gap.seconds for gap in gaps), default=0)
        long = sum(gap.seconds > LIMIT for gap in gaps)
        most, where = (gaps[0].busy, gaps[0]) if gaps else (0, "")
        row = name, f"{1e3 * longest:.0f}", f"{1e3 * most:.0f}", f"{long}", f"{where}"
        print("| " + " | ".join(row) + " |", flush=True)
        for gap in gaps[1:4]:
            if gap.busy > LIMIT:
                print(f"    also {1e3 * gap.busy:.0f}: {gap}", flush=True)

    def rest(self, seconds: float) -> None:
        """Let the event loop turn."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def until(self, reached: Callable[[], object], seconds: float = 120) -> None:
        """Let the event loop turn until something is reached."""
        end = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > end:
                raise TimeoutError(f"nothing came within {seconds:g} s")
            QApplication.processEvents()
            time.sleep(0.002)

    def page(self, title: str) -> Any:
        """Go to a page, as its button does."""
        from napari_mobile_unet.widgets.shared.pages import open_page

        self.pages[title] = open_page(self.viewer, title)
        return self.pages[title]

    def sample(self, key: str) -> None:
        """Open a sample alone, as napari's menu does."""
        self.viewer.open_sample(PLUGIN, key)

    def clear(self) -> None:
        """Take all layers away, one after the other."""
        self.rest(0.5)
        for layer in reversed(list(self.viewer.layers)):
            self.viewer.layers.remove(layer)
            self.rest(0.05)
        self.rest(0.5)

    def all(self) -> None:
        """Do everything."""
        with self.step(f"first page, {self.first}", after=0.2):
            self.page(self.first)
        with self.step("the seconds after it", after=self.quiet):
            pass
        dock = self.page("Segment")
        for key in ("tissue", "nuclei_timelapse", "nuclei_zstack", "coins"):
            answers: list[Any] = []
            dock.preview.answered.connect(answers.append)
            with self.step(f"open the sample {key}, with its preview"):
                self.sample(key)
                self.until(lambda: any(answers))  # noqa: B023
            answers.clear()
            with self.step("another confidence in the preview"):
                field = dock.settings.fields["min_confidence"]
                field.value = 0.6 if field.value != 0.6 else 0.5
                self.until(lambda: any(answers))  # noqa: B023
            dock.preview.answered.disconnect(answers.append)
            with self.step("run"):
                dock.run.button.click()
                self.until(lambda: not dock.run.job.running)
                self.until(dock.run.button.isEnabled)
            if key != "nuclei_zstack":
                self.clear()
                continue
            with self.step("move through the planes"):
                for number in range(0, 20):
                    self.viewer.dims.set_current_step(0, number)
                    self.rest(0.05)
            with self.step("run again, and cancel"):
                dock.run.button.click()
                self.until(lambda: dock.run.bar.bar.value() > 2)
                dock.run.bar.cancel_button.click()
                self.until(lambda: not dock.run.job.running)
            self.corrections()
            self.drag()
            self.measure()
            for title in PAGES:
                before = title in self.pages
                again = " again" if before else ""
                with self.step(f"go to the page {title}{again}"):
                    self.page(title)
            for title in PAGES:
                with self.step(f"go to the page {title} again"):
                    self.page(title)
            self.page("Segment")
            self.clear()

    def drag(self) -> None:
        """Drag the line of the threshold."""
        from matplotlib.backend_bases import MouseEvent

        with self.step("go to the page Threshold"):
            dock = self.page("Threshold")
            self.until(lambda: dock.model.split is not None)
        shown = dock.histogram.canvas
        canvas, axes = shown.canvas, shown.plot.axes
        canvas.draw()
        middle = axes.bbox.y0 + axes.bbox.height / 2
        line = dock.model.split.threshold + 0.5

        def send(name: str, value: float) -> None:
            place = axes.transData.transform((value, 0))[0]
            event = MouseEvent(name, canvas, place, middle, button=1)
            canvas.callbacks.process(name, event)

        with self.step("drag the threshold's line"):
            send("button_press_event", line)
            for value in np.linspace(line, 1.5 * line, 60):
                send("motion_notify_event", float(value))
                self.rest(0.01)
            send("button_release_event", 1.5 * line)
        with self.step("make labels with the threshold"):
            dock.run.button.click()
            self.until(lambda: not dock.run.job.running)
            self.until(dock.run.button.isEnabled)

    def corrections(self) -> None:
        """Delete an object by hand, and take it back."""
        labels = self.pages["Segment"].run.layer
        self.viewer.layers.selection.active = labels
        with self.step("go to the page Correct"):
            dock = self.page("Correct")
            self.until(lambda: dock.bench.session is not None or dock.bench.layer)
        print("   ", dock.state.text())

    def measure(self) -> None:
        """Measure the objects, and look at the table."""
        with self.step("go to the page Measure"):
            dock = self.page("Measure")
        with self.step("measure"):
            dock.button.click()
            self.until(lambda: not dock.measured.job.running)


def main() -> None:
    """Walk through the window, and print the gaps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", choices=PAGES, default="Segment")
    parser.add_argument("--quiet", type=float, default=4)
    chosen = parser.parse_args()
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"load of the machine: {load}; {os.cpu_count()} cores")
    print("| journey | longest gap, ms | most work, ms | gaps > 100 ms | where |")
    print("| --- | ---: | ---: | ---: | --- |")
    walk = Walk(chosen.first, chosen.quiet)
    walk.all()
    walk.viewer.close()


if __name__ == "__main__":
    main()
