"""Random clicks, keys, values and layers on all pages: nothing may raise or stick.

    python benchmarks/monkey.py --minutes 30 --seed 1

After each action the window has to answer, and there must be no exception, no error
that a dialogue of napari shows with a traceback, and no complaint of Qt. Every now and
then it rests until nothing runs; then no button may be off, and no line may say that
something goes on. Each fault is printed once, with the actions that led to it; the exit
status tells whether there was any. The same seed gives the same actions as far as the
time that jobs take is the same.

napari's canvas is not drawn unless asked for: OpenGL without a graphics card crashes
when labels with colours of their own are drawn after another layer has gone, even where
there is no plugin.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import os
import random
import re
import sys
import tempfile
import threading
import time
import traceback
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":  # nobody's settings, recipes, models and journals
    HOME = Path(tempfile.mkdtemp(prefix="mobile-unet-monkey-"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        os.environ[name] = str(HOME / name)
    os.environ["NAPARI_CONFIG"] = str(HOME / "settings.yaml")

import napari
import numpy as np
from napari.utils.notifications import ErrorNotification, notification_manager
from qtpy.QtCore import QPoint, Qt, QTimer, qInstallMessageHandler
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QScrollBar,
    QSpinBox,
    QTableView,
    QWidget,
)

from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.samples import sample_path
from napari_mobile_unet.widgets.layers.being_written import BEING_WRITTEN
from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.widgets.shared.job_bar import JobBar
from napari_mobile_unet.widgets.shared.pages import PAGES, open_page

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 5.0
"""Seconds of a processor that the window may take for one action."""
JOBS = 600.0
"""Seconds after which all that runs must have ended."""
REST = 60
"""Actions between two rests."""
MOST_LAYERS = 9
OTHERS = ("Batch", "Evaluate")
"""Pages that have a dock of their own, as the plugin's menu calls them."""
MENU = {"Batch": "Batch", "Evaluate": "Evaluate labels"}
KEYS = "ADGSQCJYORWUHTINKLEBFZMPX123456789"
NAMED_KEYS = ("Key_Escape", "Key_Return", "Key_Delete", "Key_Left", "Key_Right")
LEFT = Qt.MouseButton.LeftButton
NOT_OURS = (
    # Qt and the software's OpenGL, on a screen that nobody sees.
    "This plugin does not support",
    "QOpenGLWidget: Failed to make context current",
    "propagateSizeHints",
    "QWindowsWindow",
)
"""Lines of Qt that say nothing about us."""
GOES_ON = re.compile(r"…$")
"""How a line ends that says that something goes on."""


