"""Images and results of a batch as layers, a pair at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Layer

from napari_mobile_unet.widgets.files.reader import read_layers
from napari_mobile_unet.widgets.layers.convert import FILE

if TYPE_CHECKING:
    from pathlib import Path

    import napari


class OpenedFiles:
    """Opens files that are not open yet, and hides those opened before.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layers go.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self._before: list[Layer] = []

    def show(self, image: Path, labels: Path | None) -> None:
        """Show an image with its labels; layers of theirs that are there stay.

        Raises
        ------
        OSError, ValueError, MemoryError
            If a file cannot be read.
        """
        shown = self._layers_of(image)
        if labels is not None:
            shown += self._layers_of(labels, as_labels=True)
        for layer in self._before:
            if layer in self._viewer.layers and layer not in shown:
                layer.visible = False
        for layer in shown:
            layer.visible = True
        self._before = shown
        self._viewer.layers.selection.active = shown[-1]
        self._viewer.reset_view()

    def _layers_of(self, path: Path, *, as_labels: bool = False) -> list[Layer]:
        place = str(path.absolute())
        known = [each for each in self._viewer.layers if _file_of(each) == place]
        if known:
            return known
        added = []
        for data, keywords, kind in read_layers(path, as_labels=as_labels):
            # So that it is known again, and texts that are copied name it.
            metadata = {**keywords.get("metadata", {}), FILE: place}
            layer = Layer.create(data, {**keywords, "metadata": metadata}, kind)
            added.append(self._viewer.add_layer(layer))
        return added


def _file_of(layer: Any) -> str | None:
    place = layer.metadata.get(FILE) or layer.source.path
    return str(place) if place else None
