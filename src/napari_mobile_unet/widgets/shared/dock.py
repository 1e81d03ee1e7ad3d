"""What all docks do: they scroll, and let go of the viewer when they are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget
from superqt import QCollapsible

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
        # napari gives plugins a proxy, whose layers are new objects each time: they
        # could not be kept, nor compared with others.
        self.viewer: napari.viewer.Viewer = getattr(viewer, "__wrapped__", viewer)
        self._docked = False

    def column(self) -> QVBoxLayout:
        """Return the layout for what the dock holds; it scrolls in a low window."""
        content = QWidget()
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(_Scrolled(content))
        return QVBoxLayout(content)

    def section(self, title: str, content: QWidget) -> QCollapsible:
        """Return a widget under a title; it unfolds when the title is clicked."""
        section = QCollapsible(title)
        section.layout().setContentsMargins(0, 0, 0, 0)
        section.addWidget(content)
        return section

    def disconnect_viewer(self) -> None:
        """Stop what runs and let go of the viewer's events."""
        raise NotImplementedError(f"{type(self).__name__}.disconnect_viewer")

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


class _Scrolled(QScrollArea):
    """Scrolls up and down only: as wide as its content needs, as high as there is room.

    Without it text that wraps makes the docks higher than they claim to be, and what
    they hold overlaps; or the window grows beyond the screen.
    """

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def minimumSizeHint(self) -> QSize:
        """Return the content's width and the bar's, and the height of a few rows."""
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self.widget().minimumSizeHint().width() + bar, 100)

    def sizeHint(self) -> QSize:
        """Return the size in which nothing is scrolled."""
        wanted = self.widget().sizeHint()
        return wanted.expandedTo(self.minimumSizeHint())

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Tell the dock when its content wants another size."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return bool(super().eventFilter(watched, event))
