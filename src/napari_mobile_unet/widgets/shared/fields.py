"""What holds for all fields of a page: their starts, and who may turn them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFormLayout,
    QLineEdit,
    QScrollBar,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

TURNED = (QComboBox, QAbstractSpinBox, QAbstractSlider)
"""Fields that the mouse wheel changes."""


class _WheelGuard(QObject):
    """Leaves the wheel to what scrolls, unless the field under it has the focus."""

    def eventFilter(self, field: QObject | None, event: QEvent | None) -> bool:
        """Take wheel events away from fields without focus."""
        if event is None or event.type() != QEvent.Type.Wheel:
            return False
        if isinstance(field, QWidget) and not field.hasFocus():
            event.ignore()
            return True
        return False


def guard_fields(page: QWidget) -> None:
    """Let the mouse wheel change the fields on a page only where one has the focus.

    Parameters
    ----------
    page : QWidget
        What holds them; those that came since the last call are guarded, too.
    """
    app = QApplication.instance()
    assert app is not None
    guard = app.findChild(_WheelGuard) or _WheelGuard(app)
    for field in page.findChildren(QWidget):
        if isinstance(field, TURNED) and not isinstance(field, QScrollBar):
            field.installEventFilter(guard)  # one that is there is only moved
            if field.focusPolicy() == Qt.FocusPolicy.WheelFocus:
                field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


def align_fields(page: QWidget) -> None:
    """Let the fields of all forms on a page begin at one place, in letters of one size.

    napari's style gives lines that one types in no size, whatever is preferred.

    Parameters
    ----------
    page : QWidget
        What holds the forms; the names of their fields are the labels.
    """
    labels = [
        label for form in page.findChildren(QFormLayout) for label in _labels(form)
    ]
    widest = max((label.sizeHint().width() for label in labels), default=0)
    for label in labels:
        label.setMinimumWidth(widest)
    for line in page.findChildren(QLineEdit) if labels else ():
        if not isinstance(line.parent(), (QAbstractSpinBox, QComboBox)):
            line.setFont(labels[0].font())


def _labels(form: QFormLayout) -> Iterator[QWidget]:
    for row in range(form.rowCount()):
        item = form.itemAt(row, QFormLayout.ItemRole.LabelRole)
        if item is not None and (label := item.widget()) is not None:
            yield label
