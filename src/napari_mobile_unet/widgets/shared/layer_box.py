"""The choice of an image, or of labels, among the viewer's layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Image, Layer
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QWidget

from napari_mobile_unet.widgets.layers.convert import PREVIEW

if TYPE_CHECKING:
    import napari


class LayerBox(QComboBox):
    """Chooses one of the viewer's layers of a kind; follows the layer list.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers.
    kind : type
        Which of them: images, unless given.

    Attributes
    ----------
    following : bool
        Whether a layer that becomes the active one becomes the choice, too.
    """

    chosen = Signal(object)
    """The layer, or None."""

    def __init__(
        self,
        viewer: napari.Viewer,
        parent: QWidget | None = None,
        kind: type[Layer] = Image,
    ) -> None:
        super().__init__(parent)
        self._kind = kind
        self._layers: list[Any] = []
        self._viewer = viewer
        self._latest = viewer.layers.selection.active
        self.following = True
        self.setToolTip(f"{kind.__name__} to work on")
        # Long names would make the whole dock as wide as they are.
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setMinimumContentsLength(12)
        for event in ("inserted", "removed", "reordered"):
            getattr(viewer.layers.events, event).connect(self.refresh)
        viewer.layers.selection.events.active.connect(self._on_active)
        self.currentIndexChanged.connect(lambda _: self.chosen.emit(self.layer))
        self.refresh()

    @property
    def layer(self) -> Any:
        """The chosen layer; None where there is none."""
        index = self.currentIndex()
        return self._layers[index] if 0 <= index < len(self._layers) else None

    @layer.setter
    def layer(self, layer: Layer) -> None:
        self.setCurrentIndex(self._layers.index(layer))

    def refresh(self) -> None:
        """Offer the layers there are now; keep the choice if it still is one."""
        before, known = self.layer, self._layers
        for layer in known:
            layer.events.name.disconnect(self._rename)
        self._layers = [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, self._kind) and PREVIEW not in layer.metadata
        ]
        for layer in self._layers:
            layer.events.name.connect(self._rename)
        self.blockSignals(True)
        self.clear()
        self.addItems([layer.name for layer in self._layers])
        active = self._viewer.layers.selection.active
        # A new layer may have been made the active one before it was known here.
        fresh = self.following and not any(layer is active for layer in known)
        for choice in (active if fresh else before, before, active, *self._layers[:1]):
            if any(layer is choice for layer in self._layers):
                self.setCurrentIndex(self._layers.index(choice))
                break
        self.blockSignals(False)
        if self.layer is not before:
            self.chosen.emit(self.layer)

    def _rename(self) -> None:
        for index, layer in enumerate(self._layers):
            self.setItemText(index, layer.name)

    def _on_active(self) -> None:
        active = self._viewer.layers.selection.active
        if active is None or PREVIEW in active.metadata:
            return
        # A preview that comes makes the layer active again that was so before.
        again, self._latest = active is self._latest, active
        if self.following and not again and active in self._layers:
            self.layer = active

    def disconnect_viewer(self) -> None:
        """Let go of the viewer's events, before this widget goes."""
        for event in ("inserted", "removed", "reordered"):
            getattr(self._viewer.layers.events, event).disconnect(self.refresh)
        self._viewer.layers.selection.events.active.disconnect(self._on_active)
        for layer in self._layers:
            layer.events.name.disconnect(self._rename)
