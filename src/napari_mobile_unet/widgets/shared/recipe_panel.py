"""The recipe that labels were made by: in words, kept, used again, and copied."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QApplication,
    QGridLayout,
    QInputDialog,
    QLabel,
    QMenu,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.messages import INPUT_ERRORS, one_line
from napari_mobile_unet.recipes.library import Library
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.recipes.texts import (
    Source,
    describe,
    find_source,
    to_command,
    to_python,
)
from napari_mobile_unet.widgets.layers.convert import FILE
from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.widgets.shared.recipe_box import RecipeBox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari

    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.widgets.shared.source_panel import SourcePanel

RESULTS = Path("results")
"""The folder for results in a command that is copied."""


class RecipePanel(QWidget):
    """Shows a recipe, keeps it in the library, uses it again, and copies it as text.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose labels layers.
    source : SourcePanel
        The image that a recipe is used on.
    """

    applied = Signal(object)
    """The recipe that the chosen image is to be segmented by."""

    def __init__(self, viewer: napari.Viewer, source: SourcePanel) -> None:
        super().__init__()
        self._viewer, self._source = viewer, source
        self.box = RecipeBox(viewer)
        self.words, self.status = _text(), _text()
        self.apply_button = QPushButton("Apply")
        self.apply_button.setToolTip("Segment the chosen image by exactly this recipe")
        self.library_button = QPushButton("Library")
        self.library_button.setToolTip("Recipes that were kept by name")
        menu = QMenu(self)
        self.save_action = menu.addAction("Save in library …", self._save)
        self.import_action = menu.addAction("Import a file …", self._import)
        self.rename_action = menu.addAction("Rename …", self._rename)
        self.delete_action = menu.addAction("Delete …", self._delete)
        self.library_button.setMenu(menu)
        self.python_button = QPushButton("Copy as Python")
        self.python_button.setToolTip("Copy Python that makes the same labels")
        self.command_button = QPushButton("Copy as command")
        self.command_button.setToolTip("Copy the command that makes the same labels")
        buttons = QGridLayout()
        buttons.addWidget(self.apply_button, 0, 0)
        buttons.addWidget(self.library_button, 0, 1)
        buttons.addWidget(self.python_button, 1, 0)
        buttons.addWidget(self.command_button, 1, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.box)
        rows.addWidget(self.words)
        rows.addLayout(buttons)
        rows.addWidget(self.status)
        self._copying = Job(self)
        self._copying.yielded.connect(self._on_text)
        self._copying.failed.connect(self.say)
        self.box.changed.connect(self._show)
        self.box.said.connect(self.say)
        self.apply_button.clicked.connect(lambda _: self._apply())
        self.python_button.clicked.connect(lambda _: self._copy(_python))
        self.command_button.clicked.connect(lambda _: self._copy(_command))
        source.changed.connect(self._show)
        self._show()

    def disconnect_viewer(self) -> None:
        """Let go of the viewer's events, before this widget goes."""
        self._copying.cancel()
        self.box.disconnect_viewer()

    def say(self, text: str) -> None:
        """Say what was done, or why it was not."""
        self.status.setText(text)
        self.status.setVisible(bool(text))

    def for_image(self) -> Recipe:
        """Return the chosen recipe, less what was done to the chosen image before.

        Raises
        ------
        OSError, ValueError
            If there is no recipe, or it cannot be read.
        """
        recipe, prepared = self.box.recipe, self._source.prepared
        done = prepared.recipe.steps if prepared else ()
        if done and recipe.steps[: len(done)] == done:
            recipe = recipe.replace(steps=recipe.steps[len(done) :])
        whole = self._source.whole
        if whole is None or "C" not in whole.axes:  # the layer is one channel
            recipe = recipe.replace(channel=None)
        return recipe

    def _show(self) -> None:
        self.say("")
        try:
            words, there = describe(self.box.recipe), True
        except INPUT_ERRORS as error:
            words, there = one_line(error), False
        self.words.setText(words)
        named = isinstance(self.box.key, str)
        self.rename_action.setEnabled(named)
        self.delete_action.setEnabled(named)
        self.save_action.setEnabled(there)
        can = there and self._source.whole is not None
        self.apply_button.setEnabled(can)
        for button in (self.python_button, self.command_button):
            button.setEnabled(there and (can or self.box.provenance is not None))

    def _apply(self) -> None:
        self._try(lambda: self.applied.emit(self.for_image()))

    def _copy(self, text_of: Callable[[Recipe, Source], str]) -> None:
        """Find the image's file in a thread, and copy a text that names it."""
        made, whole = self.box.provenance, self._source.whole
        prepared, files = self._source.prepared, _files_of(self._viewer)
        try:
            own = self.for_image()
        except INPUT_ERRORS as error:
            self.say(one_line(error))
            return

        def work() -> Iterator[tuple[str, str]]:
            record = made
            if record is None:
                assert whole is not None
                record = Provenance.of(own, whole, prepared)
            found = find_source(record, files)
            source = found or Source(Path(record.source), record.axes)
            said = "" if found else "; the image has no file: put its path in place"
            if record.corrections:
                said += "; corrections by hand are not part of it"
            yield text_of(record.recipe, source), said

        self._copying.start(work)

    def _on_text(self, copied: tuple[str, str]) -> None:
        text, said = copied
        QApplication.clipboard().setText(text)
        self.say(f"Copied{said}")

    def _save(self) -> None:
        def save(name: str, overwrite: bool) -> None:
            Library().save(name, self.box.recipe, overwrite=overwrite)

        self._keep("Name of the recipe", "", save)

    def _import(self) -> None:
        path = self.box.ask_for_file()
        if path is None:
            return

        def take(name: str, overwrite: bool) -> None:
            Library().take(path, name, overwrite=overwrite)

        self._keep("Name of the recipe", path.stem, take)

    def _keep(self, title: str, first: str, keep: Callable[[str, bool], None]) -> None:
        """Ask for a name, and keep a recipe under it; replace one only if asked to."""
        name, agreed = QInputDialog.getText(self, title, title, text=first)
        if not agreed:
            return

        def work() -> None:
            library = Library()
            taken = name in library
            if taken and not _agrees(self, f"Replace the recipe {name.strip()!r}?"):
                return
            keep(name, taken)
            self.box.refresh()
            self.say(f"Kept as {name.strip()!r}; --recipe takes this name, too")

        self._try(work)

    def _rename(self) -> None:
        old = str(self.box.key)
        name, agreed = QInputDialog.getText(self, "Rename", "New name", text=old)
        if agreed:
            self._try(partial(self._renamed, old, name))

    def _renamed(self, old: str, name: str) -> None:
        Library().rename(old, name)
        self.box.refresh()
        self.box.choose(name.strip())

    def _delete(self) -> None:
        name = str(self.box.key)

        def delete() -> None:
            Library().delete(name)
            self.box.refresh()

        if _agrees(self, f"Delete the recipe {name!r} from the library?"):
            self._try(delete)

    def _try(self, do: Callable[[], None]) -> None:
        try:
            do()
        except INPUT_ERRORS as error:
            self.say(one_line(error))


def _python(recipe: Recipe, source: Source) -> str:
    return to_python(recipe, source)


def _command(recipe: Recipe, source: Source) -> str:
    axes = ["--axes", source.axes] if source.axes else []
    return to_command(recipe, [source.path], RESULTS, axes)


def _files_of(viewer: napari.Viewer) -> list[Path]:
    """Return the files that the viewer's layers come from."""
    found = []
    for layer in viewer.layers:
        for place in (layer.metadata.get(FILE), layer.source.path):
            if place:
                found.append(Path(place))
    return found


def _text() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    # As wide as the page, not as a long word would like it to be.
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label


def _agrees(parent: QWidget, question: str) -> bool:
    yes = QMessageBox.StandardButton.Yes
    return bool(QMessageBox.question(parent, "Recipe", question) == yes)
