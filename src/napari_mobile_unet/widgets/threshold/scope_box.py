"""The choice of the pixels whose histogram is shown and thresholded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from napari.layers import Labels, Shapes
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox

from napari_mobile_unet.widgets.layers.convert import PREVIEW

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer

    Kind = Literal["stack", "each", "shown", "region"]

CHOICES: dict[Kind, str] = {
    "stack": "whole stack",
    "each": "each plane separately",
    "shown": "this plane",
}
"""What can be chosen besides the viewer's regions."""


class ScopeBox(QComboBox):
    """Chooses whose grey values are counted; offers the viewer's regions, too."""

    changed = Signal()

    def __init__(self, viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._watched: Any = None
        self.setToolTip(
            "Which pixels the threshold is found on: those of the whole stack, of each "
            "plane separately, of the plane you see, or those inside a shapes or "
            "labels layer. One threshold applies to all planes, unless each has its own"
        )
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setMinimumContentsLength(12)
        for kind, text in CHOICES.items():
            self.addItem(text, kind)
        for event in ("inserted", "removed"):
            getattr(viewer.layers.events, event).connect(self.refresh)
        self.currentIndexChanged.connect(lambda _: self._on_chosen())
        self.refresh()

    @property
    def kind(self) -> Kind:
        """What is chosen."""
        data: Any = self.currentData()
        # Every entry that is a str is a Kind: the class itself put them there.
        return data if isinstance(data, str) else "region"  # type: ignore[return-value]

    @property
    def region(self) -> Labels | Shapes | None:
        """The layer whose objects are the region, if one is chosen."""
        return self.currentData() if self.kind == "region" else None

    def refresh(self) -> None:
        """Offer the regions there are now; keep the choice if it still is one."""
        chosen = self.currentData()
        self.blockSignals(True)
        while self.count() > len(CHOICES):
            self.itemData(len(CHOICES)).events.name.disconnect(self._rename)
            self.removeItem(len(CHOICES))
        for layer in self._viewer.layers:
            if isinstance(layer, (Labels, Shapes)) and PREVIEW not in layer.metadata:
                self.addItem(_choice_of(layer), layer)
                layer.events.name.connect(self._rename)
        kept = [i for i in range(self.count()) if self.itemData(i) is chosen]
        if not kept and isinstance(chosen, str):
            kept = [self.findData(chosen)]
        self.setCurrentIndex(kept[0] if kept else 0)
        self.blockSignals(False)
        if chosen is not None and not kept:
            self._on_chosen()

    def disconnect_viewer(self) -> None:
        """Let go of the viewer's events, before this widget goes."""
        for event in ("inserted", "removed"):
            getattr(self._viewer.layers.events, event).disconnect(self.refresh)
        for index in range(len(CHOICES), self.count()):
            self.itemData(index).events.name.disconnect(self._rename)
        self._watch(None)

    def _rename(self) -> None:
        for index in range(len(CHOICES), self.count()):
            self.setItemText(index, _choice_of(self.itemData(index)))

    def _on_chosen(self) -> None:
        self._watch(self.region)
        self.changed.emit()

    def _watch(self, layer: Layer | None) -> None:
        """Follow what is drawn on the chosen region, and where it lies."""
        before, self._watched = self._watched, layer
        place = ("scale", "translate", "rotate", "shear", "affine")
        for name in ("data", "paint", *place):
            for which, connect in ((before, False), (layer, True)):
                event = getattr(which.events, name, None) if which else None
                if event is not None and connect:
                    event.connect(self._on_drawn)
                elif event is not None:
                    event.disconnect(self._on_drawn)

    def _on_drawn(self) -> None:
        self.changed.emit()


def _choice_of(layer: Layer) -> str:
    return f"inside {layer.name}"
