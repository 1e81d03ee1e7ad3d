"""The pages of the one dock: which there are, and the strip that turns them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from npe2 import PluginManager
from qtpy.QtCore import QTimer, QUrl, Signal
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QDockWidget, QMainWindow, QPushButton, QWidget
from superqt.utils import QFlowLayout

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import napari.viewer

PLUGIN = "napari-mobile-unet"
PAGES = {
    "Prepare": "Pre-process",
    "Threshold": "Otsu threshold",
    "Segment": "Mobile U-Net",
    "Correct": "Correct labels",
    "Measure": "Measure objects",
    "Teach": "Teach a model",
}
"""Title of each page, in order, and the name of its widget in the manifest."""


HELP = "https://github.com/napari-mobile-unet/napari-mobile-unet/blob/main/"
"""Where the documentation is."""
SMALL = "QPushButton { padding: 3px 4px; min-width: 0px; }"
"""So that all pages stand in one row of a narrow dock."""


class PageStrip(QWidget):
    """One button for each page, in as many rows as they need.

    Parameters
    ----------
    current : str
        Title of the page that it stands on.
    document : str
        File of the documentation that explains the page.
    """

    chosen = Signal(str)
    """The title of another page."""

    def __init__(self, current: str, document: str) -> None:
        super().__init__()
        self.buttons = {title: QPushButton(title) for title in PAGES}
        layout = QFlowLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(2)
        layout.setVerticalSpacing(2)
        for title, button in self.buttons.items():
            button.setCheckable(True)
            button.setToolTip(f"Go to the page {title}")
            button.setStyleSheet(SMALL)
            button.clicked.connect(lambda _, title=title: self._on_clicked(title))
            layout.addWidget(button)
        self.help = QPushButton("?")
        self.help.setAccessibleName("Help")
        self.help.setToolTip(f"Read about this page: {HELP}{document}")
        self.help.setStyleSheet(SMALL)
        self.help.clicked.connect(
            lambda _: QDesktopServices.openUrl(QUrl(f"{HELP}{document}"))
        )
        layout.addWidget(self.help)
        self._current = current
        self._show_current()

    def _on_clicked(self, title: str) -> None:
        self._show_current()
        if title != self._current:
            self.chosen.emit(title)

    def _show_current(self) -> None:
        for title, button in self.buttons.items():
            button.setChecked(title == self._current)


def open_page(viewer: napari.viewer.Viewer, title: str) -> QWidget:
    """Show a page, which is made unless it has been open before.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        In whose window.
    title : str
        Of `PAGES`.
    """
    found = _find(viewer, title)
    if found is not None:
        page, frame = found
        frame.show()
        return page
    page, name = _make(viewer, title)
    # Beside other pages it takes its place itself: since Qt 6.12 a page that is made a
    # tab of one that floats is shown in one window with it.
    first = not any(_find(viewer, other) for other in PAGES)
    viewer.window.add_dock_widget(page, name=name, tabify=first).show()
    return page


def page_behind(viewer: napari.viewer.Viewer, title: str) -> QWidget:
    """Return a page, made if need be, behind the one that is seen.

    Parameters
    ----------
    viewer, title
        As for `open_page`.
    """
    found = _find(viewer, title)
    if found is not None:
        return found[0]
    shown = [_find(viewer, other) for other in PAGES]
    frames = [each[1] for each in shown if each is not None and each[1].isVisible()]
    page = open_page(viewer, title)
    for frame in frames:
        frame.show()
    return page


def _find(
    viewer: napari.viewer.Viewer, title: str
) -> tuple[QWidget, QDockWidget] | None:
    """Return a page that has been open before, and its frame."""
    for page in viewer.window.dock_widgets.values():
        frame = page.parent() if isinstance(page, QWidget) else None
        if getattr(page, "page", "") == title and isinstance(frame, QDockWidget):
            return page, frame
    return None


def _make(viewer: napari.viewer.Viewer, title: str) -> tuple[QWidget, str]:
    """Return a new page, and the name that napari's menus know it by."""
    plugins = PluginManager.instance()
    manifest = plugins.get_manifest(PLUGIN)
    for widget in manifest.contributions.widgets or ():
        if widget.display_name == PAGES[title]:
            page = plugins.commands.get(widget.command)(viewer)
            return page, f"{widget.display_name} ({manifest.display_name})"
    raise KeyError(f"{PLUGIN} has no widget named {PAGES[title]!r} in its manifest")


def frames_beside(frame: QDockWidget, kind: type[QWidget]) -> Iterator[QDockWidget]:
    """Yield the frames of the other pages in a window.

    Parameters
    ----------
    frame : QDockWidget
        Of a page.
    kind : type
        What pages are.
    """
    window = frame.parentWidget()
    if isinstance(window, QMainWindow):
        for other in window.findChildren(QDockWidget):
            if other is not frame and isinstance(other.widget(), kind):
                yield other


def take_place(frame: QDockWidget, others: Collection[QDockWidget]) -> None:
    """Lay a page's frame where that of another page is; only one is ever to be seen.

    napari gives each page a frame of its own, and would lay one below the other until
    all are crushed. As tabs of which all but one are hidden they have the same place
    and size, and Qt shows no second row of tabs.
    """
    if not others:
        return
    seen = [other for other in others if not other.isHidden()]
    window = frame.parentWidget()
    assert isinstance(window, QMainWindow)
    before = (seen or list(others))[0]
    if before in seen and before.isFloating() != frame.isFloating():
        # Within the event that shows it Qt crashes on this.
        QTimer.singleShot(0, lambda: _float_like(frame, before))
    elif not (
        before.isFloating()
        or frame.isFloating()
        or before in window.tabifiedDockWidgets(frame)
    ):
        window.tabifyDockWidget(before, frame)
    for other in seen:
        other.hide()


def _float_like(frame: QDockWidget, before: QDockWidget) -> None:
    frame.setFloating(before.isFloating())
    if before.isFloating():
        frame.setGeometry(before.geometry())
