"""The page *Measure*: what is measured, and what is done with the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Labels
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDockWidget,
    QFormLayout,
    QGridLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.messages import one_line
from napari_mobile_unet.objects.columns import ABOUT, GROUPS, QUICK
from napari_mobile_unet.widgets.layers.being_written import BEING_WRITTEN
from napari_mobile_unet.widgets.layers.number_colours import legend_style
from napari_mobile_unet.widgets.measure.channels import ChannelList, measurement_of
from napari_mobile_unet.widgets.measure.colours import IDS, ObjectColours
from napari_mobile_unet.widgets.measure.deleting import delete_rows
from napari_mobile_unet.widgets.measure.known import write_features
from napari_mobile_unet.widgets.measure.layer_link import LayerLink
from napari_mobile_unet.widgets.measure.measured import Measured
from napari_mobile_unet.widgets.measure.panel import TablePanel
from napari_mobile_unet.widgets.measure.save_row import SaveRow
from napari_mobile_unet.widgets.shared.bottom_dock import share_bottom
from napari_mobile_unet.widgets.shared.dock import Dock
from napari_mobile_unet.widgets.shared.job_bar import JobBar
from napari_mobile_unet.widgets.shared.layer_box import LayerBox
from napari_mobile_unet.widgets.shared.pages import page_behind

if TYPE_CHECKING:
    import napari.viewer
    import pandas as pd

TABLE = "Measurements"
"""Name of the dock below the canvas."""
HEIGHT = 270
"""Pixels of it at first."""


class MeasureDock(Dock):
    """Measures the objects of a labels layer, and shows them in a table below.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The window that it stands in.
    """

    page = "Measure"
    document = "docs/measuring.md"

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(viewer)
        self.box = LayerBox(self.viewer, kind=Labels)
        self.channels = ChannelList(self.viewer)
        self.groups = {name: QCheckBox(name) for name in GROUPS}
        for name, tick in self.groups.items():
            tick.setChecked(name in QUICK)
            tick.setToolTip(f"{name}: {ABOUT[name]}")
        self.measured = Measured(self)
        self.button = QPushButton("Measure")
        self.button.setToolTip("Measure all objects of the labels; in the background")
        self.bar = JobBar(self.measured.job)
        self.status = QLabel()
        self.status.setWordWrap(True)
        self.by = QComboBox()
        self.by.setToolTip("What the colours of the objects tell")
        self.by.setMinimumContentsLength(10)
        self.by.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.legend = QLabel()
        self.legend.setStyleSheet(legend_style())
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.copy = QCheckBox("keep in the layer's features")
        self.copy.setToolTip(
            "Write the table into the features of the layer, where napari's own tools "
            "see it, now and after every change; other columns there stay"
        )
        self.save = SaveRow(self.measured)
        self.table_button = QPushButton("Show the table")
        self.table_button.setToolTip("Open the table below the canvas again")
        self.panel = TablePanel(self)  # until it has a dock of its own
        self.panel.hide()
        self.link = LayerLink(self.viewer, self)
        self.colours = ObjectColours()
        self._lay_out()
        self._connect()
        self._on_theme()
        self._on_layer(self.box.layer)

    def _lay_out(self) -> None:
        layout = self.column()
        form = QFormLayout()
        form.addRow("labels", self.box)
        form.addRow("images", self.channels)
        layout.addLayout(form)
        ticks = QGridLayout()
        for place, tick in enumerate(self.groups.values()):
            ticks.addWidget(tick, place // 3, place % 3)
        layout.addLayout(ticks)
        self._after = QWidget()
        rows = QFormLayout(self._after)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addRow("colour by", self.by)
        rows.addRow("", self.legend)
        rows.addRow(self.note)
        rows.addRow("names", self.save)
        rows.addRow("", self.table_button)
        rows.addRow(self.copy)
        self._form = rows
        layout.addWidget(self._after)
        self._after.hide()  # until there is a table
        layout.addStretch()
        foot = QWidget()
        below = QVBoxLayout(foot)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self.button)
        below.addWidget(self.bar)
        below.addWidget(self.status)
        self.foot(foot)

    def _connect(self) -> None:
        self.box.chosen.connect(self._on_layer)
        self.button.clicked.connect(lambda _: self._measure())
        self.measured.changed.connect(self._on_table)
        self.measured.told.connect(self._on_told)
        self.measured.rewritten.connect(self._copy)
        self.measured.advanced.connect(self.bar.advance)
        self.by.currentIndexChanged.connect(lambda _: self._colour())
        self.copy.clicked.connect(lambda _: self._copy())
        self.save.said.connect(self.status.setText)
        self.table_button.clicked.connect(lambda _: self._show_table())
        self.link.clicked.connect(self._on_clicked)
        self.link.moved.connect(self._on_moved)
        self.panel.chosen.connect(self.link.choose)
        self.panel.visited.connect(self.link.go_to)
        self.panel.hidden.connect(self._colour)
        self.panel.deleted.connect(self._delete)
        self.panel.undone.connect(self._undo)
        self.viewer.events.theme.connect(self._on_theme)
        self.viewer.layers.events.removed.connect(self._on_removed)

    def disconnect_viewer(self) -> None:
        """Stop what runs, and let go of the viewer; the table goes with the page."""
        self.colours.restore()
        self.measured.leave()
        self.link.disconnect_viewer()
        self.channels.disconnect_viewer()
        self.box.disconnect_viewer()
        self.viewer.events.theme.disconnect(self._on_theme)
        self.viewer.layers.events.removed.disconnect(self._on_removed)
        frame = self.panel.parent()
        if isinstance(frame, QDockWidget):
            self.viewer.window.remove_dock_widget(frame)
        self.panel.deleteLater()

    def _on_theme(self) -> None:
        self.panel.set_theme(self.viewer.theme)

    def _on_layer(self, layer: Any) -> None:
        if layer is not self.measured.layer:
            self.colours.restore()
            self.measured.leave()
            self.link.take(None)
        self.channels.set_labels(layer)
        self.button.setEnabled(layer is not None)
        if layer is None:
            self.status.setText("Open or make a labels layer to measure its objects.")

    def _on_removed(self, event: Any) -> None:
        if event.value is self.measured.layer:
            self.colours.restore()
            self.measured.leave()
            self.link.take(None)

    def _measure(self) -> None:
        layer = self.box.layer
        groups = [name for name, tick in self.groups.items() if tick.isChecked()]
        if not groups:
            self.status.setText("Choose some columns first.")
            return
        if layer in BEING_WRITTEN:
            self.status.setText(
                "A run writes to these labels; measure them when it is done."
            )
            return
        images = self.channels.chosen
        try:
            measurement = measurement_of(layer, images, groups)
        except ValueError as error:
            self.status.setText(one_line(error))
            return
        self.colours.restore()
        self.measured.measure(layer, measurement, images)
        self.link.take(layer)
        self.bar.begin("Measuring", len(measurement.frames))

    def _on_told(self, text: str) -> None:
        self.status.setText(text)
        stale = text.startswith("Out of date")
        if stale == self.panel.view.isEnabled():
            self.panel.view.setEnabled(not stale)
            self.panel.say(text if stale else "")

    def _on_table(self) -> None:
        table, measurement = self.measured.table, self.measured.measurement
        self._after.setVisible(len(table.columns) > 0)
        unit = None if measurement is None else measurement.calibration.unit
        self.panel.take(table, unit)
        if len(table.columns):
            self._offer(table)
            self._colour()
            self._copy()
            if self.panel.parent() is self:
                self._show_table()

    def _show_table(self) -> None:
        """Open the table below the canvas, unless it is there already."""
        frame = self.panel.parent()
        if isinstance(frame, QDockWidget):
            frame.show()
            frame.raise_()
            return
        frame = self.viewer.window.add_dock_widget(
            self.panel, name=TABLE, area="bottom", add_vertical_stretch=False
        )
        self.panel.show()
        window, down = frame.parentWidget(), Qt.Orientation.Vertical
        share_bottom(window, frame)
        # Beside napari's own docks, whose height would leave it three rows.
        left = Qt.DockWidgetArea.LeftDockWidgetArea
        window.setCorner(Qt.Corner.BottomLeftCorner, left)
        # Once it is laid out: until then its size is not known.
        QTimer.singleShot(0, lambda: window.resizeDocks([frame], [HEIGHT], down))

    def _offer(self, table: pd.DataFrame) -> None:
        """Offer the numbers of the table as colours."""
        chosen = self.by.currentText() or IDS
        self.by.blockSignals(True)
        self.by.clear()
        self.by.addItem(IDS)
        numbers = [n for n in table if table[n].dtype.kind in "iufb" and n != "label"]
        self.by.addItems([str(name) for name in numbers])
        self.by.setCurrentIndex(max(0, self.by.findText(chosen)))
        self.by.blockSignals(False)

    def _on_moved(self) -> None:
        table = self.measured.table
        if "t" in table and self.by.currentText() != IDS:
            self._colour()

    def _colour(self) -> None:
        layer, table = self.measured.layer, self.measured.table
        legend = note = ""
        if layer is not None and len(table) == len(self.panel.model.hidden):
            legend, note = self.colours.show(
                layer,
                table,
                self.by.currentText(),
                self.panel.model.hidden,
                self.link.frame,
            )
        self.legend.setText(legend)
        self._form.setRowVisible(self.legend, bool(legend))
        self.note.setText(note)
        self._form.setRowVisible(self.note, bool(note))

    def _on_clicked(self, own: int) -> None:
        frame = self.link.frame if "t" in self.measured.table else None
        self.panel.choose_key((-1 if frame is None else frame, own))

    def _copy(self) -> None:
        """Write the table into the layer's features, if it is to be there."""
        layer, table = self.measured.layer, self.measured.table
        if layer is None or not self.copy.isChecked() or not self.measured.fresh:
            return
        try:
            write_features(layer, table)
        except ValueError as error:
            self.copy.setChecked(False)
            self.panel.say(one_line(error))

    def _delete(self, keys: set[tuple[int, int]]) -> None:
        layer = self.measured.layer
        if layer is None:
            return

        def do(desk: Any) -> None:
            QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
            try:
                said = delete_rows(desk, keys)
            except ValueError as error:
                said = one_line(error)
            finally:
                QApplication.restoreOverrideCursor()
            self.panel.say(said)
            self.viewer.layers.selection.active = layer  # so that its keys work

        self.panel.say("Looking the objects up …")
        page_behind(self.viewer, "Correct").at(layer, do)

    def _undo(self) -> None:
        layer = self.measured.layer
        if layer is not None:
            page = page_behind(self.viewer, "Correct")
            page.at(layer, self._undo_at)

    def _undo_at(self, desk: Any) -> None:
        entry = desk.session.history.next_undo
        text = "Nothing to undo." if entry is None else f"{entry.step.text} undone."
        if entry is None or desk.undo():
            self.panel.say(text)
