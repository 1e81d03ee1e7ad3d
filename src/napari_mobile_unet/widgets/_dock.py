"""What the docks share: they let go of the viewer when they are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    import napari.viewer


class Dock(QWidget):
    """A widget beside the canvas, as long as its dock is open.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The window that it stands in.
    """

    def __init__(
        self, viewer: napari.viewer.Viewer, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        # napari gives plugins a proxy, whose layers are new objects at each look: a
        # layer could not be held, nor told from another one.
        self.viewer: napari.viewer.Viewer = getattr(viewer, "__wrapped__", viewer)
        self._docked = False

    def disconnect_viewer(self) -> None:
        """Stop what runs and let go of the viewer's events."""
        raise NotImplementedError(f"{type(self).__name__} does not say how")

    def event(self, event: QEvent | None) -> bool:
        """Let go of the viewer, and go, when napari closes the widget's dock.

        napari sends no close event then: it only takes the parent away.
        """
        if event is not None and event.type() == QEvent.Type.ParentChange:
            if self._docked and self.parent() is None:
                self.disconnect_viewer()
                self.deleteLater()
            self._docked = self.parent() is not None
        return bool(super().event(event))
