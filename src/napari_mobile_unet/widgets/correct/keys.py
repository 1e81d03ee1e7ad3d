"""Keys of the page, bound to one layer, and given back when it is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari.layers import Labels


class Keys:
    """Keys that work while a labels layer is the active one.

    They are bound to the layer itself, where they come before napari's own; what they
    displaced there comes back in the end.

    Parameters
    ----------
    layer : Labels
        The layer.
    actions : mapping
        From a key, as napari names it, to what it does.
    """

    def __init__(
        self, layer: Labels, actions: Mapping[str, Callable[[], object]]
    ) -> None:
        self._layer = layer
        self._displaced: dict[str, Any] = {}
        for key, action in actions.items():

            def press(_layer: Labels, action: Callable[[], object] = action) -> None:
                action()

            self._displaced[key] = layer.bind_key(key, press, overwrite=True)

    def close(self) -> None:
        """Give the keys back."""
        for key, before in self._displaced.items():
            self._layer.bind_key(key, None)
            if before is not None:
                self._layer.bind_key(key, before)
