"""The table of files: how far each is, and what was found in it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_mobile_unet.runs.results import FileState

COLUMNS = ("image", "state", "planes", "objects", "confidence", "time", "reason")
MARKS = {"running": "▶", "stopped": "❚❚", "done": "✓", "failed": "✗"}
"""Signs before states."""
FAULT = QColor(224, 82, 82)
"""Of what failed; to be read on dark and on light ground."""
ROW = 22
"""Pixels of a row, so that many are seen in a low dock."""
SORT = int(Qt.ItemDataRole.UserRole)
"""Role of the values by which a column is sorted."""


class FilesModel(QAbstractTableModel):
    """Files and their states, in the order in which they are worked on."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[Path] = []
        self.states: list[FileState] = []

    def show(self, files: Sequence[Path], states: Sequence[FileState]) -> None:
        """Show other files."""
        self.beginResetModel()
        self.files, self.states = list(files), list(states)
        self.endResetModel()

    def put(self, row: int, state: FileState) -> None:
        """Show another state of a file."""
        self.states[row] = state
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def rows(self, *states: str) -> list[int]:
        """Return the rows of files in some states."""
        return [n for n, each in enumerate(self.states) if each.state in states]

    @property
    def summary(self) -> str:
        """How many files are in which state: "3 done, 1 failed"."""
        count = Counter[str](each.state for each in self.states)
        order = ("done", "failed", "stopped", "running", "waiting")
        return ", ".join(f"{count[each]} {each}" for each in order if count[each])

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return the number of files."""
        return len(self.files)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Return the number of columns."""
        return len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = 0
    ) -> Any:
        """Return the title of a column."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        horizontal = orientation == Qt.Orientation.Horizontal
        return COLUMNS[section] if horizontal else str(section + 1)

    def data(self, index: QModelIndex, role: int = 0) -> Any:
        """Return what a cell shows."""
        path, state = self.files[index.row()], self.states[index.row()]
        column = COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(column, path, state)
        if role == SORT:
            return _value(column, path, state)
        if role == Qt.ItemDataRole.ToolTipRole:
            said = f"\n{state.reason}" if state.reason else ""
            return f"{path}{said}"
        if role == Qt.ItemDataRole.ForegroundRole and state.state == "failed":
            return FAULT if column in ("state", "reason") else None
        if role == Qt.ItemDataRole.TextAlignmentRole and column in COLUMNS[2:6]:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None


class FilesView(QTableView):
    """The table, sorted by a click on a title."""

    opened = Signal(int)
    """The row of the model that a person clicks, or presses Enter on."""

    def __init__(self, model: FilesModel) -> None:
        super().__init__()
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(model)
        self._sorted.setSortRole(SORT)
        self.setModel(self._sorted)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setWordWrap(False)
        self.verticalHeader().setDefaultSectionSize(ROW)
        self.setMinimumHeight(3 * ROW)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        for column, width in enumerate((230, 110, 60, 70, 90, 70)):
            self.setColumnWidth(column, width)
        self.clicked.connect(self._on_opened)
        self.activated.connect(self._on_opened)

    def see(self, row: int) -> None:
        """Scroll to a row of the model."""
        self.scrollTo(
            self._sorted.mapFromSource(self._sorted.sourceModel().index(row, 0))
        )

    def _on_opened(self, index: QModelIndex) -> None:
        self.opened.emit(self._sorted.mapToSource(index).row())


def _text(column: str, path: Path, state: FileState) -> str:
    value = _value(column, path, state)
    if column == "state":
        return f"{MARKS.get(state.state, '')} {state.state}".strip()
    if column == "reason":
        return state.reason.replace(str(path), path.name)
    if value in (None, -1):
        return ""
    if column == "confidence":
        return f"{value:.2f}"
    return f"{value:.1f} s" if column == "time" else str(value)


def _value(column: str, path: Path, state: FileState) -> Any:
    """Return what a column is sorted by; -1 for numbers that nobody knows."""
    if column == "image":
        return path.name
    if column in ("state", "reason"):
        return getattr(state, column)
    value = state.seconds if column == "time" else getattr(state, column)
    return -1 if value is None else value
