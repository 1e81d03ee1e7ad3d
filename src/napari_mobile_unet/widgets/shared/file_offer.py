"""The axes and pixel sizes of the file that a layer was opened from, to be taken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from napari_mobile_unet.images.sampling import content_digest
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.paths import TIFF, zarr_root
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.widgets.layers.convert import stack_of
from napari_mobile_unet.widgets.shared.job import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.layers import Image

    from napari_mobile_unet.images.grid import Grid


class FileOffer(QWidget):
    """Offers what a file says of its axes, where another reader has left it out.

    It is never taken up unasked. Hidden where there is nothing to offer.
    """

    named = Signal(object)
    """Names and colours of the channels, one ``ChannelInfo`` each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.says = QLabel()
        self.says.setWordWrap(True)
        self.button = QPushButton("Use the file's axes and pixel size")
        self.button.setToolTip(
            "The program that opened the file has left these out; take them for the "
            "layer"
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.says)
        layout.addWidget(self.button)
        self._layer: Image | None = None
        self._grid: Grid | None = None
        self._job = Job(self)
        self._job.yielded.connect(self._on_found)
        self.button.clicked.connect(lambda _: self._take())
        self.hide()

    def consider(self, layer: Image | None) -> None:
        """Look into the file of a layer, in a thread."""
        self._job.cancel()
        self.hide()
        self._layer = layer
        path = None if layer is None else layer.source.path
        if layer is None or path is None:
            return
        if _is_placed(layer) and "C" not in stack_of(layer).axes:
            return
        place = Path(path)
        if place.suffix.lower() in TIFF or zarr_root(place):
            data = layer.data[0] if layer.multiscale else layer.data
            self._job.start(lambda: _read(place, data))

    def cancel(self) -> None:
        """Let go of the layer and of what is looked for."""
        self._job.cancel()
        self._layer = None

    def _on_found(self, found: Stack) -> None:
        layer, self._grid = self._layer, found.grid
        if found.channels:
            self.named.emit(found.channels)
        if layer is None or _is_placed(layer):
            return
        grid = found.grid
        sizes = zip(grid.world_axes, grid.scale, grid.units, strict=True)
        said = ", ".join(f"{axis} {step:.4g} {unit}" for axis, step, unit in sizes)
        self.says.setText(f"Its file says: {said}.")
        self.show()

    def _take(self) -> None:
        layer, grid = self._layer, self._grid
        self.hide()
        if layer is not None and grid is not None:
            layer.axis_labels = tuple(grid.world_axes.lower())
            layer.units = grid.units
            layer.scale = grid.scale
            layer.translate = grid.translate


def _is_placed(layer: Image) -> bool:
    """Return whether a layer has axes and pixel sizes already."""
    named = stack_of(layer).axes_source == "metadata"
    return named and any(step != 1 for step in layer.scale)


def _read(path: Path, data: object) -> Iterator[Stack]:
    """Yield a file as a stack, if it names its axes and the data are its pixels."""
    try:
        found = read_stack(path)
        mine = Stack.from_array(data, found.axes)
    except (OSError, ValueError):  # it is read by another reader
        return
    if found.axes_source != "metadata" or mine.data.shape != found.data.shape:
        return
    if content_digest(mine) == content_digest(found):
        yield found
