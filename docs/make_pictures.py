"""Make the pictures of README and docs from the real window: ``make pictures``.

They are drawn on a screen that nobody sees, as large as that of a small laptop.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import napari
import numpy as np
from napari.layers import Labels
from PIL import Image
from pyvirtualdisplay.display import Display
from qtpy.QtWidgets import QAbstractButton, QApplication, QWidget

from napari_mobile_unet.widgets.shared.pages import open_page

if TYPE_CHECKING:
    from collections.abc import Callable

PICTURES = Path(__file__).parent / "pictures"
SIZE = (1366, 768)
MERGED = 6
"""The plane of the sample on which the model takes two nuclei for one."""
PATIENCE = 120.0
"""Seconds that the window may take for anything."""
SHOWN = 1800
"""Milliseconds that each picture of the moving one is shown."""


def wait(until: Callable[[], object], what: str) -> None:
    """Let the window work until something is so."""
    end = time.monotonic() + PATIENCE
    while not until():
        if time.monotonic() > end:
            sys.exit(f"the window did not come to {what} within {PATIENCE:.0f} s")
        QApplication.processEvents()
        time.sleep(0.01)


def button(page: QWidget, text: str) -> QAbstractButton:
    """Return the button with a text."""
    return next(b for b in page.findChildren(QAbstractButton) if b.text() == text)


def settle(seconds: float = 2.0) -> None:
    """Let the window draw what has changed."""
    end = time.monotonic() + seconds
    wait(lambda: time.monotonic() > end, "rest")


def make() -> None:
    """Go through the pages as a person does, with a picture of each."""
    viewer = napari.Viewer()
    viewer.window.resize(*SIZE)
    moving = []

    def picture(name: str) -> None:
        settle()
        pixels = viewer.screenshot(canvas_only=False, flash=False)[..., :3]
        moving.append(Image.fromarray(pixels))
        moving[-1].save(PICTURES / f"{name}.png", optimize=True)

    viewer.open_sample("napari-mobile-unet", "nuclei_zstack")
    for layer in viewer.layers:
        layer.visible = not isinstance(layer, Labels)
    viewer.reset_view()

    open_page(viewer, "Threshold")
    settle(5)  # the histogram comes plane by plane
    picture("threshold")

    segment = open_page(viewer, "Segment")
    settle()
    segment.run.button.click()
    wait(lambda: segment.run.job.running, "a run")
    wait(lambda: not segment.run.job.running, "the end of the run")
    picture("segment")

    correct = open_page(viewer, "Correct")
    # Two nuclei are one object on this plane.
    viewer.dims.set_current_step(0, MERGED)
    labels = viewer.layers.selection.active
    plane = labels.data[viewer.dims.current_step[0]]
    ids, sizes = np.unique(plane[plane > 0], return_counts=True)
    wait(lambda: correct.bench.session, "labels to correct")
    correct.bench.choose((int(ids[sizes.argmax()]),))
    picture("chosen")
    button(correct, "all planes").click()
    button(correct, "Split in two").click()
    picture("correct")

    measure = open_page(viewer, "Measure")
    settle()
    measure.button.click()
    wait(lambda: "rows" in measure.status.text(), "a table")
    measure.by.setCurrentText("volume")
    picture("measure")

    small = [each.resize((1024, 576), Image.Resampling.LANCZOS) for each in moving]
    small[0].save(
        PICTURES / "tour.webp",
        save_all=True,
        append_images=small[1:],
        duration=SHOWN,
        loop=0,
        quality=85,
        method=6,
    )
    viewer.close()


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    with Display(size=SIZE, color_depth=24):
        make()
