"""The labels layer in hand: its session, what is chosen in it, and what tools do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_mobile_unet.corrections.writing import check_writable
from napari_mobile_unet.messages import one_line
from napari_mobile_unet.widgets.correct.desk import Desk
from napari_mobile_unet.widgets.correct.divisions import Divisions
from napari_mobile_unet.widgets.correct.hand import Hand
from napari_mobile_unet.widgets.correct.journals import (
    record,
)
from napari_mobile_unet.widgets.correct.keys import Key, Keys
from napari_mobile_unet.widgets.correct.marks import Marks
from napari_mobile_unet.widgets.correct.opening import Opening, image_stack
from napari_mobile_unet.widgets.correct.tools import TOOLS
from napari_mobile_unet.widgets.correct.view import (
    centre_on,
    image_beside,
    plane_in_view,
    show_plane,
)
from napari_mobile_unet.widgets.layers.being_written import BEING_WRITTEN
from napari_mobile_unet.widgets.shared.table_follows import TableFollows, tell_changed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import napari
    from napari.layers import Labels

    from napari_mobile_unet.corrections.change import PlaneIndex
    from napari_mobile_unet.corrections.done import Done
    from napari_mobile_unet.corrections.session import Corrections
    from napari_mobile_unet.types import AnyLabels, Plane


class Bench(QObject):
    """The labels layer in hand, if any, and all that is done to it.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layer is.
    segment : callable
        Finds objects in a part of an image, for the tool that segments a box.
    """

    changed = Signal()
    """Another layer, another choice, another tool in hand, or another step."""
    stepped = Signal(object)
    """A step was taken, undone or redone: what changed."""
    said = Signal(str)
    """What a person should read; empty to take the last text away."""

    def __init__(
        self, viewer: napari.Viewer, segment: Callable[[Plane], AnyLabels]
    ) -> None:
        super().__init__()
        self._viewer = viewer
        self.layer: Labels | None = None
        self.desk: Desk | None = None
        self.marks: Marks | None = None
        self.hand = Hand(viewer, self, segment)
        self._keys: Keys | None = None
        self._divisions: Divisions | None = None
        self._more_keys: Sequence[Key] = ()
        self.chosen: tuple[int, ...] = ()
        self.copyable = False
        """Whether the layer can be corrected once it is copied into memory."""
        self.table = TableFollows(self)
        self.opening = Opening(viewer, self)
        self.opening.opened.connect(self._on_opened)
        self.opening.said.connect(self.said)
        self.opening.rested.connect(self.changed)
        viewer.dims.events.current_step.connect(self._on_plane)
        viewer.dims.events.ndisplay.connect(self._on_plane)
        BEING_WRITTEN.changed.connect(self._on_written)

    @property
    def session(self) -> Corrections | None:
        """The history and locks of the layer."""
        return None if self.desk is None else self.desk.session

    def bind(self, keys: Sequence[Key]) -> None:
        """Have more keys bound with those of the tools, from the next layer on."""
        self._more_keys = keys

    @property
    def keys(self) -> list[Key]:
        """The keys that are bound to a layer in hand, and what they do."""
        tools = [
            Key(tool.key, tool.title, partial(self.hand.use, tool))
            for tool in TOOLS
            if tool.key
        ]
        delete = next(key for key in tools if key.key == "D")
        return [
            Key("Control-Z", "Undo", lambda: self.desk and self.desk.undo()),
            Key("Control-Shift-Z", "Redo", lambda: self.desk and self.desk.redo()),
            *tools,
            *(delete._replace(key=key) for key in ("Delete", "Backspace")),
            Key("K", "Lock or unlock", self.lock),
            Key("M", "Brush with a new id", self._take_new_id),
            *self._more_keys,
        ]

    def take(self, layer: Labels | None) -> None:
        """Take another labels layer in hand, or none; its objects are looked up."""
        if layer is self.layer and self.desk is not None:
            return
        self.leave()
        self.layer = layer
        self.changed.emit()
        if layer is None:
            return
        layer.events.paint.connect(self._rescan)
        self.copyable = False
        try:
            check_writable(layer.data)
        except ValueError as error:
            self.copyable = not layer.multiscale
            self.said.emit(one_line(error))
            self.changed.emit()
            return
        if layer in BEING_WRITTEN:
            self.said.emit("A run writes to these labels; they are corrected after it")
            return
        self.opening.look_up(layer)

    def copy(self) -> None:
        """Load labels that cannot be written to into memory, and correct them there."""
        layer = self.layer
        if layer is not None and self.copyable:
            layer.data = np.array(layer.data)
            self.leave()
            self.take(layer)

    def _on_written(self, layer: Labels) -> None:
        """Leave labels that a run begins to write to; take them again when it ends."""
        if layer is self.layer:
            self.leave()
            self.said.emit("")
            self.take(layer)

    def leave(self) -> None:
        """Let go of the layer: every step of it is on the disk."""
        self.opening.cancel()
        if self.layer is not None:
            self.layer.events.paint.disconnect(self._rescan)
        self.table.follow(None)
        self.hand.end()
        for part in (self._keys, self.desk):
            if part is not None:
                part.close()
        if self.marks is not None:
            self.marks.remove()
        self.layer = self.desk = self.marks = None
        self._keys = self._divisions = None
        self.chosen, self.copyable = (), False

    def disconnect_viewer(self) -> None:
        """Let go of the viewer's events, before the page goes."""
        self.leave()
        self._viewer.dims.events.current_step.disconnect(self._on_plane)
        self._viewer.dims.events.ndisplay.disconnect(self._on_plane)
        BEING_WRITTEN.changed.disconnect(self._on_written)

    def _rescan(self) -> None:
        """Look again, since somebody painted before the session began."""
        layer = self.layer
        if self.desk is None and layer is not None and layer not in BEING_WRITTEN:
            self.opening.look_up(layer)

    def _on_opened(self, session: Corrections) -> None:
        """Have tools, keys, marks and table work with a session on the layer."""
        layer = self.layer
        assert layer is not None
        self.desk = Desk(layer, session, self)
        self.desk.done.connect(self._on_done)
        self.desk.refused.connect(self.said)
        self.desk.replaced.connect(self._on_replaced)
        self.marks = Marks(self._viewer, layer)
        self.hand.begin()
        self._keys = Keys(layer, {key.key: key.action for key in self.keys})
        record(layer, session)
        self._divisions = Divisions(layer, session)
        image = image_beside(self._viewer, layer)
        self.table.follow(layer, None if image is None else image_stack(image))
        self._on_plane()
        self.changed.emit()

    def _take_new_id(self) -> None:
        """Have the brush paint with an id that nobody has or had.

        napari's own key looks through all labels, and gives one again after its
        object was deleted.
        """
        if self.layer is not None and self.session is not None:
            self.layer.selected_label = self.session.index.next_id

    def lock(self) -> None:
        """Lock the chosen objects, or unlock them if all are locked."""
        if self.desk is not None:
            self.desk.lock(self.hand.ids())

    def choose(self, ids: tuple[int, ...]) -> None:
        """Choose objects."""
        self.chosen = ids
        if self.layer is not None and len(ids) == 1:
            self.layer.selected_label = ids[0]
        if self.marks is not None and self.session is not None:
            self.marks.choose(self.session, ids)
        if ids:
            self.hand.maps.look_ahead()
        self.changed.emit()

    def plane(self) -> PlaneIndex:
        """Return the plane that is looked at.

        Raises
        ------
        ValueError
            If there is none.
        """
        assert self.layer is not None
        return plane_in_view(self._viewer, self.layer)

    def _on_done(self, done: Done) -> None:
        layer, session = self.layer, self.session
        assert layer is not None and session is not None
        record(layer, session)
        if self._divisions is not None:
            self._divisions.follow(done)
        tell_changed(layer)
        step = done.step
        looked_at = self._looked_at()
        if looked_at is not None and step.planes and looked_at not in step.planes:
            show_plane(self._viewer, layer, step.planes[0])
        gone = [own for own in self.chosen if own not in session.index]
        if gone:
            self.choose(tuple(own for own in self.chosen if own not in gone))
        if self.marks is not None:
            self.marks.follow(
                session,
                done.boxes,
                relocked=(*step.locks.locked, *step.locks.unlocked),
            )
        self.said.emit("")
        self.stepped.emit(done)
        self.changed.emit()

    def _looked_at(self) -> PlaneIndex | None:
        try:
            return self.plane()
        except ValueError:
            return None

    def show(
        self, plane: PlaneIndex, place: tuple[float, float], size: float = 0
    ) -> None:
        """Move sliders and camera to a place of a plane; see ``centre_on``."""
        if self.layer is not None:
            show_plane(self._viewer, self.layer, plane)
            centre_on(self._viewer, self.layer, plane, place, size)

    def _on_plane(self) -> None:
        if self.marks is None or self.session is None:
            return
        plane = self._looked_at()
        if plane is not None:
            self.marks.show(self.session, plane, self.chosen)

    def _on_replaced(self) -> None:
        layer = self.layer
        self.desk = None  # it has closed itself
        self.leave()
        self.said.emit(
            "Something else gave the layer new labels: the corrections so far are kept "
            "in their journal, and a new session begins"
        )
        self.take(layer)
