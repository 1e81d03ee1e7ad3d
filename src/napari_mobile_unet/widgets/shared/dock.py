"""What all docks do: they are pages of one, and let go of the viewer at the end."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, ClassVar

from qtpy.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from qtpy.QtWidgets import (
    QDockWidget,
    QFrame,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.widgets.shared.fields import align_fields, guard_fields
from napari_mobile_unet.widgets.shared.pages import (
    PageStrip,
    frames_beside,
    open_page,
    take_place,
)
from napari_mobile_unet.widgets.shared.warm_up import warm_up

if TYPE_CHECKING:
    import napari.viewer
    from qtpy.QtGui import QShowEvent

LOWEST = 80
"""Pixels of what scrolls that are seen in the lowest window."""


_turns = count(1)
"""Of the pages, in the order in which they were opened."""


class Dock(QWidget):
    """A page beside the canvas, as long as its dock is open.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The window that it stands in.
    """

    page: ClassVar[str] = ""
    """The title on the strip of pages."""
    document: ClassVar[str] = "README.md"
    """The file that explains the page."""
    seen = Signal(bool)
    """Whether it can be seen: it is open, and lies behind no other dock."""

    def __init__(
        self, viewer: napari.viewer.Viewer, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        # napari gives plugins a proxy, whose layers are new objects each time: they
        # could not be kept, nor compared with others.
        self.viewer: napari.viewer.Viewer = getattr(viewer, "__wrapped__", viewer)
        self._frame: QDockWidget | None = None
        self._coming = False
        self._turn = 0
        self.strip = PageStrip(self.page, self.document)
        self.strip.chosen.connect(self._open)
        self._rows = QVBoxLayout(self)
        self._rows.addWidget(self.strip)

    def column(self) -> QVBoxLayout:
        """Return the layout for what the dock holds; it scrolls in a low window."""
        content = QWidget()
        self._rows.addWidget(_Scrolled(content), 1)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        return column

    def foot(self, content: QWidget) -> None:
        """Put what is always to be seen below what scrolls."""
        self._rows.addWidget(content)

    def disconnect_viewer(self) -> None:
        """Stop what runs and let go of the viewer's events."""
        raise NotImplementedError(f"{type(self).__name__}.disconnect_viewer")

    def _open(self, title: str) -> None:
        page = open_page(self.viewer, title)
        if isinstance(page, Dock):
            page.strip.setFocus()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Take the place of the page that was seen before."""
        super().showEvent(event)
        guard_fields(self)
        align_fields(self)
        warm_up()
        frame, by_itself = self._frame, event is not None and not event.spontaneous()
        if frame is not None and by_itself and not self._coming:
            self._coming = True  # a frame that is laid elsewhere is shown again
            try:
                take_place(frame, list(frames_beside(frame, Dock)))
            finally:
                self._coming = False

    def event(self, event: QEvent | None) -> bool:
        """Let go of the viewer, and go, when napari closes the widget's dock.

        napari sends no close event then: it only takes the parent away.
        """
        if event is not None and event.type() == QEvent.Type.ParentChange:
            frame, parent = self._frame, self.parent()
            self._frame = parent if isinstance(parent, QDockWidget) else None
            if self._frame is not None:
                # Qt hides no dock behind another one: only this signal tells of it.
                self._frame.visibilityChanged.connect(self.seen)
                self._replace_earlier()
            if frame is not None and parent is None:
                self.disconnect_viewer()
                self.deleteLater()
                self._close_others(frame)
        elif event is not None and event.type() == QEvent.Type.StyleChange:
            align_fields(self)
        return bool(super().event(event))

    def _replace_earlier(self) -> None:
        """Close the same page, if code has opened it again under another name.

        napari tells its docks apart by names, and gives others to those of its menus
        than to those of ``add_plugin_dock_widget``.
        """
        self._turn = next(_turns)

        def close() -> None:
            frame = self._frame
            for other in list(frames_beside(frame, Dock)) if frame else ():
                page = other.widget()
                same = isinstance(page, Dock) and page.page == self.page
                if same and page._turn < self._turn:
                    self.viewer.window.remove_dock_widget(other)

        later = QTimer(self)  # its frame is not in the window yet
        later.setSingleShot(True)
        later.timeout.connect(close)
        later.start(0)

    def _close_others(self, frame: QDockWidget) -> None:
        """Close the pages that lie behind this one, once napari is done with it."""
        window = frame.parentWidget()
        others = [other.widget() for other in frames_beside(frame, Dock)]
        again = any(getattr(other, "page", "") == self.page for other in others)
        if window is None or not others or again:
            return

        def close() -> None:
            for other in window.findChildren(QDockWidget):
                if other.widget() in others:
                    viewer.window.remove_dock_widget(other)
            later.deleteLater()

        viewer, later = self.viewer, QTimer(window)
        later.setSingleShot(True)
        later.timeout.connect(close)
        later.start(0)


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
        bar = self.verticalScrollBar()
        beside = bar.sizeHint().width()
        if bar.isVisible():  # and as far from the content as the style wants it
            beside = self.width() - self.viewport().width()
        return QSize(self.widget().minimumSizeHint().width() + beside, LOWEST)

    def sizeHint(self) -> QSize:
        """Return the size in which nothing is scrolled."""
        wanted = self.widget().sizeHint()
        return wanted.expandedTo(self.minimumSizeHint())

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Tell the dock when its content wants another size."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return bool(super().eventFilter(watched, event))
