"""From a labels layer to the session that corrects it, a new one or an earlier one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.messages import one_line
from napari_mobile_unet.widgets.correct.desk import REFUSALS
from napari_mobile_unet.widgets.correct.journals import (
    Beginning,
    begin,
    find_beginning,
    iter_take_up,
)
from napari_mobile_unet.widgets.correct.view import images_beside
from napari_mobile_unet.widgets.layers.convert import stack_of
from napari_mobile_unet.widgets.shared.job import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari
    from napari.layers import Image, Labels

    from napari_mobile_unet.corrections.resume import Earlier
    from napari_mobile_unet.images.stack import Stack


class Opening(QObject):
    """Looks the objects of a layer up, and opens its session; in threads.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layer and its image are.
    """

    found = Signal(object)
    """The layer has an earlier session, to be gone on with or not: a ``Beginning``."""
    opened = Signal(object)
    """A session: ``Corrections``."""
    said = Signal(str)
    read = Signal(float)
    """How much of the journal of an earlier session was read, 0 to 1."""
    rested = Signal()
    """Nothing is looked up or read any more."""

    def __init__(self, viewer: napari.Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._layer: Labels | None = None
        self._scanning, self._reading = Job(self), Job(self)
        self._scanning.yielded.connect(self._on_scanned)
        self._reading.yielded.connect(self._on_read)
        for job in (self._scanning, self._reading):
            job.failed.connect(self.said)
            job.ended.connect(self.rested)

    @property
    def looking(self) -> bool:
        """Whether objects are being looked up."""
        return self._scanning.running

    @property
    def reading(self) -> bool:
        """Whether the journal of an earlier session is being read."""
        return self._reading.running

    def look_up(self, layer: Labels) -> None:
        """Look the objects of a layer up; open a new session if there was none."""
        self._reading.cancel()
        self._layer, images = layer, self._images(layer)

        def look() -> Iterator[Beginning]:
            index = ObjectIndex()
            for _ in index.iter_scan(layer.data):
                pass
            yield find_beginning(layer, index, images)

        self._scanning.start_next(look)

    def begin(self, found: Beginning) -> None:
        """Open a new session of the layer."""
        if self._layer is None:
            return
        try:
            session = begin(self._layer, found)
        except REFUSALS as error:
            self.said.emit(one_line(error))
            return
        self.opened.emit(session)

    def go_on(self, found: Beginning) -> None:
        """Open an earlier session of the layer; all stays as it is until it is read."""
        layer = self._layer
        if layer is not None:
            images = self._images(layer)
            self._reading.start_next(lambda: iter_take_up(layer, found, images))

    def cancel_reading(self) -> None:
        """Read no more of an earlier session's journal."""
        self._reading.cancel()

    def cancel(self) -> None:
        """Stop what runs, and let go of the layer."""
        self._scanning.cancel()
        self._reading.cancel()
        self._layer = None

    def _on_scanned(self, found: Beginning) -> None:
        if found.earlier is None:
            self.begin(found)
        else:
            self.found.emit(found)

    def _on_read(self, read: float | Earlier) -> None:
        layer = self._layer
        if isinstance(read, float):
            self.read.emit(read)
        elif layer is not None and layer.data is read.labels:
            resumed = read.go_on()
            layer.refresh()
            self.opened.emit(resumed.corrections)
            for note in resumed.notes:
                self.said.emit(note)

    def _images(self, layer: Labels) -> list[Stack]:
        beside = (image_stack(image) for image in images_beside(self._viewer, layer))
        return [stack for stack in beside if stack is not None]


def image_stack(image: Image) -> Stack | None:
    """Return an image layer as a stack, if its axes are known."""
    try:
        return stack_of(image)
    except ValueError:
        return None
