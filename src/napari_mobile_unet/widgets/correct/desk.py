"""A labels layer that is being corrected: strokes and tools in one history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal

from napari_mobile_unet.corrections.strokes import before_points
from napari_mobile_unet.messages import one_line
from napari_mobile_unet.widgets.correct.napari_private import (
    first_place,
    forget_strokes,
    is_written,
    painted_ids,
    points_of,
    redraw,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from napari.layers import Labels
    from napari.utils.events import Event

    from napari_mobile_unet.corrections.change import Change
    from napari_mobile_unet.corrections.done import Done
    from napari_mobile_unet.corrections.session import Corrections

STROKES = {
    "paint": "paint {}",
    "erase": "erase",
    "fill": "fill with {}",
    "polygon": "polygon {}",
}
"""What a person reads of strokes with napari's own tools, by the layer's mode."""
REFUSALS = (ValueError, OSError)
"""What is said in the page, and changes nothing."""


class Desk(QObject):
    """A labels layer that is being corrected.

    Every change goes through one history: what our tools do, and the strokes of
    napari's brush, eraser, bucket and polygon, whose own history stays empty.

    Parameters
    ----------
    layer : Labels
        The layer; its data are those of the session.
    session : Corrections
        Their history, locks and journal.
    """

    done = Signal(object)
    """A step was taken, undone or redone: what changed."""
    refused = Signal(str)
    """Nothing changed, and why."""
    replaced = Signal()
    """Somebody gave the layer other data; the desk is closed."""

    def __init__(
        self, layer: Labels, session: Corrections, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.layer, self.session = layer, session
        self._coming: tuple[Any, str] | None = None
        forget_strokes(layer)
        layer.events.paint.connect(self._on_paint)
        layer.events.data.connect(self._on_data)

    def close(self) -> None:
        """Let go of the layer, with all steps on the disk."""
        self.settle()
        self.layer.events.paint.disconnect(self._on_paint)
        self.layer.events.data.disconnect(self._on_data)
        self.session.close()

    def do(
        self,
        kind: str,
        changes: Callable[[], list[Change]],
        *,
        text: str = "",
        on: Collection[int] = (),
        lock: bool = True,
    ) -> bool:
        """Do what a tool wants; return whether anything changed.

        Parameters
        ----------
        kind, text, on, lock
            As for ``Corrections.do``.
        changes : callable
            Returns the changes, or raises where the tool does not apply.
        """
        return self.take(
            lambda: self.session.do(kind, changes(), text=text, on=on, lock=lock),
            nothing=f"Nothing to change: {text or kind}",
        )

    def lock(self, ids: Collection[int]) -> bool:
        """Lock objects, or unlock them where all are locked already."""
        ids = set(ids)
        if ids and ids <= self.session.locks.ids:
            return self.take(lambda: self.session.unlock(ids))
        return self.take(lambda: self.session.lock(ids))

    def finish(self, plane: tuple[int, ...], finished: bool) -> bool:
        """Mark a plane as finished, or as open again."""
        step = self.session.finish if finished else self.session.reopen
        return self.take(lambda: step(plane))

    def undo(self) -> bool:
        """Undo the last step."""
        return self.take(self.session.undo, nothing="Nothing to undo")

    def redo(self) -> bool:
        """Do again what was undone last."""
        return self.take(self.session.redo, nothing="Nothing to redo")

    def take(self, step: Callable[[], Done | None], nothing: str = "") -> bool:
        """Take a step of the session, show it, and tell of it.

        Parameters
        ----------
        step : callable
            Does something with the session; None if nothing changed.
        nothing : str
            What is said then.
        """
        self.settle()
        try:
            done = step()
        except REFUSALS as error:
            self.refused.emit(one_line(error))
            return False
        if done is None:
            if nothing:
                self.refused.emit(nothing)
            return False
        redraw(self.layer, done.boxes)
        self.done.emit(done)
        return True

    def _on_paint(self, event: Event) -> None:
        """Take a stroke of napari's own tools in, as soon as it is written."""
        self.settle()
        self._coming = event.value, str(self.layer.mode)
        if is_written(self.layer, event.value):
            self.settle()
        else:
            QTimer.singleShot(0, self.settle)

    def settle(self) -> None:
        """Take a stroke that was announced into the history, if there is one."""
        if self._coming is None:
            return
        (item, kind), self._coming = self._coming, None
        before = before_points(self.session.labels, points_of(item))
        ids = painted_ids(item)
        own = next(iter(ids)) if len(ids) == 1 else 0
        text = STROKES.get(kind, kind).format(own or "several")
        boxes = [(each.plane, each.box) for each in before]
        try:
            on = ids or {0}
            if ids == {0}:
                kind, text, on = "erase", "erase", _erased(item, before)
            done = self.session.stroke(before, kind=kind, text=text, on=on)
        except REFUSALS as error:
            self.refused.emit(one_line(error))
            redraw(self.layer, boxes)
            return
        finally:
            forget_strokes(self.layer)
        if done is None:
            redraw(self.layer, boxes)  # all of it was put back
            return
        self.done.emit(done)
        if done.put_back:
            redraw(self.layer, done.put_back)
            self.refused.emit(
                "Locked objects under the stroke are as they were; to change one "
                "choose its id, or unlock it (K)"
            )

    def _on_data(self) -> None:
        if self.layer.data is not self.session.labels:
            self.close()
            self.replaced.emit()


def _erased(item: Any, before: list[Change]) -> set[int]:
    """Return what the eraser may take of locked objects.

    The one that it began on; all of them where it began on background.
    """
    *plane, row, column = first_place(item)
    for old in before:
        rows, columns = old.box
        inside = rows.start <= row < rows.stop
        if tuple(plane) != old.plane or not inside:
            continue
        if columns.start <= column < columns.stop:
            own = int(old.labels[row - rows.start, column - columns.start])
            if own:
                return {own}
    return {int(own) for old in before for own in np.unique(old.labels)}
