"""A napari window with the plugin's docks: ``mobile-unet open`` and the demo."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import napari
from napari.layers import Layer
from qtpy.QtCore import QTimer

from napari_mobile_unet.widgets.files.reader import read_layers
from napari_mobile_unet.widgets.shared.pages import open_page

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = "Segment"
"""The page that is open at first."""
SIZE = (1500, 950)
"""Width and height of the window in pixels."""
SCREENSHOT_DELAY = 4000
"""Milliseconds for the window to be laid out and drawn before its screenshot."""


def open_window(
    images: Sequence[Path],
    labels: Sequence[Path] = (),
    *,
    plane: int | None = None,
    show: bool = True,
) -> napari.Viewer:
    """Return a viewer with the files as layers and the docks beside them.

    The files are read as through *File › Open* by this plugin. Of a stack the middle
    plane is seen, unless the number of another is given.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read.
    """
    layers = [layer for path in images for layer in read_layers(path)]
    for path in labels:
        layers += read_layers(path, as_labels=True)
    viewer = napari.Viewer(show=show)
    for data, keywords, kind in layers:
        viewer.add_layer(Layer.create(data, keywords, kind))
    if plane is not None:
        viewer.dims.set_current_step(0, plane)
    open_page(viewer, PAGE)
    return viewer


def run(
    images: Sequence[Path],
    labels: Sequence[Path] = (),
    screenshot: Path | None = None,
    plane: int | None = None,
) -> None:
    """Open the window until it is closed, or until its screenshot is saved."""
    viewer = open_window(images, labels, plane=plane)
    viewer.window.resize(*SIZE)
    if screenshot is not None:

        def save() -> None:
            viewer.screenshot(str(screenshot), canvas_only=False, flash=False)
            viewer.close()

        QTimer.singleShot(SCREENSHOT_DELAY, save)
    napari.run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="napari_mobile_unet.widgets.window")
    parser.add_argument("images", nargs="*", type=Path)
    parser.add_argument("--labels", nargs="*", type=Path, default=())
    parser.add_argument("--screenshot", type=Path)
    parser.add_argument("--plane", type=int)
    chosen = parser.parse_args()
    run(chosen.images, chosen.labels, chosen.screenshot, chosen.plane)
