"""Clicks and drags on the labels layer, for choosing and for the tool in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_mobile_unet.widgets.correct.view import place_of

if TYPE_CHECKING:
    from collections.abc import Generator

    import napari
    from napari.layers import Labels

    from napari_mobile_unet.widgets.correct.tools import Gesture

DRAGS = ("line", "outline", "box")
"""Gestures with the button held."""
Place = tuple[float, float]


class Gestures(QObject):
    """Clicks and drags on a labels layer while napari's own tools are put away.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose pointer.
    layer : Labels
        The layer; it must be the active one.
    """

    clicked = Signal(object, bool)
    """Row and column, and whether Shift was held: an object is to be chosen."""
    moved = Signal(object, bool)
    """The places of a drag so far, and whether they will be closed."""
    made = Signal(object)
    """The places of a gesture that is complete."""

    def __init__(
        self, viewer: napari.Viewer, layer: Labels, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._viewer, self._layer = viewer, layer
        self.gesture: Gesture = "now"
        self.pointer: Place | None = None
        """Where the pointer was seen last."""
        layer.mouse_drag_callbacks.append(self._on_press)
        layer.mouse_move_callbacks.append(self._on_move)

    def close(self) -> None:
        """Let go of the layer, and of nobody else's callbacks."""
        self.take("now")
        self._layer.mouse_drag_callbacks.remove(self._on_press)
        self._layer.mouse_move_callbacks.remove(self._on_move)

    def take(self, gesture: Gesture) -> None:
        """Wait for a gesture; while it is a drag the view does not move with it."""
        self.gesture = gesture
        if gesture != "now":
            self._layer.mode = "pan_zoom"
        if self._layer.mode == "pan_zoom":  # in others it is napari's to say
            self._layer.mouse_pan = gesture not in DRAGS

    def _on_move(self, _layer: Labels, event: Any) -> None:
        self.pointer = place_of(self._layer, event.position)

    def _on_press(self, _layer: Labels, event: Any) -> Generator[None, None, None]:
        if self._layer.mode != "pan_zoom" or event.button != 1:
            return
        gesture = self.gesture
        begun = place_of(self._layer, event.position)
        places, moved = [begun], False
        yield
        while event.type == "mouse_move":
            moved, here = True, place_of(self._layer, event.position)
            if gesture in DRAGS:
                places = [begun, here] if gesture == "box" else [*places, here]
                self.moved.emit(
                    _corners(places) if gesture == "box" else places, gesture != "line"
                )
            yield
        if gesture in DRAGS:
            if moved:
                self.made.emit(tuple(places))
        elif moved:
            return  # the view was moved
        elif gesture in ("click", "seeds"):
            self.made.emit((begun,))
        else:
            self.clicked.emit(begun, "Shift" in event.modifiers)


def _corners(ends: list[Place]) -> list[Place]:
    (top, left), (bottom, right) = ends
    return [(top, left), (top, right), (bottom, right), (bottom, left)]
