"""The box of models: those that are installed, and folders that a person named."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QFileSystemWatcher, QTimer
from qtpy.QtWidgets import QComboBox, QWidget

from napari_mobile_unet.messages import one_line
from napari_mobile_unet.objects.classes import in_words
from napari_mobile_unet.unet.model import list_models, model_of, own_models
from napari_mobile_unet.widgets.preferences import first_model, more_models

SETTLED = 200
"""Milliseconds of rest after which a change of the folder is looked at."""


class ModelBox(QComboBox):
    """Models to choose from; it follows the folder of a person's own ones.

    The data of an item is what a recipe names its model by: a name, or a folder.

    Parameters
    ----------
    parent : QWidget, optional
        The widget that it stands in.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen: list[str] = []
        self._watcher = QFileSystemWatcher(self)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(SETTLED)
        self._rest.timeout.connect(self.refresh)
        self._watcher.directoryChanged.connect(lambda _: self._rest.start())
        self.currentIndexChanged.connect(lambda _: self._describe())
        self.refresh()
        self.setCurrentIndex(max(0, self.findText(first_model())))

    def refresh(self) -> None:
        """Offer the models that are there now; the chosen one stays, if it is there."""
        own = str(own_models())
        if Path(own).is_dir() and own not in self._watcher.directories():
            self._watcher.addPath(own)
        models = list_models()
        offered = [(name, name) for name in models]
        offered += [
            (Path(folder).name, folder)
            for folder in [*map(str, more_models()), *self._chosen]
            if Path(folder).is_dir() and folder not in map(str, models.values())
        ]
        chosen = self.currentData()
        if chosen is not None and chosen not in (data for _, data in offered):
            # Another model in its place would find other objects, without a word.
            offered.append((f"{Path(chosen).name} (gone)", chosen))
        before = [(self.itemText(n), self.itemData(n)) for n in range(self.count())]
        if offered != before:
            self._offer(offered)
        self._describe()

    def choose_folder(self, folder: str) -> None:
        """Offer the model in a folder, and choose it.

        Raises
        ------
        FileNotFoundError, ValueError
            If it is no model, or was altered; then nothing changes.
        """
        model_of(folder)
        if folder not in (*self._chosen, *map(str, more_models())):
            self._chosen.append(folder)
        self.refresh()
        known = {str(path): name for name, path in list_models().items()}
        self.setCurrentIndex(self.findData(known.get(folder, folder)))

    def _offer(self, items: list[tuple[str, str]]) -> None:
        chosen = self.currentData()
        blocked = self.blockSignals(True)
        self.clear()
        for text, data in items:
            self.addItem(text, data)
        self.setCurrentIndex(max(self.findData(chosen), 0))
        self.blockSignals(blocked)

    def _describe(self) -> None:
        """Show what the chosen model is, as the tooltip."""
        try:
            card = model_of(self.currentData()).card
        except (ValueError, OSError) as error:
            self.setToolTip(one_line(error))
            return
        size = f"knows objects of about {card.diameter:g} pixels\n"
        if names := card.architecture.classes:
            size = f"tells {in_words(names)}, of images in their own size\n"
        self.setToolTip(
            f"{card.description}\n{size}"
            f"trained on: {card.training.origin or 'unknown'}\n"
            f"licence: {card.licence or 'unknown'}"
        )
