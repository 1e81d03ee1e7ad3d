"""The form of a threshold's settings; only what its method has can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QComboBox, QFormLayout

from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.widgets.shared.form import Form

if TYPE_CHECKING:
    from collections.abc import Iterator


ALL = "none: classes in one layer"
"""The choice of a layer that has the class of each pixel, and no objects."""


class ThresholdForm(Form[Threshold]):
    """Edits how a threshold is found; where it counts and its values lie elsewhere."""

    def __init__(self) -> None:
        super().__init__(
            Threshold(),
            leave_out=("scope", "values", "object_classes", "result"),
            apart=("min_separability",),
        )
        self.taken = QComboBox()
        self.taken.setToolTip(
            "Which of the classes of grey values, counted from the darkest, are "
            "objects: together in one labels layer, or each in one of its own; or "
            "none, and one layer that has the class of each pixel"
        )
        rows = self.layout()
        assert isinstance(rows, QFormLayout)
        row, _ = rows.getWidgetPosition(self.fields["classes"].native)
        rows.insertRow(row + 1, "objects are", self.taken)
        self._rows_of_classes = rows
        self.taken.currentIndexChanged.connect(lambda _: self._on_taken())
        self._offer_classes()
        self._show_what_counts()

    def _on_changed(self) -> None:
        several = self.fields["method"].value == "otsu"
        if not several and self.fields["classes"].value != 2:
            self.fields["classes"].value = 2  # which comes back here
            return
        if self.taken.property("classes") != self.fields["classes"].value:
            self._settings = self._settings.replace(object_classes=(), result="objects")
            self._offer_classes()
        self._show_what_counts()
        super()._on_changed()

    def _show(self, settings: Threshold) -> None:
        super()._show(settings)
        self._offer_classes()
        self._show_what_counts()

    def _offer_classes(self) -> None:
        """Offer what objects can be made of; show what they are made of."""
        count = self.fields["classes"].value
        self.taken.blockSignals(True)
        self.taken.clear()
        self.taken.setProperty("classes", count)
        for text, classes in _choices(count):
            self.taken.addItem(text, classes)
        self._together = self.taken.count()
        for text, classes in _apart(count):
            self.taken.addItem(text, classes)
        if count > 2:
            self.taken.addItem(ALL, ())
        chosen = self._settings.object_classes
        known = [self.taken.itemData(n) for n in range(self.taken.count())]
        # Those of a recipe may be others: they stay until a person chooses.
        place = known.index(chosen) if chosen in known else -1
        if self._settings.result == "classes":
            place = self.taken.findText(ALL)
        self.taken.setCurrentIndex(place)
        self.taken.blockSignals(False)

    @property
    def runs(self) -> list[tuple[int, ...]]:
        """The classes of each labels layer that is to be made."""
        chosen = self._settings.object_classes
        apart = self.taken.currentIndex() >= self._together and bool(chosen)
        return [(number,) for number in chosen] if apart else [chosen]

    def _on_taken(self) -> None:
        result = "classes" if self.taken.currentText() == ALL else "objects"
        self._settings = self.value.replace(
            object_classes=self.taken.currentData(), result=result
        )
        self._shown = self._values()
        super()._on_changed()

    def _show_what_counts(self) -> None:
        method = self.fields["method"].value
        self.fields["classes"].enabled = method == "otsu"
        self._rows_of_classes.setRowVisible(
            self.taken, self.fields["classes"].value > 2
        )
        for name in ("window", "offset"):
            self.show_field(name, method == "adaptive")


def _choices(count: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield texts, and the classes that are objects then: all that are side by side."""
    yield "the foreground's class", ()
    numbers = range(1, count + 1)
    for first in reversed(numbers[1:-1]):
        yield f"{first} and above", tuple(numbers[first - 1 :])
    for last in numbers[1:-1]:
        yield f"{last} and below", tuple(numbers[:last])
    for number in numbers:
        yield f"class {number}", (number,)


def _apart(count: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield texts, and classes each of which gets a labels layer of its own."""
    numbers = tuple(range(1, count + 1))
    for classes in (numbers[1:], numbers[:-1]) if count > 2 else ():
        yield f"{' and '.join(map(str, classes))}, a layer each", classes
