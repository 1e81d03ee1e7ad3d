"""The table of a labels layer, which follows all that is done to the labels."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

import numpy as np
from napari.utils.notifications import show_error
from qtpy.QtCore import QObject, QTimer, Signal

from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.calibration import calibration_of
from napari_mobile_unet.objects.pieces import (
    join_pieces,
    pieces_of,
    update_table,
    without_stale,
)
from napari_mobile_unet.parallel.cancel import checkpoint
from napari_mobile_unet.widgets.layers.convert import stack_of
from napari_mobile_unet.widgets.shared.job import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.layers import Labels

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.objects.calibration import Calibration

REST = 400
"""Milliseconds without a change before objects are measured."""
INDEX = "index"
"""What napari calls the column of ids."""
_EVENTS = ("paint", "data", "set_data", "scale", "units", "axis_labels")
"""After which the labels or their size may be others; `set_data` comes with an undo."""

_followers: WeakSet[Follower] = WeakSet()


class Follower(Protocol):
    """What follows labels layers."""

    def hear_of(self, layer: Labels) -> None:
        """Look for changes, if it is the layer that is followed."""


def listen(follower: Follower) -> None:
    """Have a follower hear of changes that come with no event, for as long as it is."""
    _followers.add(follower)


def tell_changed(layer: Labels) -> None:
    """Have tables and tracks of a layer follow a change that comes with no event.

    Such as one that is drawn only where it is, since drawing all takes long.
    """
    for follower in list(_followers):
        follower.hear_of(layer)


@dataclass(eq=False)
class _Known:
    """What is known of the planes of labels, by their numbers."""

    data: Any
    axes: str
    image: Stack | None
    sums: dict[int, int] = field(default_factory=dict)
    pieces: dict[int, pd.DataFrame] = field(default_factory=dict)
    sizes: Calibration | None = None
    shown: bool = False
    """Whether the table of these pieces has arrived: one that was on its way when
    somebody painted is dropped."""

    def is_of(self, layer: Labels, axes: str, image: Stack | None) -> bool:
        return self.data is layer.data and self.axes == axes and self.image is image

    def iter_table(self, labels: Stack) -> Iterator[pd.DataFrame]:
        """Measure the planes that have changed; yield the table if it is another."""
        for number in range(labels.n_planes):
            checkpoint()
            # Again, where somebody painted while it was measured.
            while self.sums.get(number) != (now := _sum_of(labels.plane(number))):
                self.pieces[number] = pieces_of(labels, number, self.image)
                self.sums[number], self.shown = now, False
        sizes = calibration_of(labels, self.image, None, None)
        if not self.shown or sizes != self.sizes:
            self.sizes, self.shown = sizes, False
            yield join_pieces(self.pieces.values(), labels.axes, sizes)


class TableFollows(QObject):
    """Keeps the features of labels layers as `measure` would give them.

    At rest, and in a thread, the planes that anybody has changed are measured anew:
    with a brush, an undo, code or another plugin. New objects get rows, and those that
    are gone lose theirs. Other columns, such as confidence or a person's own, stay with
    their objects, also when one is erased and comes back.
    """

    updated = Signal(object)
    """A layer whose features are up to date."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._layer: Labels | None = None
        self._image: Stack | None = None
        self._known: _Known | None = None
        self._extras: pd.DataFrame | None = None
        self._seen = pd.DataFrame()
        self._job = Job(self)
        self._job.yielded.connect(self._on_table)
        self._job.failed.connect(show_error)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(REST)
        self._pause.timeout.connect(self._look)
        listen(self)

    @property
    def resting(self) -> bool:
        """Whether nothing is to be measured."""
        return not (self._job.running or self._pause.isActive())

    def follow(
        self,
        layer: Labels | None,
        image: Stack | None = None,
        extras: pd.DataFrame | None = None,
    ) -> None:
        """Follow this layer from now on, and no other.

        Parameters
        ----------
        layer : Labels, optional
            The layer; None for no more.
        image : Stack, optional
            What is measured in its objects: one channel, or several, on axes that fit.
        extras : DataFrame, optional
            What else is known of the objects; that in the layer's features by default.
        """
        before, self._layer, self._image = self._layer, layer, image
        self._pause.stop()
        self._job.cancel()
        for name in _EVENTS:
            answer = self._on_redraw if name == "set_data" else self._on_change
            if before is not None:
                getattr(before.events, name).disconnect(answer)
            if layer is not None:
                getattr(layer.events, name).connect(answer)
        self._known, self._extras = None, extras
        self._seen = pd.DataFrame()
        if layer is not None:
            self._pause.start()

    def hear_of(self, layer: Labels) -> None:
        """Look for changes at rest, if it is the layer that is followed."""
        if layer is self._layer:
            self._on_change()

    def _on_change(self) -> None:
        self._job.cancel()
        self._pause.start()

    def _on_redraw(self) -> None:
        """Look for what an undo, or code, has changed; on disk that takes too long."""
        if self._layer is not None and isinstance(self._layer.data, np.ndarray):
            self._on_change()

    def _look(self) -> None:
        layer, image = self._layer, self._image
        if layer is None or layer.multiscale:
            return
        try:
            labels = stack_of(layer).channel(0)
        except ValueError:  # nothing can be said of objects whose axes do not fit
            return
        shape = tuple(labels.data.shape)
        if image is not None and (image.labels_axes, image.labels_shape) != (
            labels.axes,
            shape,
        ):
            image = None
        known = self._known
        if known is None or not known.is_of(layer, labels.axes, image):
            known = self._known = _Known(layer.data, labels.axes, image)
        self._job.start_next(lambda: known.iter_table(labels))

    def _on_table(self, table: pd.DataFrame) -> None:
        layer, known = self._layer, self._known
        if layer is None or known is None:
            return
        known.shown = True
        now, self._extras = self._extras, None
        if now is None:
            now = layer.features.rename(columns={INDEX: "label"})
            now = without_stale(now, table)
        self._seen = _with_seen(now, self._seen, table.columns.tolist())
        features = update_table(self._seen, table)
        layer.features = features.rename(columns={"label": INDEX})
        self.updated.emit(layer)


def _sum_of(plane: Any) -> int:
    return zlib.crc32(np.ascontiguousarray(plane).data)


def _with_seen(
    now: pd.DataFrame, seen: pd.DataFrame, measured: list[str]
) -> pd.DataFrame:
    """Return what is known of the objects that there are, and of those erased."""
    if "label" not in now:
        return seen
    keys = [key for key in ("label", "p", "t") if key in now and key in measured]
    rows = now[[*keys, *(name for name in now if name not in measured)]]
    if list(seen) != list(rows):
        return rows
    return pd.concat([rows, seen], ignore_index=True).drop_duplicates(keys)
