"""A table of objects as Qt shows it: sorted, with some rows hidden or marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtGui import QColor

from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.columns import column_of, unit_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from napari_mobile_unet.types import Mask

MARKED = QColor("#ffd23f")
"""Background of chosen rows, as the outlines of their objects are."""
INK = QColor("#000000")
"""Text on it."""


class ObjectsTable(QAbstractTableModel):
    """Shows a data frame; only what is seen is ever made into text.

    Attributes
    ----------
    table : DataFrame
        With a row for each object.
    rows : ndarray of int
        Which of its rows are shown, in their order.
    chosen : ndarray of bool
        Which of its rows are chosen.
    """

    rearranged = Signal()
    """Rows have come, gone, or are in another order."""

    def __init__(self) -> None:
        super().__init__()
        self.table = pd.DataFrame()
        self.rows: NDArray[np.intp] = np.zeros(0, np.intp)
        self.chosen: Mask = np.zeros(0, bool)
        self._hidden: Mask = np.zeros(0, bool)
        self._columns: list[NDArray[Any]] = []
        self._headers: list[str] = []
        self._tips: list[str] = []
        self._sort: tuple[str, bool] | None = None

    def set_table(
        self, table: pd.DataFrame, unit: str | None, hidden: Mask, chosen: Mask
    ) -> None:
        """Show another table.

        Parameters
        ----------
        table : DataFrame
            The table.
        unit : str, optional
            Of length that it is calibrated in.
        hidden, chosen : ndarray of bool
            Which of its rows are hidden or marked.
        """
        self.beginResetModel()
        self.table, self._hidden, self.chosen = table, hidden, chosen
        names = [str(name) for name in table.columns]
        self._columns = [table[name].to_numpy() for name in table.columns]
        units = [unit_of(name, unit) for name in names]
        self._headers = [
            f"{name}\n{each}" if each else name
            for name, each in zip(names, units, strict=True)
        ]
        self._tips = [_about(name) for name in names]
        self._arrange()
        self.endResetModel()
        self.rearranged.emit()

    def hide(self, hidden: Mask) -> None:
        """Hide some rows, and show all others."""
        self.beginResetModel()
        self._hidden = hidden
        self._arrange()
        self.endResetModel()
        self.rearranged.emit()

    def choose(self, chosen: Mask) -> None:
        """Mark some rows, and no others."""
        self.chosen = chosen
        if len(self.rows):
            last = self.index(len(self.rows) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    @property
    def hidden(self) -> Mask:
        """Which rows are hidden."""
        return self._hidden

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return how many rows are shown."""
        return len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Return how many columns there are."""
        return len(self._columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what is shown in a cell."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return text_of(self._columns[index.column()][row])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if self.chosen[row]:
            if role == Qt.ItemDataRole.BackgroundRole:
                return MARKED
            if role == Qt.ItemDataRole.ForegroundRole:
                return INK
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return a column's name with its unit, and what it is."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self._headers):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tips[section]
        return None

    def sort(
        self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder
    ) -> None:
        """Sort by a column; rows without a value come last."""
        if 0 <= column < self.columnCount():
            downwards = order == Qt.SortOrder.DescendingOrder
            self._sort = str(self.table.columns[column]), downwards
        self.beginResetModel()
        self._arrange()
        self.endResetModel()
        self.rearranged.emit()

    def place_of(self, row: int) -> int:
        """Return where a row of the table is shown; -1 if it is hidden."""
        found = np.flatnonzero(self.rows == row)
        return int(found[0]) if len(found) else -1

    def _arrange(self) -> None:
        rows = np.arange(len(self.table))
        if self._sort is not None and self._sort[0] in self.table:
            name, downwards = self._sort
            values = self.table[name].reset_index(drop=True)
            ordered = values.sort_values(
                ascending=not downwards, na_position="last", kind="stable"
            )
            rows = ordered.index.to_numpy()
        self.rows = rows[~self._hidden[rows]]


def rows_of(table: pd.DataFrame, keys: Collection[tuple[int, int]]) -> Mask:
    """Return which rows have one of these keys: frame, or -1, and id."""
    if not keys or "label" not in table:
        return np.zeros(len(table), bool)
    wanted = set(keys)
    return np.fromiter((key in wanted for key in keys_of(table)), bool, len(table))


def keys_of(table: pd.DataFrame) -> list[tuple[int, int]]:
    """Return the key of each row: its frame, -1 without any, and the id."""
    if "label" not in table:
        return []
    frames = table["t"].tolist() if "t" in table else [-1] * len(table)
    return list(zip(frames, table["label"].tolist(), strict=True))


def text_of(value: Any) -> str:
    """Return a value as a person reads it: nothing where there is none."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.5g}"
    return "" if value is None or value is pd.NA else str(value)


def _about(name: str) -> str:
    column = column_of(name)
    return name if column is None else f"{name}: {column.meaning}"
