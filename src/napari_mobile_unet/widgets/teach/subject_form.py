"""What is taught: objects or classes, and to which model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QWidget,
)

from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.unet.segment import UNet
from napari_mobile_unet.widgets.layers.convert import classes_of
from napari_mobile_unet.widgets.unet.model_box import ModelBox

if TYPE_CHECKING:
    from napari.layers import Labels

OBJECTS, CLASSES = "objects", "classes"
"""What labels are."""


class Wanted(NamedTuple):
    """What a child process gets ready for."""

    model: str
    """Name or folder of what is taught; empty for a new network."""
    colour: bool
    """Whether a new network is to see RGB."""
    classes: bool = False
    """Whether classes of pixels are taught instead of objects."""
    channels: tuple[str, ...] = ()
    """Names of the channels that it is to see side by side."""

    @property
    def parent(self) -> str:
        """The model that is compared; empty for a new network.

        A model that finds objects lends its weights to one of classes, no more.
        """
        return self.model if self.classes == tells_classes(self.model) else ""


def tells_classes(model: str) -> bool:
    """Return whether a model, if it is here, tells classes instead of objects."""
    return Recipe(segment=UNet(model=model)).of_classes


class SubjectForm(QWidget):
    """Chooses what labels are, and the model that is taught."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.kind = QComboBox()
        self.kind.addItems([OBJECTS, CLASSES])
        self.kind.setToolTip(
            "objects: each has a number of its own; classes: the values 1 to 4 are "
            "kinds of pixels, such as membrane and inside, and 0 is background; a mask "
            "of 0 and 255 is one class. Classes need a model of their own"
        )
        self.model = ModelBox()
        self.names = QLineEdit()
        self.names.setPlaceholderText("class 1, class 2, …")
        self.names.setToolTip(
            "Names of the classes 1, 2 and so on, with commas between; left empty "
            "they are numbered. A model that tells classes keeps its own"
        )
        self.scratch = QCheckBox("new network")
        self.scratch.setToolTip(
            "Begin with nothing learnt, for a kind of objects that no model knows; it "
            "takes two minutes or more"
        )
        models = QHBoxLayout()
        models.addWidget(self.model, 1)
        models.addWidget(self.scratch)
        self.rows = QFormLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.addRow("labels are", self.kind)
        self.rows.addRow("called", self.names)
        self.rows.addRow("model", models)
        self.kind.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.changed.connect(self._offer_names)
        self.model.currentIndexChanged.connect(lambda _: self._on_model())
        self.scratch.toggled.connect(self.model.setDisabled)
        self.scratch.toggled.connect(lambda _: self.changed.emit())
        self._offer_names()

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes of a new model, as they were typed; else none."""
        text = self.names.text().strip(" ,")
        if not text or not self.names.isVisibleTo(self):
            return ()
        return tuple(part.strip() for part in text.split(","))

    def wanted(self, colour: bool, channels: tuple[str, ...] = ()) -> Wanted:
        """Return what is to be taught.

        Parameters
        ----------
        colour : bool
            Whether any image is RGB.
        channels : tuple of str
            Names of the channels that are to be seen side by side.
        """
        classes = self.kind.currentText() == CLASSES
        if self.scratch.isChecked():
            return Wanted("", colour, classes, channels)
        return Wanted(str(self.model.currentData()), True, classes, channels)

    def follow(self, labels: Labels | None) -> None:
        """Choose classes for labels that a run of ours made of them."""
        if labels is not None and classes_of(labels):
            self.kind.setCurrentText(CLASSES)

    def _offer_names(self) -> None:
        """Have classes named, unless the model tells some that have names."""
        taught = "" if self.scratch.isChecked() else str(self.model.currentData())
        new = self.kind.currentText() == CLASSES and not tells_classes(taught)
        self.rows.setRowVisible(self.names, new)

    def _on_model(self) -> None:
        """Choose classes for a model that tells some; it can be taught nothing else."""
        if tells_classes(str(self.model.currentData())):
            self.kind.setCurrentText(CLASSES)
        self.changed.emit()
