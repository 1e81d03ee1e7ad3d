"""The loop in a real window: correct two planes, teach, compare, segment the rest.

    xvfb-run python benchmarks/teaching_loop.py IMAGE [--axes ZCYX] [--seconds 60]
                                               [--pictures FOLDER]

IMAGE is a stack. On two of its planes the objects that the model is least sure of are
taken away, and the planes marked as finished; the model is taught with them, and its
child says what it brought. For each thing done are printed the gaps of the event loop,
as by ``gaps.py``; of each a picture is taken. Models and journals are its own.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from gaps import Walk

LEAST_SURE = 3
"""Objects that are taken away on each plane."""


def main() -> None:
    """Walk through the loop, and print the gaps; nobody's journals are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("image", type=Path)
    parser.add_argument("--axes")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pictures", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for name in ("MOBILE_UNET_MODELS", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
            os.environ[name] = place
        load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
        print(f"load of the machine: {load}; {os.cpu_count()} cores")
        print("| journey | longest gap, ms | most work, ms | gaps > 100 ms | where |")
        print("| --- | ---: | ---: | ---: | --- |")
        loop = Loop(chosen.pictures)
        loop.all(chosen.image, chosen.axes, chosen.seconds)
        loop.viewer.close()


class Loop(Walk):
    """A window in which a model is taught.

    Parameters
    ----------
    pictures : Path or None
        Folder for a picture of each thing done.
    """

    def __init__(self, pictures: Path | None) -> None:
        super().__init__("Segment", quiet=4)
        self.pictures, self.taken = pictures, 0

    def picture(self, name: str) -> None:
        """Take a picture of the window."""
        self.rest(1)
        if self.pictures is not None:
            self.taken += 1
            self.pictures.mkdir(parents=True, exist_ok=True)
            path = self.pictures / f"{self.taken}-{name}.png"
            self.viewer.window._qt_window.grab().save(str(path))

    def all(self, image: Path, axes: str | None, seconds: float) -> None:
        """Do everything."""
        from napari_mobile_unet.io.read import read_stack

        stack = read_stack(image, axes).squeeze().channel(0)
        self.viewer.add_image(
            np.asarray(stack.data), name=image.stem, axis_labels=tuple(stack.axes)
        )
        planes = [n * stack.n_planes // 3 for n in (1, 2)]
        self.page("Segment")
        labels = self.segment("segment with nuclei", "nuclei")
        self.picture("segmented")
        self.viewer.layers.selection.active = labels
        with self.step("go to the page Correct"):
            dock = self.page("Correct")
            self.until(lambda: dock.bench.session is not None)
        for plane in planes:
            with self.step(f"correct plane {plane + 1}, and mark it as finished"):
                self.correct(dock, labels, plane)
        self.picture("corrected")
        page = self.page("Teach")
        self.rest(20)  # the child gets ready
        self.teach(page, seconds)
        taught = page.model.currentData()
        self.page("Segment")
        before = np.array(labels.data)
        again = self.segment(f"segment the rest with {taught}", taught)
        self.picture("segmented-again")
        kept = all(np.array_equal(labels.data[p], before[p]) for p in planes)
        counts = [len(np.unique(each)) - 1 for each in (before, again.data)]
        print(f"corrected planes as they were: {kept}; objects before, after: {counts}")

    def segment(self, name: str, model: str) -> Any:
        """Return the labels of a run with a model."""
        dock = self.pages["Segment"]
        dock.model.refresh()
        dock.model.setCurrentIndex(dock.model.findData(model))
        with self.step(name):
            dock.run.button.click()
            self.until(lambda: not dock.run.job.running)
            self.until(dock.run.button.isEnabled)
        print("   ", dock.run.status.text())
        return dock.run.layer

    def correct(self, dock: Any, labels: Any, plane: int) -> None:
        """Take away what the model is least sure of, and call the plane finished."""
        self.viewer.layers.selection.active = labels
        self.viewer.dims.set_current_step(0, plane)
        self.rest(0.5)
        table = labels.features
        there = table[table["index"].isin(np.unique(labels.data[plane]))]
        least = there.sort_values("confidence")["index"].unique()[:LEAST_SURE]
        for label in least:
            place = np.argwhere(labels.data[plane] == label)[0]
            labels.fill((plane, *place), 0)
            self.rest(0.3)
        dock.finish_button.click()
        self.rest(0.5)

    def teach(self, page: Any, seconds: float) -> None:
        """Teach with what was corrected, look at both, and keep the new model."""
        page.examples.add_button.click()
        page.seconds.setValue(round(seconds))
        with self.step(f"teach for {seconds:g} s"):
            page.teach_button.click()
            self.until(lambda: page.curve.losses, 300)
            self.picture("learning")
            self.until(lambda: page.verdict.candidate is not None, 900)
        print("   ", page.verdict.text.text())
        with self.step("before and after"):
            self.until(page.verdict.turn_button.isEnabled)
            page.verdict.turn_button.click()
        self.picture("compared")
        with self.step("keep the taught model"):
            page.verdict.keep_button.click()


if __name__ == "__main__":
    main()
