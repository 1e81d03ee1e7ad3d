"""The table saved as a file, under the names that a person chooses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QPushButton, QWidget

from napari_mobile_unet.exports.naming import NAMINGS
from napari_mobile_unet.exports.table import write_table
from napari_mobile_unet.messages import one_line

if TYPE_CHECKING:
    from napari_mobile_unet.widgets.measure.measured import Measured


class SaveRow(QWidget):
    """Chooses whose names the columns have, and saves the table.

    Parameters
    ----------
    measured : Measured
        Whose table.
    """

    said = Signal(str)
    """What became of it."""

    def __init__(self, measured: Measured) -> None:
        super().__init__()
        self._measured = measured
        self.naming = QComboBox()
        self.naming.addItems(NAMINGS)
        self.naming.setToolTip("Whose names and units the columns of a file have")
        self.button = QPushButton("Save …")
        self.button.setToolTip("Save the table as .csv or .parquet")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.naming, 1)
        row.addWidget(self.button, 1)
        self.button.clicked.connect(lambda _: self._save())

    def _save(self) -> None:
        measured = self._measured
        measurement, layer = measured.measurement, measured.layer
        if measurement is None or layer is None:
            return
        name, _ = QFileDialog.getSaveFileName(
            self,
            "Save the table",
            f"{layer.name.replace('/', '_')}.csv",
            "CSV (*.csv);;Parquet (*.parquet)",
        )
        if not name:
            return
        if not measured.current:
            self.said.emit(f"Not saved. {measured.state}")
            return
        path = Path(name)
        path = path if path.suffix else path.with_suffix(".csv")
        naming = NAMINGS[self.naming.currentIndex()]
        try:
            write_table(measured.table, path, measurement.calibration, naming)
        except (OSError, ValueError) as error:
            self.said.emit(one_line(error))
            return
        self.said.emit(f"Saved {path.name}.")
