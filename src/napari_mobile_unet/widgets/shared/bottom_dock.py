"""A dock that is no page: wide, below the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from napari.settings import get_settings
from qtpy.QtCore import QEvent, Qt, QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QSizePolicy, QWidget

from napari_mobile_unet.widgets.shared.fields import guard_fields

if TYPE_CHECKING:
    import napari.viewer
    from qtpy.QtGui import QShowEvent


class BottomDock(QWidget):
    """Opens below the canvas, and lets go of the viewer when it is closed.

    napari opens all docks of plugins on the right until a person has moved them.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The window that it stands in.
    """

    title: ClassVar[str] = ""
    """Its name in the manifest."""

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        # napari gives plugins a proxy, whose layers are new objects each time.
        self.viewer: napari.viewer.Viewer = getattr(viewer, "__wrapped__", viewer)
        # napari remembers where a person has put it, by this name and the plugin's.
        places = get_settings().application.plugin_widget_positions
        self._fresh = not any(name.startswith(f"{self.title} (") for name in places)
        self._frame: QDockWidget | None = None
        # napari would put a stretch below what has no need of height.
        policy = QSizePolicy.Policy
        self.setSizePolicy(policy.Preferred, policy.Expanding)

    def disconnect_viewer(self) -> None:
        """Stop what runs and let go of the viewer's events."""
        raise NotImplementedError(f"{type(self).__name__}.disconnect_viewer")

    def showEvent(self, event: QShowEvent | None) -> None:
        """Keep the wheel from changing fields that it passes."""
        super().showEvent(event)
        guard_fields(self)

    def event(self, event: QEvent | None) -> bool:
        """Go below the canvas once; let go of the viewer when napari closes the dock.

        napari sends no close event then: it only takes the parent away.
        """
        if event is not None and event.type() == QEvent.Type.ParentChange:
            frame, parent = self._frame, self.parent()
            self._frame = parent if isinstance(parent, QDockWidget) else None
            if frame is None and self._frame is not None:
                QTimer.singleShot(0, self._go_below)
            elif frame is not None and parent is None:
                self.disconnect_viewer()
                self.deleteLater()
        return bool(super().event(event))

    def _go_below(self) -> None:
        """Go below the canvas, unless a person has put it elsewhere before."""
        frame = self._frame
        window = None if frame is None else frame.parentWidget()
        if frame is not None and isinstance(window, QMainWindow):
            below = Qt.DockWidgetArea.BottomDockWidgetArea
            if self._fresh:
                self._fresh = False
                window.addDockWidget(below, frame)
            if window.dockWidgetArea(frame) == below and not frame.isFloating():
                share_bottom(window, frame)


def share_bottom(window: QMainWindow, frame: QDockWidget) -> None:
    """Show a dock below the canvas as a tab with those that are there already.

    Side by side they would be wider than the screen of a laptop.
    """
    for other in window.findChildren(QDockWidget):
        below = window.dockWidgetArea(other) == Qt.DockWidgetArea.BottomDockWidgetArea
        if below and other is not frame and other.isVisible():
            window.tabifyDockWidget(other, frame)
            break
    frame.show()
    frame.raise_()