class Monkey:
    """Does anything to a window, and looks whether it takes it.

    Parameters
    ----------
    viewer : napari.Viewer
        The window, shown.
    seed : int
        Of all that it chooses.
    folder : Path
        Where files are saved.
    log : callable
        Takes each action, and each fault, as a line.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        seed: int,
        folder: Path,
        log: Callable[[str], object] = lambda line: None,
    ) -> None:
        self.viewer, self.folder, self._log = viewer, folder, log
        self.random = random.Random(seed)
        self.done = 0
        self.faults: dict[str, str] = {}
        self.slowest = 0.0, ""
        self._last: deque[str] = deque(maxlen=25)
        self._raised: list[str] = []
        self.actions: dict[Callable[[], str], int] = {
            self._page: 10,
            self._press: 34,
            self._value: 16,
            self._key: 8,
            self._draw: 10,
            self._step: 6,
            self._add: 4,
            self._remove: 3,
            self._choose_layer: 5,
            self._change_layer: 4,
            self._swap_data: 1,
            self._napari_undo: 2,
            self._close_page: 1,
            self._table: 2,
            self._pause: 4,
        }

    # What is watched

    @contextlib.contextmanager
    def watching(self) -> Any:
        """Take note of whatever is raised anywhere, and answer all dialogues."""
        hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
        dialogues = [
            (QFileDialog, "getSaveFileName", self._save_name),
            (QFileDialog, "getOpenFileName", lambda *a, **k: ("", "")),
            (QFileDialog, "getOpenFileNames", lambda *a, **k: ([], "")),
            (QFileDialog, "getExistingDirectory", self._folder_name),
            (QInputDialog, "getText", lambda *a, **k: self._some_text()),
            (QMessageBox, "question", lambda *a, **k: self._yes_or_no()),
        ]
        before = [(kind, name, getattr(kind, name)) for kind, name, _ in dialogues]
        sys.excepthook = lambda *error: self._raise("".join(_lines(*error)))
        threading.excepthook = lambda args: self._raise(
            "".join(_lines(args.exc_type, args.exc_value, args.exc_traceback))
        )
        sys.unraisablehook = lambda args: self._raise(
            "".join(_lines(args.exc_type, args.exc_value, args.exc_traceback))
        )
        for kind, name, answer in dialogues:
            setattr(kind, name, staticmethod(answer))
        handler = qInstallMessageHandler(self._on_message)
        notification_manager.notification_ready.connect(self._on_notification)
        closer = QTimer()
        closer.timeout.connect(_close_dialogues)
        closer.start(200)
        try:
            yield self
        finally:
            closer.stop()
            notification_manager.notification_ready.disconnect(self._on_notification)
            qInstallMessageHandler(handler)
            for kind, name, answer in before:
                setattr(kind, name, answer)
            sys.excepthook, threading.excepthook, sys.unraisablehook = hooks

    def _raise(self, text: str) -> None:
        self._raised.append(text)

    def _on_message(self, kind: Any, context: Any, text: str) -> None:
        if not any(each in text for each in NOT_OURS):
            self._raise(f"Qt: {text}")

    def _on_notification(self, notification: Any) -> None:
        if isinstance(notification, ErrorNotification):
            error = notification.exception
            self._raise("".join(traceback.format_exception(error)))

    def _save_name(self, *_: Any, **__: Any) -> tuple[str, str]:
        suffix = self.random.choice([".csv", ".json", ".zip", ".png", ".tif", ""])
        name = str(self.folder / f"out{self.random.randrange(3)}{suffix}")
        return self.random.choice([("", ""), (name, "")])

    def _folder_name(self, *_: Any, **__: Any) -> str:
        return self.random.choice(["", str(self.folder)])

    def _some_text(self) -> tuple[str, bool]:
        return self.random.choice([("a name", True), ("", True), ("", False)])

    def _yes_or_no(self) -> Any:
        buttons = QMessageBox.StandardButton
        return self.random.choice([buttons.Yes, buttons.No])

    # What is done

    def act(self) -> None:
        """Do one thing, and look whether the window took it."""
        action = self.random.choices(
            list(self.actions), weights=list(self.actions.values())
        )[0]
        begun = time.thread_time()
        try:
            said = action()
        except Exception:  # noqa: BLE001  whatever it is, it is a fault
            said = action.__name__
            self._raise(traceback.format_exc())
        self.done += 1
        self._note(said)
        QApplication.processEvents()
        took = time.thread_time() - begun
        self.slowest = max(self.slowest, (took, said))
        if took > PATIENCE:
            self._raise(f"no answer for {took:.1f} s after {said}")
        self._report()
        if self.done % REST == 0:
            self.rest()

    def _note(self, said: str) -> None:
        self._last.append(said)
        self._log(f"{self.done:6} {said}")

    def _report(self) -> None:
        raised, self._raised = self._raised, []
        for text in raised:
            # One fault is one place, whatever values it had.
            lines = [line for line in text.splitlines() if line.strip()]
            places = [line for line in lines if line.lstrip().startswith("File ")]
            key = re.sub(r"\d+(\.\d+)?|0x\w+", "#", "".join([*places[-3:], lines[-1]]))
            if key in self.faults:
                continue
            self.faults[key] = text
            last = "\n    ".join(self._last)
            self._log(f"FAULT {len(self.faults)}\n{text}\n  after\n    {last}")

    def rest(self) -> None:
        """Wait until nothing runs; then all must be ready for the next thing."""
        end = time.monotonic() + JOBS
        while busy := [page for page in self._pages() if _runs(page)]:
            if time.monotonic() > end:
                names = [getattr(page, "page", page) for page in busy]
                self._raise(f"still at work after {JOBS:.0f} s: {names}")
                break
            QApplication.processEvents()
            time.sleep(0.01)
        for _ in range(20):  # what follows an end
            QApplication.processEvents()
            time.sleep(0.01)
        if not any(_runs(page) for page in self._pages()):
            for page in self._pages():
                for text in _stuck(page):
                    name = getattr(page, "page", type(page).__name__)
                    self._raise(f"stuck on {name}: {text}")
            if len(BEING_WRITTEN._layers):
                self._raise("a layer counts as being written, but nothing runs")
        self._note("rest")
        self._report()

    def _pages(self) -> list[QWidget]:
        docks = self.viewer.window.dock_widgets.values()
        return [w for w in docks if type(w).__module__.startswith("napari_mobile_unet")]

    def _visible(self, kind: Any) -> list[Any]:
        found = []
        for page in self._pages():
            for child in page.findChildren(kind):
                if child.isVisible() and child.isEnabled():
                    found.append(child)
        return found

    def _page(self) -> str:
        title = self.random.choice([*PAGES, *OTHERS])
        if title in PAGES:
            open_page(self.viewer, title)
        else:
            name = MENU[title]
            self.viewer.window.add_plugin_dock_widget("napari-mobile-unet", name)
        return f"open {title}"

    def _close_page(self) -> str:
        pages = self._pages()
        if not pages:
            return "close nothing"
        page = self.random.choice(pages)
        said = f"close {type(page).__name__}"
        self.viewer.window.remove_dock_widget(page)
        return said

    def _press(self) -> str:
        buttons = [b for b in self._visible(QAbstractButton) if b.text() != "?"]
        if not buttons:
            return "press nothing"
        button = self.random.choice(buttons)
        said = f"press {button.text() or button.toolTip()!r} on {_page_of(button)}"
        button.click() if self.random.random() < 0.3 else QTest.mouseClick(button, LEFT)
        return said

    def _value(self) -> str:
        kinds = (QSpinBox, QDoubleSpinBox, QComboBox, QLineEdit, QAbstractSlider)
        fields = [
            field
            for field in self._visible(QWidget)
            if isinstance(field, kinds)
            and not isinstance(field, QScrollBar)
            and not isinstance(field.parent(), QAbstractSpinBox | QComboBox)
        ]
        if not fields:
            return "set nothing"
        field = self.random.choice(fields)
        where = f"{type(field).__name__} on {_page_of(field)}"
        if isinstance(field, QSpinBox):
            high = min(field.maximum(), self.random.choice([3, 30, 3000]))
            value: Any = self.random.randint(min(field.minimum(), high), high)
            if "s" in field.suffix():  # seconds of a teaching
                value = field.minimum()
            field.setValue(value)
        elif isinstance(field, QDoubleSpinBox):
            high = min(field.maximum(), self.random.choice([1.0, 30.0, 3e4]))
            value = self.random.uniform(min(field.minimum(), high), high)
            field.setValue(value)
        elif isinstance(field, QComboBox):
            if not field.count():
                return f"set empty {where}"
            value = self.random.randrange(field.count())
            field.setCurrentIndex(value)
            field.activated.emit(value)
        elif isinstance(field, QLineEdit):
            value = self.random.choice(
                ["", "area > 50", "tyx", "zyx", "yx", "nonsense ((", "0.5", "é\\"]
            )
            if field.isReadOnly():
                return f"set a line that is read only {where}"
            field.setText(value)
            field.textEdited.emit(value)
            field.editingFinished.emit()
        else:
            value = self.random.randint(field.minimum(), field.maximum())
            field.setValue(value)
        return f"set {value!r} in {where}"

    def _canvas(self) -> QWidget:
        return self.viewer.window._qt_viewer.canvas.native

    def _key(self) -> str:
        modifier = self.random.choice(
            [Qt.KeyboardModifier.NoModifier] * 4
            + [Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier]
        )
        name = self.random.choice([*KEYS, *NAMED_KEYS])
        if modifier == Qt.KeyboardModifier.ControlModifier:
            name = "Z"  # others are napari's, and open dialogues or close the window
        key = getattr(Qt.Key, name if name.startswith("Key_") else f"Key_{name}")
        QTest.keyClick(self._canvas(), key, modifier)
        return f"key {name} {modifier.name}"

    def _place(self) -> QPoint:
        canvas = self._canvas()
        return QPoint(
            self.random.randrange(max(1, canvas.width())),
            self.random.randrange(max(1, canvas.height())),
        )

    def _draw(self) -> str:
        canvas, first = self._canvas(), self._place()
        if not (canvas.width() and canvas.height()):  # VisPy divides by them
            return "draw on nothing"
        QTest.mousePress(canvas, LEFT, pos=first)
        for _ in range(self.random.choice([0, 0, 1, 4, 9])):
            QTest.mouseMove(canvas, self._place())
            QApplication.processEvents()
        QTest.mouseRelease(canvas, LEFT, pos=self._place())
        return "draw"

    def _step(self) -> str:
        dims = self.viewer.dims
        if self.random.random() < 0.05:
            dims.ndisplay = 5 - dims.ndisplay
            return f"see in {dims.ndisplay} dimensions"
        if dims.ndisplay == 3 and self.random.random() < 0.5:
            dims.ndisplay = 2  # slow to draw without a graphics card
        if dims.ndim < 3:
            return "step nowhere"
        axis = self.random.randrange(dims.ndim - 2)
        place = self.random.randrange(max(1, dims.nsteps[axis]))
        dims.set_current_step(axis, place)
        return f"step {axis} to {place}"

    def _add(self) -> str:
        if len(self.viewer.layers) >= MOST_LAYERS:
            return self._remove()
        kind = self.random.choice(
            ["stack", "truth", "plane", "labels", "rgb", "points", "shapes", "flat"]
        )
        add, numbers = self.viewer, np.random.default_rng(self.random.randrange(99))
        if kind == "stack":
            add.add_image(_sample("nuclei_zstack"), scale=(2, 0.5, 0.5), name="stack")
        elif kind == "truth":
            data = _sample("nuclei_zstack_labels").copy()
            add.add_labels(data, scale=(2, 0.5, 0.5), name="truth")
        elif kind == "plane":
            add.add_image(_sample("nuclei_timelapse")[0], name="plane")
        elif kind == "labels":
            add.add_labels(_sample("nuclei_timelapse_labels")[0].copy(), name="own")
        elif kind == "rgb":
            add.add_image(numbers.integers(0, 255, (60, 80, 3), np.uint8), rgb=True)
        elif kind == "points":
            add.add_points(numbers.uniform(0, 60, (5, 2)))
        elif kind == "shapes":
            add.add_shapes([numbers.uniform(0, 60, (4, 2))], shape_type="polygon")
        else:
            add.add_image(np.full((40, 50), 7, np.uint16), name="flat")
        return f"add {kind}"

    def _layer(self) -> Any:
        layers = list(self.viewer.layers)
        return self.random.choice(layers) if layers else None

    def _remove(self) -> str:
        layer = self._layer()
        if layer is None:
            return "remove nothing"
        self.viewer.layers.remove(layer)
        return f"remove {layer.name}"

    def _choose_layer(self) -> str:
        layer = self._layer()
        if layer is None:
            return "choose nothing"
        self.viewer.layers.selection.active = layer
        return f"choose {layer.name}"

    def _change_layer(self) -> str:
        layer = self._layer()
        if layer is None:
            return "change nothing"
        what = self.random.choice(["name", "visible", "scale", "move", "mode", "edit"])
        if what == "name":
            layer.name = self.random.choice(["cells", "cells [1]", "é", "a · b"])
        elif what == "visible":
            layer.visible = not layer.visible
        elif what == "scale":
            layer.scale = [self.random.choice([0.5, 1, 2])] * layer.ndim
        elif what == "move":
            self.viewer.layers.move(self.viewer.layers.index(layer), 0)
        elif what == "mode" and hasattr(layer, "selected_label"):
            layer.selected_label = self.random.randrange(1, 9)
            layer.mode = self.random.choice(["paint", "erase", "fill", "pan_zoom"])
        elif what == "edit" and hasattr(layer, "editable"):
            layer.editable = not layer.editable
        return f"change {what} of {layer.name}"

    def _swap_data(self) -> str:
        layer = self._layer()
        if layer is None or not isinstance(
            layer, napari.layers.Image | napari.layers.Labels
        ):
            return "swap nothing"
        data = np.asarray(layer.data)
        how = self.random.choice(["same", "smaller", "other type"])
        if how == "smaller" and min(data.shape[:2]) > 8:
            data = data[: data.shape[0] // 2] if data.ndim > 2 else data[:40, :40]
        elif how == "other type":
            data = data.astype(np.int32 if data.dtype.kind in "iu" else np.float32)
        layer.data = data.copy()
        return f"swap the data of {layer.name}: {how}"

    def _napari_undo(self) -> str:
        layer = self.viewer.layers.selection.active
        if not isinstance(layer, napari.layers.Labels):
            return "undo nothing"
        layer.undo() if self.random.random() < 0.7 else layer.redo()
        return f"napari's undo of {layer.name}"

    def _table(self) -> str:
        views = self._visible(QTableView)
        if not views:
            return "touch no table"
        view = self.random.choice(views)
        rows, columns = view.model().rowCount(), view.model().columnCount()
        if not rows or not columns:
            return "touch an empty table"
        index = view.model().index(
            self.random.randrange(rows), self.random.randrange(columns)
        )
        view.setCurrentIndex(index)
        QTest.mouseClick(view.viewport(), LEFT, pos=view.visualRect(index).center())
        return f"touch {type(view).__name__}"

    def _pause(self) -> str:
        seconds = self.random.choice([0.05, 0.3, 1.5])
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.01)
        return f"wait {seconds} s"


def leave_undrawn(viewer: napari.Viewer) -> None:
    """Have the canvas of a window drawn no more."""
    canvas = viewer.window._qt_viewer.canvas._scene_canvas
    canvas.events.draw.disconnect(canvas.on_draw)


def _sample(name: str) -> np.ndarray:
    """Return a part of a sample, small enough for many runs."""
    stack = read_stack(sample_path(f"{name}.tif"))
    middle = len(stack.data) // 2
    return np.asarray(stack.data[middle : middle + 4, :160, :160])


def _page_of(widget: QWidget) -> str:
    while widget is not None and not getattr(widget, "page", ""):
        widget = widget.parentWidget()
    return str(getattr(widget, "page", "the bottom"))


def _lines(*error: Any) -> list[str]:
    return traceback.format_exception(*error)


def _runs(page: QWidget) -> bool:
    """Return whether anything of a page is at work."""
    course = getattr(page, "course", None)
    # A process that is kept ready for a teaching runs as long as the page is seen.
    waiting = (course.job, course._preparing) if course and not course.busy else ()
    jobs = [job for job in page.findChildren(Job) if job not in waiting]
    return any(job.running for job in jobs) or bool(course and course.busy)


def _stuck(page: QWidget) -> list[str]:
    """Return what of a page that is at rest looks as if something went on."""
    found = [
        f"the bar {bar.label.text()!r} is shown"
        for bar in page.findChildren(JobBar)
        if bar.isVisibleTo(page)
    ]
    course = getattr(page, "course", None)
    ready = course.state if course and course.job.running else None
    for label in page.findChildren(QLabel):
        if label.text() == ready:  # a process gets ready for a teaching meanwhile
            continue
        if label.isVisible() and GOES_ON.search(label.text()):
            found.append(f"it says {label.text()!r}")
    run = getattr(page, "run", None)
    if run is not None and hasattr(run, "button"):
        wanted = page.source.whole is not None
        if run.button.isEnabled() != wanted:
            found.append(f"{run.button.text()} is on: {not wanted}")
    return found


def _close_dialogues() -> None:
    """Close what waits for an answer, or nothing else would ever be done."""
    for widget in (QApplication.activePopupWidget(), QApplication.activeModalWidget()):
        if widget is not None:
            widget.close()


def main() -> int:
    """Let a monkey at a window; return whether it broke anything."""
    from pyvirtualdisplay.display import Display

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--drawn", action="store_true", help="Draw the canvas, too.")
    parser.add_argument("--log", type=Path, help="Each action is written there.")
    chosen = parser.parse_args()
    folder = HOME / "saved"
    folder.mkdir()
    faulthandler.enable()
    with contextlib.ExitStack() as stack:
        stack.enter_context(Display(size=(1366, 768), color_depth=24))
        file = stack.enter_context(chosen.log.open("w")) if chosen.log else None

        def log(line: str) -> None:
            if file:
                file.write(f"{line}\n")
                file.flush()
            if line.startswith("FAULT"):
                print(line, flush=True)

        viewer = napari.Viewer()
        viewer.window.resize(1366, 768)
        if not chosen.drawn:
            leave_undrawn(viewer)
        monkey = Monkey(viewer, chosen.seed, folder, log)
        end = time.monotonic() + 60 * chosen.minutes
        with monkey.watching():
            monkey._add()
            while time.monotonic() < end:
                faulthandler.dump_traceback_later(5 * JOBS, exit=True)
                monkey.act()
            monkey.rest()
        faulthandler.cancel_dump_traceback_later()
        viewer.close()
    took, action = monkey.slowest
    print(
        f"seed {chosen.seed}: {monkey.done} actions in {chosen.minutes:g} minutes, "
        f"{len(monkey.faults)} faults; slowest answer {took:.1f} s, after {action}"
    )
    return int(bool(monkey.faults))


if __name__ == "__main__":
    sys.exit(main())
