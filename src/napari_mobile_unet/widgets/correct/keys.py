"""Keys of the page, bound to one layer, and given back when it is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from qtpy.QtWidgets import QLabel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from napari.layers import Labels


class Key(NamedTuple):
    """A key of the page."""

    key: str
    """As napari names it: "Control-Z"."""
    text: str
    """What it does, in a few words."""
    action: Callable[[], object]


def written(key: str) -> str:
    """Return a key as people write it: "Ctrl+Z"."""
    return key.replace("Control", "Ctrl").replace("-", "+")


class KeyList(QLabel):
    """A list of keys and what they do.

    Parameters
    ----------
    keys : iterable of Key
        Those that are bound.
    """

    def __init__(self, keys: Iterable[Key]) -> None:
        rows = (
            f"<tr><td><b>{written(key.key)}</b></td><td>&nbsp;&nbsp;{key.text}</td></tr>"
            for key in keys
        )
        super().__init__(
            "While the labels layer is chosen in the layer list:"
            f"<table>{''.join(rows)}</table>"
        )
        self.setWordWrap(True)


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
