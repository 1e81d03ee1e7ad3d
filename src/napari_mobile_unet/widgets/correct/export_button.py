"""The labels in hand, written to a file that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QPushButton

from napari_mobile_unet.exports.labels import Form, export_labels, form_of
from napari_mobile_unet.io.atomic import check_apart
from napari_mobile_unet.messages import one_line
from napari_mobile_unet.objects.classes import in_words
from napari_mobile_unet.widgets.correct.view import image_beside
from napari_mobile_unet.widgets.layers.convert import classes_of, stack_of
from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari

    from napari_mobile_unet.widgets.correct.bench import Bench

FILTERS: dict[str, tuple[Form, str]] = {
    "ImageJ ROIs (*.zip)": ("imagej", ".zip"),
    "GeoJSON, for QuPath (*.geojson)": ("geojson", ".geojson"),
    "COCO (*.json)": ("coco", ".json"),
    "Cellpose (*_seg.npy)": ("cellpose", "_seg.npy"),
    "OME-TIFF (*.ome.tif)": ("ome-tiff", ".ome.tif"),
    "OME-Zarr (*.ome.zarr)": ("ome-zarr", ".ome.zarr"),
}
"""What a person may choose, the format, and the end of the file's name."""


class ExportButton(QPushButton):
    """Asks for a file and a format, and writes the labels with their locks.

    Parameters
    ----------
    viewer : napari.Viewer
        Where their image is.
    bench : Bench
        The labels layer in hand.
    """

    said = Signal(str)

    def __init__(self, viewer: napari.Viewer, bench: Bench) -> None:
        super().__init__("Export …")
        self.setToolTip(
            "Write the labels for ImageJ, QuPath (GeoJSON), COCO or Cellpose, or as "
            "OME-TIFF or OME-Zarr; locked objects stay so in GeoJSON and Cellpose"
        )
        self._viewer, self._bench = viewer, bench
        self._job = Job(self)
        self._job.yielded.connect(lambda text: self.said.emit(text))
        self._job.failed.connect(self.said)
        self.clicked.connect(lambda _: self._ask())

    def cancel(self) -> None:
        """Stop what runs; files are written whole or not at all."""
        self._job.cancel()

    def _ask(self) -> None:
        name, chosen = QFileDialog.getSaveFileName(
            self, "Export labels", "", ";;".join(FILTERS)
        )
        if name:
            self.export(Path(name), chosen)

    def export(self, path: Path, chosen: str) -> None:
        """Write the labels as they are now, in a thread.

        Parameters
        ----------
        path : Path
            Where to; the end of the format's files is added unless it has one.
        chosen : str
            One of ``FILTERS``; some desktops tell none, and the name decides.
        """
        layer, session = self._bench.layer, self._bench.session
        if layer is None or session is None or self._job.running:
            return
        form, ending = FILTERS.get(chosen, (None, ""))
        try:
            form_of(path, form)
        except ValueError as error:  # a name without the end of the format's files
            if form is None:
                self.said.emit(one_line(error))
                return
            path = path.with_name(path.name + ending)
            if path.exists():  # the dialog asked about another name
                self.said.emit(f"{path} exists; choose it itself to replace it")
                return
        image = image_beside(self._viewer, layer)
        sources = [each.source.path for each in (image, layer) if each is not None]
        try:
            check_apart(path, [Path(str(source)) for source in sources if source])
            stack = stack_of(layer)
        except ValueError as error:
            self.said.emit(one_line(error))
            return
        # A copy, since the person goes on meanwhile.
        now = stack.on_axes(np.array(layer.data), stack.axes).channel(0)
        locked, name = session.locks.ids, "" if image is None else image.name

        names = classes_of(layer)
        classes = dict(enumerate(names, start=1))

        def work() -> Iterator[str]:
            export_labels(now, path, form, image=name, locked=locked, classes=classes)
            what = in_words(names) if names else counted(len(session.index), "object")
            yield f"Exported {what} to {path}"

        self.said.emit(f"Writing {path.name} …")
        self._job.start(work)
