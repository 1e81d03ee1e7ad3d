"""The choice of a recipe: that of a labels layer, one of the library, or a file's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.layers import Labels
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QWidget,
)

from napari_mobile_unet.messages import one_line
from napari_mobile_unet.recipes.library import Library
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.recipes.texts import describe
from napari_mobile_unet.widgets.layers.convert import METADATA

if TYPE_CHECKING:
    import napari

FILES = "Recipes, and records beside results (*.json)"


class RecipeBox(QWidget):
    """Chooses a recipe among those of labels layers, of the library and of files.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose labels layers.
    following : bool
        Whether a labels layer that becomes the active one becomes the choice, too.
    """

    changed = Signal()
    """Another recipe is chosen, or the chosen layer has another one."""
    said = Signal(str)
    """What was wrong with a file."""

    def __init__(self, viewer: napari.Viewer, *, following: bool = True) -> None:
        super().__init__()
        self._viewer, self._following = viewer, following
        self._keys: list[Any] = []
        self._layers: list[Labels] = []
        self._others: list[Path | Recipe] = []
        self.box = QComboBox()
        self.box.setToolTip("Recipe of a labels layer, of the library, or of a file")
        self.box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.box.setMinimumContentsLength(12)
        self.file_button = QPushButton("…")
        self.file_button.setToolTip("Choose the file of a recipe, or of a record")
        self.file_button.setAccessibleName("Recipe from a file")
        self.file_button.setMaximumWidth(32)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.box, 1)
        row.addWidget(self.file_button)
        self.box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.file_button.clicked.connect(lambda _: self.ask_for_file())
        for event in ("inserted", "removed", "reordered"):
            getattr(viewer.layers.events, event).connect(self.refresh)
        viewer.layers.selection.events.active.connect(self._on_active)
        self.refresh()
        self._follow()

    @property
    def key(self) -> Any:
        """The chosen layer, name of the library, path or recipe; None without any."""
        index = self.box.currentIndex()
        return self._keys[index] if 0 <= index < len(self._keys) else None

    @property
    def provenance(self) -> Provenance | None:
        """The record of the chosen layer; None for other recipes."""
        return record_of(self.key) if isinstance(self.key, Labels) else None

    @property
    def recipe(self) -> Recipe:
        """The chosen recipe.

        Raises
        ------
        OSError, ValueError
            If there is none, or it cannot be read.
        """
        key, record = self.key, self.provenance
        if record is not None:
            return record.recipe
        if isinstance(key, Recipe):
            return key
        if isinstance(key, Path):
            return Recipe.load(key)
        if isinstance(key, str):
            return Library().load(key)
        raise ValueError(
            "a recipe comes from labels that were made here, the library or a file; "
            "none is chosen; make labels, or press … for a file"
        )

    def choose(self, key: Any) -> None:
        """Choose a layer, a name of the library, a file, or a recipe of last time."""
        if isinstance(key, Path | Recipe) and key not in self._others:
            self._others.append(key)
        self.refresh()
        self._choose(key)

    def refresh(self) -> None:
        """Offer the recipes there are now; keep the choice if it still is one."""
        before, gone = self.key, None
        if isinstance(before, Labels) and before not in self._viewer.layers:
            record = record_of(before)  # its recipe stays the choice
            gone = None if record is None else record.recipe
            if gone is not None and gone not in self._others:
                self._others.append(gone)
        for layer in self._layers:
            layer.events.name.disconnect(self.refresh)
            layer.events.metadata.disconnect(self.refresh)
        self._layers = [
            each for each in self._viewer.layers if isinstance(each, Labels)
        ]
        for layer in self._layers:
            layer.events.name.connect(self.refresh)
            layer.events.metadata.connect(self.refresh)
        made = [layer for layer in self._layers if METADATA in layer.metadata]
        self._keys = [*made, *Library().names, *self._others]
        self.box.blockSignals(True)
        self.box.clear()
        self.box.addItems([_title(key) for key in self._keys])
        if before is not None:  # what has gone is not replaced without a word
            self.box.setCurrentIndex(-1)
        self._choose(before if gone is None else gone)
        self.box.setPlaceholderText("choose one" if self._keys else "none yet")
        self.box.blockSignals(False)
        self.changed.emit()

    def _choose(self, key: Any) -> None:
        plain = isinstance(key, str | Path | Recipe)  # layers are compared as objects
        for index, each in enumerate(self._keys):
            if each is key or (plain and type(each) is type(key) and each == key):
                self.box.setCurrentIndex(index)

    def _on_active(self) -> None:
        if self._following:
            self._follow()

    def _follow(self) -> None:
        active = self._viewer.layers.selection.active
        if isinstance(active, Labels) and METADATA in active.metadata:
            self.choose(active)

    def ask_for_file(self) -> Path | None:
        """Let the person choose a file; None if it is none, which is said."""
        name, _ = QFileDialog.getOpenFileName(self, "Recipe", "", FILES)
        if not name:
            return None
        try:
            Recipe.load(name)
        except (OSError, ValueError) as error:
            self.said.emit(one_line(error))
            return None
        self.choose(Path(name))
        return Path(name)

    def disconnect_viewer(self) -> None:
        """Let go of the viewer's events, before this widget goes."""
        for event in ("inserted", "removed", "reordered"):
            getattr(self._viewer.layers.events, event).disconnect(self.refresh)
        self._viewer.layers.selection.events.active.disconnect(self._on_active)
        for layer in self._layers:
            layer.events.name.disconnect(self.refresh)
            layer.events.metadata.disconnect(self.refresh)


def record_of(layer: Labels) -> Provenance | None:
    """Return the record of where a layer comes from; None if it has none."""
    try:
        return Provenance.model_validate(layer.metadata.get(METADATA))
    except ValueError:
        return None


def _title(key: Any) -> str:
    if isinstance(key, Labels):
        return f"of {key.name}"
    if isinstance(key, Recipe):
        return describe(key)
    return key.name if isinstance(key, Path) else str(key)
