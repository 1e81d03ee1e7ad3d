"""The table of a labels layer: measured in a thread, and followed as it is edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal

from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.pieces import with_known
from napari_mobile_unet.widgets.layers.being_written import BEING_WRITTEN
from napari_mobile_unet.widgets.measure.known import known_of, locked_of
from napari_mobile_unet.widgets.measure.parts import (
    Part,
    iter_changed,
    iter_parts,
    order_of,
)
from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.widgets.shared.table_follows import listen

if TYPE_CHECKING:
    from napari.layers import Image, Labels
    from napari.utils.events import Event

    from napari_mobile_unet.objects.measurement import Measurement

REST = 400
"""Milliseconds without a change before what changed is measured."""
KEPT = 1 << 30
"""Bytes of labels up to which a copy is kept, to find what was changed."""
AGAIN = "Out of date: {}; measure again."


class Measured(QObject):
    """The table of a labels layer.

    Objects that anybody changes - by a brush, an undo, code - are measured anew at
    rest; until then, and wherever that cannot be done, the table says that it is out
    of date.
    """

    changed = Signal()
    """The table is another one."""
    told = Signal(str)
    """How the table stands, in words."""
    rewritten = Signal()
    """Somebody wrote into the layer's features."""
    advanced = Signal()
    """One more frame was measured."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.layer: Labels | None = None
        self.measurement: Measurement | None = None
        self.table = pd.DataFrame()
        self.state = ""
        self.fresh = False
        """Whether nobody is known to have changed anything since."""
        self.job = Job(self)
        self.job.yielded.connect(self._on_part)
        self.job.failed.connect(self._on_failed)
        self.job.ended.connect(self._on_ended)
        self._parts: dict[int | None, Part] = {}
        self._coming: dict[int | None, Part] = {}
        self._known, self._locked = pd.DataFrame(), set[int]()
        self._first = self._keep = False
        self._stale = self._failure = ""
        self._data: Any = None
        self._images: list[Image] = []
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(REST)
        self._pause.timeout.connect(self._look)
        listen(self)
        BEING_WRITTEN.changed.connect(self.hear_of)

    @property
    def resting(self) -> bool:
        """Whether nothing is to be measured."""
        return not (self.job.running or self._pause.isActive())

    @property
    def current(self) -> bool:
        """Whether the table is known to be that of the labels as they are."""
        return self.fresh and self.resting

    def measure(
        self, layer: Labels, measurement: Measurement, images: list[Image]
    ) -> None:
        """Measure all of a layer, and follow it from then on.

        Parameters
        ----------
        layer : Labels
            The layer.
        measurement : Measurement
            What is measured of it.
        images : list of Image
            The layers of its channels.
        """
        self.leave()
        self.layer, self.measurement, self._images = layer, measurement, images
        self._data, self._first = layer.data, True
        for name in ("paint", "data", "set_data", "scale", "units", "features"):
            getattr(layer.events, name).connect(self._on_event)
        for image in images:
            image.events.data.connect(self._on_image)
        self._say("Measuring …")
        data = layer.data
        self._keep = keep = isinstance(data, np.ndarray) and data.nbytes <= KEPT
        self.job.start(lambda: iter_parts(measurement, keep))

    def leave(self) -> None:
        """Let go of the layer, and of its table."""
        self._pause.stop()
        self.job.cancel()
        if self.layer is not None:
            for name in ("paint", "data", "set_data", "scale", "units", "features"):
                getattr(self.layer.events, name).disconnect(self._on_event)
        for image in self._images:
            image.events.data.disconnect(self._on_image)
        self.layer, self.measurement, self._images = None, None, []
        self._parts, self._coming, self._stale = {}, {}, ""
        self.table, self.fresh = pd.DataFrame(), False
        self._say("")
        self.changed.emit()

    def hear_of(self, layer: Labels) -> None:
        """Look for what changed, at rest, if it is the layer in hand."""
        if layer is self.layer:
            self._wait()

    def measured_columns(self) -> list[str]:
        """Return the columns that are measured, without those known otherwise."""
        part = next(iter(self._parts.values()), None)
        return [] if part is None else part.table.columns.tolist()

    def _on_event(self, event: Event) -> None:
        layer = self.layer
        assert layer is not None
        if event.type == "features":
            if self._parts and not self._same():
                self._assemble()
            self.rewritten.emit()
        elif event.type in ("scale", "units"):
            self._set_stale("the size of the pixels changed")
        elif layer.data is not self._data:
            self._set_stale("the layer has other labels")
        elif event.type == "set_data":
            if self._keep:  # drawn anew: after an undo, or nothing changed
                self._pause.start()
        else:
            self._wait()

    def _on_image(self) -> None:
        self._set_stale("an image changed")

    def _set_stale(self, why: str) -> None:
        self._stale, self.fresh = AGAIN.format(why), False
        self._say(self._stale)

    def _wait(self) -> None:
        self._pause.start()
        if not self._first:
            self.fresh = False
            self._say(self._stale or "Out of date: the labels changed …")

    def _look(self) -> None:
        """Measure what changed, unless all is being measured still."""
        measurement = self.measurement
        if measurement is None or self._stale:
            return
        if self._first or self.layer in BEING_WRITTEN:
            self._pause.start()
        elif not self._keep:
            self._set_stale("the labels changed")
        else:
            parts = dict(self._parts)
            self.job.start_next(lambda: iter_changed(measurement, parts))

    def _on_part(self, part: Part) -> None:
        self._coming[part.frame] = part
        if self._first:
            self.advanced.emit()

    def _on_ended(self, cancelled: bool) -> None:
        coming, self._coming = self._coming, {}
        failure, self._failure = self._failure, ""
        if self.measurement is None:
            return
        if self._first and (failure or cancelled):
            self.leave()
            self._say(failure or "Stopped.")
        elif failure:
            self._set_stale(failure)
        elif not cancelled:
            self._first = False
            self._parts |= coming
            self.fresh = not self._stale
            if coming or not self._same():
                self._assemble()
            self._say(self._stale or f"{self._count()}, up to date.")

    def _on_failed(self, text: str) -> None:
        self._failure = text

    def _assemble(self) -> None:
        """Make the table of its parts and of what else is known of the objects."""
        layer = self.layer
        if layer is None or not self._parts:
            return
        frames = [
            self._parts[frame].table for frame in sorted(self._parts, key=order_of)
        ]
        self._known, self._locked = known, locked = known_of(layer), locked_of(layer)
        table = pd.concat(frames, ignore_index=True)
        if len(known.columns):
            table = with_known(table, known)
        table["locked"] = table["label"].isin(locked)
        self.table = table
        self.changed.emit()

    def _same(self) -> bool:
        """Return whether what is known of the objects is as it was."""
        layer = self.layer
        assert layer is not None
        return known_of(layer).equals(self._known) and locked_of(layer) == self._locked

    def _count(self) -> str:
        count = len(self.table)
        return f"{count:,} row{'s' * (count != 1)}"

    def _say(self, text: str) -> None:
        self.state = text
        self.told.emit(text)
