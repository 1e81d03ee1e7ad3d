"""The table below the canvas: sorted, filtered, plotted, and linked with the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QItemSelectionModel, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.messages import one_line
from napari_mobile_unet.objects.filter import matching
from napari_mobile_unet.widgets.measure.plots import Plots
from napari_mobile_unet.widgets.measure.table_model import (
    INK,
    MARKED,
    ObjectsTable,
    keys_of,
    rows_of,
)

if TYPE_CHECKING:
    import pandas as pd

    from napari_mobile_unet.types import Mask

ROW, HEADER, NARROW = 20, 36, 64
"""Pixels of a row, of the header of two lines, and of the narrowest column."""


class TablePanel(QWidget):
    """Shows a table with its plots; tells what is chosen, and what is to be deleted."""

    chosen = Signal(object)
    """The chosen rows: a pandas.DataFrame."""
    visited = Signal(object)
    """A row that was clicked: a pandas.Series."""
    deleted = Signal(object)
    """Keys of rows whose objects are to be deleted."""
    hidden = Signal()
    """Other rows are hidden."""
    undone = Signal()
    """The last step of the labels is to be undone."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.model = ObjectsTable()
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("area > 50 and solidity < 0.9")
        self.filter.setClearButtonEnabled(True)
        self.filter.setToolTip(
            "Which rows: columns compared with numbers, joined by and, or, not; "
            "missing(column) finds rows without a value"
        )
        self.select_button = _button("Select", "Choose the objects that match")
        self.hide_button = _button("Hide", "Hide what matches, here and in the view")
        self.show_button = _button("Show all", "Show what was hidden")
        self.delete_button = _button(
            "Delete",
            "Delete what matches from the labels, in one step that can be undone; "
            "locked objects stay",
        )
        self.undo_button = _button("Undo", "Undo the last step of these labels")
        self.note = QLabel()
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.answer = QLabel()
        self.view = QTableView()
        self.view.setToolTip("One row an object; a click on a title sorts by it")
        self.view.setModel(self.model)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        # As rows are that were chosen in the picture or in a plot.
        marked = f"background: {MARKED.name()}; color: {INK.name()};"
        self.view.setStyleSheet(f"QTableView::item:selected {{ {marked} }}")
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.view.verticalHeader().setDefaultSectionSize(ROW)
        header = self.view.horizontalHeader()
        header.setFixedHeight(HEADER)
        header.setSortIndicatorShown(True)
        header.setSectionsClickable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)  # by none at first
        header.sortIndicatorChanged.connect(self.model.sort)
        self.plots = Plots()
        self._unit: str | None = None
        self._quiet = False
        self._lay_out()
        self.filter.textEdited.connect(lambda _: self.say(""))
        self.filter.textChanged.connect(lambda _: self._count())
        self.filter.returnPressed.connect(self._on_select)
        self.select_button.clicked.connect(lambda _: self._on_select())
        self.hide_button.clicked.connect(lambda _: self._on_hide())
        self.show_button.clicked.connect(lambda _: self._on_show())
        self.delete_button.clicked.connect(lambda _: self._on_delete())
        self.undo_button.clicked.connect(lambda _: self.undone.emit())
        self.view.selectionModel().selectionChanged.connect(self._on_selection)
        self.view.clicked.connect(self._on_clicked)
        self.plots.chosen.connect(self._choose)
        self.model.rearranged.connect(self._plot)
        self._count()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.filter, 1)
        for button in (
            self.select_button,
            self.hide_button,
            self.show_button,
            self.delete_button,
            self.undo_button,
        ):
            row.addWidget(button)
        left = QWidget()
        rows = QVBoxLayout(left)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(3)
        rows.addLayout(row)
        rows.addWidget(self.view, 1)
        below = QHBoxLayout()
        below.addWidget(self.note)
        below.addStretch()
        below.addWidget(self.answer)
        rows.addLayout(below)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(left)
        split.addWidget(self.plots)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(split)

    def take(self, table: pd.DataFrame, unit: str | None) -> None:
        """Show another table; what is chosen or hidden stays so."""
        before = self.model.table
        chosen = rows_of(table, set(keys_of(before[self.model.chosen])))
        hidden = rows_of(table, set(keys_of(before[self.model.hidden])))
        self._unit = unit
        self.model.set_table(table, unit, hidden, chosen)
        if list(before) != list(table):
            self._fit_columns()
        self._count()
        if hidden.any() or len(before) != len(table):
            self.hidden.emit()

    def _fit_columns(self) -> None:
        """Make each column as wide as its header; looking at all rows takes long."""
        header = self.view.horizontalHeader()
        for place in range(self.model.columnCount()):
            text = self.model.headerData(place, Qt.Orientation.Horizontal)
            lines = [
                header.fontMetrics().horizontalAdvance(t) for t in text.split("\n")
            ]
            self.view.setColumnWidth(place, max(NARROW, max(lines) + 24))

    def choose_key(self, key: tuple[int, int]) -> None:
        """Choose the row of an object, and scroll to it."""
        marked = rows_of(self.model.table, {key})
        self._choose(marked)
        if marked.any():
            place = self.model.place_of(int(np.flatnonzero(marked)[0]))
            if place >= 0:
                hint = QAbstractItemView.ScrollHint.PositionAtCenter
                self.view.scrollTo(self.model.index(place, 0), hint)

    def set_theme(self, theme: str) -> None:
        """Draw plots in the colours of one of napari's themes."""
        self.plots.theme = theme
        self.plots.draw()

    def say(self, text: str) -> None:
        """Say below the table what was done, or how the table stands."""
        self.answer.setText(text)

    def _matches(self) -> Mask | None:
        """Return the rows that match the filter; None, and why, if it is wrong."""
        try:
            return matching(self.filter.text(), self.model.table)
        except ValueError as error:
            self.note.setText(one_line(error))
            return None

    def _count(self) -> None:
        """Say how many rows match."""
        table = self.model.table
        ready = False
        if not self.filter.text().strip():
            shown = len(self.model.rows)
            hidden = len(table) - shown
            text = f"{shown:,} rows" + (f", {hidden:,} hidden" if hidden else "")
            self.note.setText(text)
        else:
            found = self._matches()
            if found is not None:
                ready = bool(found.any())
                self.note.setText(f"{found.sum():,} of {len(table):,} rows match")
        for button in (self.select_button, self.hide_button, self.delete_button):
            button.setEnabled(ready)
        self.show_button.setEnabled(bool(self.model.hidden.any()))

    def _on_select(self) -> None:
        found = self._matches()
        if found is not None:
            self._choose(found)

    def _on_hide(self) -> None:
        found = self._matches()
        if found is not None:
            self.model.hide(self.model.hidden | found)
            self._after_hiding()

    def _on_show(self) -> None:
        self.model.hide(np.zeros(len(self.model.table), bool))
        self._after_hiding()

    def _after_hiding(self) -> None:
        self.filter.clear()
        self._count()
        self.hidden.emit()

    def _on_delete(self) -> None:
        found = self._matches()
        if found is not None and found.any():
            self.deleted.emit(set(keys_of(self.model.table[found])))

    def _on_selection(self) -> None:
        """Choose the rows that are selected in the view."""
        if self._quiet:
            return
        marked = np.zeros(len(self.model.table), bool)
        for part in self.view.selectionModel().selection():
            marked[self.model.rows[part.top() : part.bottom() + 1]] = True
        self._mark(marked)

    def _on_clicked(self, index: Any) -> None:
        self.visited.emit(self.model.table.iloc[self.model.rows[index.row()]])

    def _choose(self, marked: Mask) -> None:
        """Choose rows by other means than the view's own selection."""
        self._quiet = True
        self.view.selectionModel().clearSelection()
        clear = QItemSelectionModel.SelectionFlag.Clear
        self.view.selectionModel().setCurrentIndex(self.model.index(-1, -1), clear)
        self._quiet = False
        self._mark(marked)

    def _mark(self, marked: Mask) -> None:
        self.model.choose(marked)
        rows = self.model.table[marked]
        self._count()
        if len(rows) > 1:
            self.note.setText(f"{len(rows):,} chosen")
        self._plot()
        self.chosen.emit(rows)

    def _plot(self) -> None:
        model = self.model
        self.plots.take(model.table, self._unit, model.rows, model.chosen)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    return button
