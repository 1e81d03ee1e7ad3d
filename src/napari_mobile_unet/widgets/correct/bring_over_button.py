"""Corrections of one labels layer, brought over to another automatic result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.layers import Labels
from qtpy.QtWidgets import QMenu, QPushButton

from napari_mobile_unet.corrections.bring_over import Kept, bring_over
from napari_mobile_unet.corrections.replay import fold
from napari_mobile_unet.widgets.correct.journals import journal_of
from napari_mobile_unet.widgets.layers.convert import classes_of

if TYPE_CHECKING:
    import napari

    from napari_mobile_unet.corrections.done import Done
    from napari_mobile_unet.widgets.correct.bench import Bench


class BringOverButton(QPushButton):
    """Offers the other layers of the same image that were corrected.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers.
    bench : Bench
        The layer that the corrections go to.
    """

    def __init__(self, viewer: napari.Viewer, bench: Bench) -> None:
        super().__init__("Bring corrections over")
        self.setToolTip(
            "Keep in these labels what was drawn, changed, locked or deleted in "
            "another layer: its locked objects come exactly, new ones are fitted "
            "around them"
        )
        self._viewer, self._bench = viewer, bench
        self.choices = QMenu(self)
        self.choices.aboutToShow.connect(self.refresh)
        self.setMenu(self.choices)

    def refresh(self) -> None:
        """List the layers whose corrections fit."""
        self.choices.clear()
        for layer in self.sources():
            action = self.choices.addAction(f"from {layer.name}")
            action.triggered.connect(lambda _, layer=layer: self.bring_from(layer))
        if self.choices.isEmpty():
            action = self.choices.addAction("No other layer of this size was corrected")
            action.setEnabled(False)

    def sources(self) -> list[Labels]:
        """Return the corrected layers of the size of the labels in hand."""
        own = self._bench.layer
        return [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, Labels)
            and own is not None
            and layer is not own
            and layer.data.shape == own.data.shape
            and classes_of(layer) == classes_of(own)
            and journal_of(layer) is not None
        ]

    def bring_from(self, layer: Labels) -> None:
        """Bring the corrections of a layer over, as one step that can be undone."""
        desk, journal = self._bench.desk, journal_of(layer)
        classes = bool(classes_of(layer))
        if desk is None or journal is None:
            return

        def step() -> Done | None:
            kept = Kept.of_journal(fold(journal), classes=classes)
            return bring_over(kept, desk.session)

        desk.take(step, nothing=f"{layer.name} has no corrections to bring over")
