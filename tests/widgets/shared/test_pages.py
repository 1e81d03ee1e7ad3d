"""All pages have one home: one place in the window, where one of them is to be seen."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari._app_model import get_app_model
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDockWidget, QWidget

from napari_mobile_unet.widgets.shared.dock import Dock
from napari_mobile_unet.widgets.shared.pages import PAGES, open_page
from napari_mobile_unet.widgets.window import open_window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui

COMMANDS = {
    "Prepare": "napari-mobile-unet.preprocess",
    "Threshold": "napari-mobile-unet.threshold",
    "Segment": "napari-mobile-unet.unet",
    "Correct": "napari-mobile-unet.correct",
    "Measure": "napari-mobile-unet.measure",
    "Teach": "napari-mobile-unet.teach",
}


class Home:
    """A person before the window: what is to be seen of the pages, and the clicks."""

    def __init__(self, viewer: Any, qtbot: QtBot) -> None:
        self.viewer, self._qtbot = viewer, qtbot
        self.window.resize(1366, 768)
        self.window.show()
        qtbot.waitExposed(self.window)

    @property
    def window(self) -> Any:  # kept nowhere: napari's fixture wants it gone
        return self.viewer.window._qt_window

    def from_menu(self, title: str) -> None:
        get_app_model().commands.execute_command(COMMANDS[title]).result()
        self._qtbot.wait(50)

    def turns_to(self, title: str) -> None:
        button = self.seen.strip.buttons[title]
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self._qtbot.wait(50)

    @property
    def frames(self) -> list[QDockWidget]:
        frames = self.window.findChildren(QDockWidget)
        return [frame for frame in frames if isinstance(frame.widget(), Dock)]

    @property
    def seen(self) -> Dock:
        (frame,) = [frame for frame in self.frames if frame.isVisible()]
        page = frame.widget()
        assert isinstance(page, Dock)
        return page


@pytest.fixture
def home(viewer: Any, qtbot: QtBot) -> Home:
    return Home(viewer, qtbot)


def test_each_page_is_a_widget_of_the_manifest(viewer: Any) -> None:
    for title, name in PAGES.items():
        page = viewer.window.add_plugin_dock_widget("napari-mobile-unet", name)[1]
        assert page.page == title


def test_menu_and_strip_lead_to_one_home(home: Home) -> None:
    home.viewer.add_image(np.zeros((3, 64, 48), np.uint8))
    home.from_menu("Segment")
    first, place = home.seen, home.seen.parentWidget().geometry()
    assert len(home.frames) == 1  # the others cost nothing yet
    home.from_menu("Threshold")
    assert home.seen.page == "Threshold"
    home.turns_to("Prepare")
    assert home.seen.page == "Prepare"
    home.turns_to("Segment")
    assert home.seen is first
    assert len(home.frames) == 3
    now = home.seen.parentWidget().geometry()
    line = 2 if version("napari") == "0.9.0" else 0  # of its tab bar
    assert abs(now.top() - place.top()) <= line
    assert abs(now.bottom() - place.bottom()) <= line
    home.from_menu("Prepare")
    assert home.seen.page == "Prepare"
    assert len(home.frames) == 3


def test_opened_from_the_menu_that_shows_a_page_it_hides(home: Home) -> None:
    home.from_menu("Segment")
    home.from_menu("Segment")
    assert not any(frame.isVisible() for frame in home.frames)
    home.from_menu("Threshold")
    assert home.seen.page == "Threshold"


def test_a_page_that_floats_is_turned_where_it_floats(home: Home, qtbot: QtBot) -> None:
    home.from_menu("Segment")
    frame = home.seen.parentWidget()
    frame.setFloating(True)
    qtbot.wait(50)
    assert home.seen.page == "Segment"
    home.turns_to("Threshold")
    assert home.seen.page == "Threshold"
    assert home.seen.parentWidget().isFloating()
    home.seen.parentWidget().setFloating(False)
    qtbot.wait(50)
    home.turns_to("Prepare")
    assert home.seen.page == "Prepare"
    assert not home.seen.parentWidget().isFloating()


def test_a_page_that_is_closed_takes_the_others_with_it(
    home: Home, qtbot: QtBot
) -> None:
    home.from_menu("Segment")
    home.turns_to("Threshold")
    home.turns_to("Prepare")
    home.seen.parentWidget().title.close_button.click()
    qtbot.waitUntil(lambda: not home.frames)
    assert not home.viewer.window.dock_widgets
    home.viewer.add_image(np.zeros((8, 8)))  # nobody listens any more
    home.viewer.dims.set_point(0, 0)
    home.from_menu("Segment")
    assert home.seen.page == "Segment"


def test_a_page_leaves_the_canvas_most_of_a_laptop_screen(home: Home) -> None:
    home.viewer.add_image(np.zeros((3, 64, 48), np.uint8))
    for title in PAGES:
        open_page(home.viewer, title)
        assert (home.window.width(), home.window.height()) == (1366, 768)
        assert home.seen.width() <= 370
        assert home.viewer.window._qt_viewer.canvas.native.width() >= 640


@pytest.mark.parametrize("title", PAGES)
def test_tab_passes_by_what_is_folded(title: str, home: Home) -> None:
    home.viewer.add_image(np.zeros((3, 64, 48), np.uint8))
    open_page(home.viewer, title)
    page: Any = home.seen
    folded = {page.tools.smallest, page.number_button} if title == "Correct" else set()
    if title in ("Threshold", "Segment"):
        folded = {editor.native for editor in page.objects.fields.values()}
    assert not any(editor.isVisible() for editor in folded)
    reached, widget = set(), page.strip.buttons[title]
    while page.isAncestorOf(widget):  # to walk on would keep the window, with PySide6
        if widget.isVisible():
            reached.add(widget)
        widget = widget.nextInFocusChain()
    if title == "Teach":
        assert page.examples.image in reached
    else:
        box = page.box if title in ("Correct", "Measure") else page.source.box
        assert box in reached
    assert reached.isdisjoint(folded)


def test_the_wheel_scrolls_and_changes_only_the_field_in_hand(
    home: Home, qtbot: QtBot
) -> None:
    home.from_menu("Segment")
    page: Any = home.seen
    for field in (page.batch_size, page.settings.fields["diameter"].native):
        before = field.value()
        page.strip.buttons["Segment"].setFocus()
        _turn_wheel(field)
        assert field.value() == before
    size = page.settings.fields["diameter"].native
    qtbot.waitActive(home.window)
    home.window.activateWindow()
    size.setFocus()
    qtbot.waitUntil(size.hasFocus)
    _turn_wheel(size)
    assert size.value() != 0


def test_all_fields_of_a_page_begin_at_one_place(home: Home, qtbot: QtBot) -> None:
    home.viewer.add_image(np.zeros((3, 64, 48), np.uint8))
    home.from_menu("Segment")
    page: Any = home.seen
    fields = [page.source.box, page.source.axes, page.model]
    fields += [page.settings.fields["diameter"].native]
    fields += [page.link.fields["method"].native]

    def starts() -> set[int]:
        return {field.mapTo(page, field.rect().topLeft()).x() for field in fields}

    # The box of models is laid out once more when it is filled.
    qtbot.waitUntil(lambda: len(starts()) == 1)


def test_the_window_opens_on_the_page_that_segments(
    tmp_path: Path, qtbot: QtBot, make_napari_viewer: Any
) -> None:
    viewer = open_window([], show=False)
    try:
        (page,) = viewer.window.dock_widgets.values()
        assert page.page == "Segment"
    finally:
        viewer.close()


def _turn_wheel(field: QWidget) -> None:
    place = QPointF(field.rect().center())
    event = QWheelEvent(
        place,
        QPointF(field.mapToGlobal(field.rect().center())),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(field, event)


def test_a_page_that_code_opens_again_under_another_name_replaces_the_first(
    viewer: Any, dock: Callable[[str], Any], qtbot: QtBot
) -> None:
    viewer.window._qt_window.show()
    open_page(viewer, "Prepare")
    first = open_page(viewer, "Segment")
    second = dock("Mobile U-Net")
    assert second is not first

    def pages() -> list[str]:
        return sorted(each.page for each in viewer.window.dock_widgets.values())

    qtbot.waitUntil(lambda: pages() == ["Prepare", "Segment"])
    assert open_page(viewer, "Segment") is second
    assert second.isVisible()
