"""Which labels layers a run is writing to: nobody else should change them meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from psygnal import Signal

if TYPE_CHECKING:
    from napari.layers import Layer


class BeingWritten:
    """The labels layers that runs are writing to now, in all windows."""

    changed = Signal(object)
    """The layer for which that began or ended."""

    def __init__(self) -> None:
        self._layers: WeakSet[Any] = WeakSet()

    def __contains__(self, layer: object) -> bool:
        """Return whether a run is writing to a layer."""
        return layer in self._layers

    def begin(self, layer: Layer) -> None:
        """Note that a run writes to a layer from now on."""
        if layer not in self._layers:
            self._layers.add(layer)
            self.changed.emit(layer)

    def end(self, layer: Layer | None) -> None:
        """Note that it does so no longer."""
        if layer is not None and layer in self._layers:
            self._layers.discard(layer)
            self.changed.emit(layer)


BEING_WRITTEN = BeingWritten()
"""Of this process."""
