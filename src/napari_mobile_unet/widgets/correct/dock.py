"""The page *Correct*: labels mended by hand, whoever made them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from napari.layers import Labels
from qtpy.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.corrections.operations.numbers import number_anew
from napari_mobile_unet.runs.segment import segment
from napari_mobile_unet.widgets.correct.bench import Bench
from napari_mobile_unet.widgets.correct.bring_over_button import BringOverButton
from napari_mobile_unet.widgets.correct.earlier_offer import EarlierOffer
from napari_mobile_unet.widgets.correct.export_button import ExportButton
from napari_mobile_unet.widgets.correct.keys import Key, KeyList
from napari_mobile_unet.widgets.correct.review_panel import ReviewPanel
from napari_mobile_unet.widgets.correct.toolbox import NARROW, Toolbox
from napari_mobile_unet.widgets.shared.dock import Dock
from napari_mobile_unet.widgets.shared.layer_box import LayerBox
from napari_mobile_unet.widgets.shared.section import Section
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari.viewer

    from napari_mobile_unet.types import AnyLabels, Plane
    from napari_mobile_unet.widgets.correct.desk import Desk

UNDO_TIP = "Undo the last step, strokes too (Ctrl+Z)"
REDO_TIP = "Do again what was undone (Ctrl+Shift+Z)"


class CorrectDock(Dock):
    """Mends labels by hand, with one history, locks and a journal.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The window that it stands in.
    """

    page = "Correct"
    document = "docs/correcting.md"

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(viewer)
        self.box = LayerBox(self.viewer, kind=Labels)
        self.bench = Bench(self.viewer, _segment)
        self.review = ReviewPanel(self.viewer, self.bench)
        self.bench.bind(
            (
                Key("N", "Next doubtful object", lambda: self.review.go(1)),
                Key("Shift-N", "The one before", lambda: self.review.go(-1)),
                Key("A", "Accept it, and go on", self.review.accept),
            )
        )
        self.lock_button = QPushButton("Lock")
        self.lock_button.setToolTip(
            "Lock the chosen objects, or unlock them: locked ones (green) stay as they "
            "are in strokes over others, in runs and in results brought over (K)"
        )
        self.finish_button = QPushButton("Plane finished")
        self.finish_button.setCheckable(True)
        self.finish_button.setToolTip(
            "All of this plane is right: no run changes it; the view goes on to the "
            "next plane with doubtful objects"
        )
        self.model_tick = QCheckBox("by the model")
        self.model_tick.setToolTip(
            "Split and One click follow what the U-Net sees in the visible image; "
            "without it an object is split where it is narrow, and found by a local "
            "Otsu threshold"
        )
        self.model_tick.setChecked(self.bench.hand.maps.wanted)
        self.number_button = QPushButton("Number anew")
        self.number_button.setToolTip(
            "Number all objects from 1 without gaps; tables made before have the old "
            "ids"
        )
        self.bring_over = BringOverButton(self.viewer, self.bench)
        self.export = ExportButton(self.viewer, self.bench)
        self._others = (
            self.lock_button,
            self.finish_button,
            self.number_button,
            self.bring_over,
            self.export,
        )
        for button in self._others:
            button.setStyleSheet(NARROW)
        self.tools = Toolbox(
            self.bench.hand,
            {
                "Objects": (self.lock_button, self.finish_button),
                "Split and merge": (self.model_tick,),
                "All": (self.number_button, self.bring_over, self.export),
            },
        )
        self.undo_button, self.redo_button = QPushButton("Undo"), QPushButton("Redo")
        for button in (self.undo_button, self.redo_button):
            # A long text would make the page wider at each step.
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.setStyleSheet("QPushButton { text-align: left; padding: 3px 7px; }")
        self.status = QLabel()
        self.status.setWordWrap(True)
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.copy_button = QPushButton("Copy into memory")
        self.copy_button.setToolTip(
            "The layer gets a copy of its labels that can be written to"
        )
        self.earlier = EarlierOffer(self.bench.opening)
        self._waiting: tuple[Labels, Callable[[Desk], None]] | None = None
        self._lay_out()
        self._connect()
        self._on_layer(self.box.layer)

    def _lay_out(self) -> None:
        layout = self.column()
        form = QFormLayout()
        form.addRow("labels", self.box)
        layout.addLayout(form)
        layout.addWidget(self.state)
        layout.addWidget(self.copy_button)
        layout.addWidget(self.earlier)
        layout.addWidget(self.tools)
        review = Section("Review", self.review)
        review.unfold()
        layout.addWidget(review)
        layout.addWidget(Section("Keyboard shortcuts", KeyList(self.bench.keys)))
        layout.addStretch()
        foot = QWidget()
        below = QVBoxLayout(foot)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self.status)
        below.addLayout(_row(self.undo_button, self.redo_button))
        self.foot(foot)

    def _connect(self) -> None:
        self.box.chosen.connect(self._on_layer)
        self.bench.changed.connect(self._show)
        self.bench.changed.connect(self._do_waiting)
        self.bench.said.connect(self.status.setText)
        self.review.said.connect(self.status.setText)
        self.export.said.connect(self.status.setText)
        self.bench.opening.found.connect(self._on_found)
        self.copy_button.clicked.connect(lambda _: self.bench.copy())
        self.undo_button.clicked.connect(lambda _: self._desk("undo"))
        self.redo_button.clicked.connect(lambda _: self._desk("redo"))
        self.lock_button.clicked.connect(lambda _: self.bench.lock())
        self.model_tick.toggled.connect(self._on_model)
        self.finish_button.clicked.connect(self._on_finish)
        self.number_button.clicked.connect(lambda _: self._number_anew())
        self.viewer.dims.events.current_step.connect(self._show)

    def disconnect_viewer(self) -> None:
        """Let go of the viewer, with every step on the disk."""
        self.review.cancel()
        self.export.cancel()
        self.viewer.dims.events.current_step.disconnect(self._show)
        self.box.disconnect_viewer()
        self.bench.disconnect_viewer()

    def at(self, layer: Labels, do: Callable[[Desk], None]) -> None:
        """Do something to labels through their history, once they are looked up.

        Where there are corrections of an earlier session, a person says first whether
        these go on.

        Parameters
        ----------
        layer : Labels
            The layer; it is taken in hand.
        do : callable
            What is done.
        """
        self._waiting = layer, do
        self.box.layer = layer
        if self.earlier.asking:
            self._come()
        self._do_waiting()

    def _do_waiting(self) -> None:
        desk = self.bench.desk
        if desk is not None and self._waiting is not None:
            layer, do = self._waiting
            if desk.layer is layer:
                self._waiting = None
                do(desk)

    def _come(self) -> None:
        """Show this page, since a person has to decide something on it."""
        if self._frame is not None:
            self._frame.show()

    def _on_found(self) -> None:
        if self._waiting is not None:
            self._come()

    def _on_layer(self, layer: Any) -> None:
        self.status.clear()
        self.earlier.withdraw()
        self.tools.offer_axes(layer)
        self.bench.take(layer)
        self._show()

    def _desk(self, name: str) -> None:
        if self.bench.desk is not None:
            getattr(self.bench.desk, name)()

    def _on_finish(self, finished: bool) -> None:
        desk = self.bench.desk
        if desk is None:
            return
        try:
            desk.finish(self.bench.plane(), finished)
        except ValueError as error:
            self.status.setText(str(error))
            return
        if finished:
            self.review.finish()

    def _on_model(self, wanted: bool) -> None:
        self.bench.hand.maps.wanted = wanted

    def _number_anew(self) -> None:
        desk = self.bench.desk
        if desk is not None:
            session = desk.session
            desk.do(
                "number anew",
                lambda: number_anew(session.labels, session.index),
                on=session.index.ids,
                lock=False,
            )

    def _show(self) -> None:
        """Show what can be done now, and how far the corrections have come."""
        bench, session = self.bench, self.bench.session
        self.copy_button.setVisible(bench.copyable)
        ready = session is not None
        self.tools.show_tool(ready)
        for button in self._others:
            button.setEnabled(ready)
        undo = session.history.next_undo if session else None
        redo = session.history.next_redo if session else None
        for button, word, tip, entry in (
            (self.undo_button, "Undo", UNDO_TIP, undo),
            (self.redo_button, "Redo", REDO_TIP, redo),
        ):
            button.setEnabled(entry is not None)
            text = "" if entry is None else entry.step.text
            button.setText(textwrap.shorten(f"{word} {text}", 28, placeholder=" …"))
            button.setToolTip(f"{tip}: {text}" if text else tip)
        self.state.setText(self._state())
        finished = False
        if session is not None:
            try:
                finished = bench.plane() in session.locks.finished
            except ValueError:
                self.finish_button.setEnabled(False)
        self.finish_button.setChecked(finished)

    def _state(self) -> str:
        """Return in a few words what is in hand."""
        bench, session = self.bench, self.bench.session
        if bench.layer is None:
            return "Open or make a labels layer to begin."
        if session is None:
            looking = bench.opening.looking
            return "Looking the objects up …" if looking else "Not being corrected."
        said = [
            counted(len(session.index), "object"),
            f"{len(session.locks.ids)} locked",
        ]
        if len(bench.chosen) == 1:
            said.append(f"{bench.chosen[0]} chosen")
        elif bench.chosen:
            said.append(f"{len(bench.chosen)} chosen")
        if bench.hand.tool is not None:
            said.append(f"in hand: {bench.hand.tool.title}")
        return "; ".join(said)


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        row.addWidget(widget)
    return row


def _segment(plane: Plane) -> AnyLabels:
    """Return what the shipped U-Net finds in a part of an image."""
    return segment(plane, axes="YX")
