"""The chain of pre-processing steps: a list, and the form of the selected step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.preprocessing.steps import STEPS
from napari_mobile_unet.widgets.shared.form import Form

if TYPE_CHECKING:
    from napari_mobile_unet.preprocessing.step import Step


class Chain(QWidget):
    """Edits a chain of steps; unticked steps are left out."""

    changed = Signal()
    failed = Signal(str)
    """Why the settings of a step contradict each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget()
        self.list.setMaximumHeight(110)
        self.list.setToolTip("Steps in order; untick one to leave it out")
        self.forms = QStackedWidget()
        self.add_button = QPushButton("Add")
        self.add_button.setToolTip("Add a step at the end of the chain")
        menu = QMenu(self)
        for step in STEPS:
            action = menu.addAction(_title(step()))
            action.setToolTip((step.__doc__ or "").splitlines()[0])
            action.triggered.connect(lambda _=False, step=step: self.add(step()))
        menu.setToolTipsVisible(True)
        self.add_button.setMenu(menu)
        self.up_button = QPushButton("Up")
        self.down_button = QPushButton("Down")
        self.remove_button = QPushButton("Remove")
        self.up_button.setToolTip("Do the chosen step one place earlier")
        self.down_button.setToolTip("Do the chosen step one place later")
        self.remove_button.setToolTip("Take the chosen step out of the chain")
        self.up_button.clicked.connect(lambda: self._move(-1))
        self.down_button.clicked.connect(lambda: self._move(1))
        self.remove_button.clicked.connect(self._remove)
        buttons = QHBoxLayout()
        for button in (
            self.add_button,
            self.up_button,
            self.down_button,
            self.remove_button,
        ):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        layout.addLayout(buttons)
        layout.addWidget(self.forms)
        policy = self.sizePolicy()
        policy.setVerticalPolicy(QSizePolicy.Policy.Maximum)
        self.setSizePolicy(policy)  # else gaps open around the list
        self.list.currentRowChanged.connect(self.forms.setCurrentIndex)
        self.list.itemChanged.connect(lambda _: self.changed.emit())
        self._enable()

    @property
    def steps(self) -> tuple[Any, ...]:
        """The ticked steps, in order.

        Raises
        ------
        pydantic.ValidationError
            If the settings of one contradict each other.
        """
        return tuple(
            self._form(row).value
            for row in range(self.list.count())
            if self.list.item(row).checkState() == Qt.CheckState.Checked
        )

    @steps.setter
    def steps(self, steps: tuple[Step, ...]) -> None:
        self.blockSignals(True)
        try:
            while self.list.count():
                self._take(0)[1].deleteLater()
            for step in steps:
                self.add(step)
        finally:
            self.blockSignals(False)
            self._enable()
        self.changed.emit()

    def add(self, step: Step) -> None:
        """Append a step and show its form."""
        form = Form(step, leave_out=("kind", "limits"))
        form.changed.connect(lambda _: self.changed.emit())
        form.failed.connect(self.failed)
        self.forms.addWidget(form)
        item = QListWidgetItem(_title(step))
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked)
        self.list.addItem(item)
        self.list.setCurrentRow(self.list.count() - 1)
        self._enable()

    def _form(self, row: int) -> Form[Any]:
        form = self.forms.widget(row)
        assert isinstance(form, Form)
        return form

    def _take(self, row: int) -> tuple[QListWidgetItem, Form[Any]]:
        form = self._form(row)
        self.forms.removeWidget(form)
        return self.list.takeItem(row), form

    def _move(self, way: int) -> None:
        row = self.list.currentRow()
        if not 0 <= row + way < self.list.count():
            return
        item, form = self._take(row)
        self.forms.insertWidget(row + way, form)
        self.list.insertItem(row + way, item)
        self.list.setCurrentRow(row + way)
        self.forms.setCurrentIndex(row + way)
        self.changed.emit()

    def _remove(self) -> None:
        row = self.list.currentRow()
        if row >= 0:
            self._take(row)[1].deleteLater()
            self.forms.setCurrentIndex(self.list.currentRow())
            self._enable()
            self.changed.emit()

    def _enable(self) -> None:
        some = self.list.count() > 0
        for button in (self.up_button, self.down_button, self.remove_button):
            button.setEnabled(some)
        self.forms.setVisible(some)


def _title(step: Step) -> str:
    """Return the name of a step, in words."""
    name = type(step).__name__
    spaced = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
    return spaced.capitalize()
