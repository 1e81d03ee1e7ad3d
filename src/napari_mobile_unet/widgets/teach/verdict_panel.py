"""Whether the taught model is better, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_mobile_unet.messages import one_line
from napari_mobile_unet.models.library import place_for
from napari_mobile_unet.training.teach import keep_model
from napari_mobile_unet.training.verdict import sentence
from napari_mobile_unet.unet.model import list_models, own_models

if TYPE_CHECKING:
    from napari_mobile_unet.widgets.teach.course import Candidate


class VerdictPanel(QWidget):
    """Shows the numbers of a taught model, and keeps or discards it."""

    kept = Signal(str)
    """The model was kept, under this name."""
    discarded = Signal()
    """Nobody wants it."""
    said = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.candidate: Candidate | None = None
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.turn_button = QPushButton("Before ⇄ after")
        self.turn_button.setToolTip(
            "Show what the old model finds on a plane, or what the taught one finds"
        )
        self.turn_button.setEnabled(False)
        self.name = QLineEdit()
        self.name.setToolTip("Name of the taught model; the old one stays as it is")
        self.anyway = QCheckBox("Keep it although it is worse")
        self.anyway.setToolTip(
            "On what was kept apart the taught model is right less often than the old "
            "one: is that what you want?"
        )
        self.keep_button = QPushButton("Keep both")
        self.keep_button.setToolTip(
            "Keep the taught model under this name, beside the old one"
        )
        self.replace_button = QPushButton("Replace the old")
        self.replace_button.setToolTip(
            "Keep the taught model in place of the one that it was taught from"
        )
        self.discard_button = QPushButton("Discard")
        self.discard_button.setToolTip("Forget the taught model; the old one stays")
        form = QFormLayout()
        form.addRow("name", self.name)
        buttons = QHBoxLayout()
        for button in (self.keep_button, self.replace_button, self.discard_button):
            buttons.addWidget(button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.text)
        rows.addWidget(self.turn_button)
        rows.addLayout(form)
        rows.addWidget(self.anyway)
        rows.addLayout(buttons)
        self.anyway.toggled.connect(lambda _: self._allow())
        self.keep_button.clicked.connect(lambda _: self._keep(self.name.text().strip()))
        self.replace_button.clicked.connect(lambda _: self._replace())
        self.discard_button.clicked.connect(lambda _: self._discard())
        self.hide()

    def show_candidate(self, candidate: Candidate) -> None:
        """Show a taught model that nobody has kept yet."""
        self.candidate = candidate
        self.text.setText(sentence(candidate.gate))
        self.name.setText(_free_name(candidate.parent))
        self.anyway.setChecked(False)
        self.anyway.setVisible(candidate.gate["verdict"] == "worse")
        self.turn_button.setEnabled(False)
        self._allow()
        self.show()

    def _allow(self) -> None:
        candidate = self.candidate
        if candidate is None:
            return
        allowed = candidate.gate["verdict"] != "worse" or self.anyway.isChecked()
        self.keep_button.setEnabled(allowed)
        own = _is_own(candidate.parent)
        self.replace_button.setVisible(own)
        self.replace_button.setEnabled(allowed)

    def _replace(self) -> None:
        if self.candidate is not None:
            self._keep(self.candidate.parent, overwrite=True)

    def _keep(self, name: str, *, overwrite: bool = False) -> None:
        assert self.candidate is not None
        try:
            place = place_for(name, overwrite=overwrite)
            place.parent.mkdir(parents=True, exist_ok=True)
            keep_model(self.candidate.folder, place)
        except (ValueError, OSError) as error:
            self.said.emit(one_line(error))
            return
        self.candidate = None
        self.hide()
        self.kept.emit(name)

    def _discard(self) -> None:
        self.candidate = None
        self.hide()
        self.discarded.emit()


def _is_own(name: str) -> bool:
    """Return whether a model is a person's own, which may be replaced."""
    folder = list_models().get(name)
    return folder is not None and folder.parent == own_models()


def _free_name(parent: str) -> str:
    """Return a name for a taught model that no model has."""
    known = {name.casefold() for name in list_models()}
    base = f"{parent or 'new'} taught"
    names = (base, *(f"{base} {number}" for number in range(2, 1000)))
    return next(name for name in names if name.casefold() not in known)
