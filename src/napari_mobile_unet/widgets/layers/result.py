"""The layer that a dock's results go to, and layers that only show something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Image, Labels

from napari_mobile_unet.widgets.layers.convert import METADATA
from napari_mobile_unet.widgets.layers.storage import forget

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer


class Result:
    """The layer that a dock's results go to; updated in place, never over strokes.

    A labels layer that a person has painted on is left as it is, and the next
    result goes to a layer of its own: its undo history would otherwise write old
    values into the new mask.

    Attributes
    ----------
    layer : Layer or None
        The layer.
    painted : bool
        Whether a person has painted on it.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self.layer: Any = None
        self.painted = False
        self._source: Any = None

    @property
    def shown(self) -> bool:
        """Whether the layer is among the viewer's."""
        return self.layer is not None and self.layer in self._viewer.layers

    def begin(
        self,
        data: Any,
        source: Layer,
        name: str,
        place: dict[str, Any],
        metadata: dict[str, Any],
        *,
        rgb: bool | None = None,
    ) -> bool:
        """Show data in the layer, a new one if need be.

        Parameters
        ----------
        data : array
            Labels; or an image, where ``rgb`` says whether it has samples.
        source : Layer
            What it was made of.
        name : str
            Of a new layer.
        place : dict
            Keywords that put it over the source.
        metadata : dict
            Where it comes from.
        rgb : bool, optional
            Left out for labels.

        Returns
        -------
        bool
            Whether an earlier layer was kept since it carries a person's strokes.
        """
        kept = self.shown and self.painted
        same = self.shown and not kept and self._source is source
        alike = getattr(self.layer, "rgb", None) == rgb
        if same and alike and self.layer.ndim == data.ndim - bool(rgb):
            before, self.layer.data = self.layer.data, data
            forget(before, (layer.data for layer in self._viewer.layers))
            for key, value in place.items():
                setattr(self.layer, key, value)
            self.layer.metadata = {**self.layer.metadata, METADATA: metadata}
            return False
        settings = {"name": name, "metadata": {METADATA: metadata}, **place}
        if rgb is None:
            layer = Labels(data, **settings)
            layer.events.paint.connect(self._on_paint)
        else:
            layer = Image(data, rgb=rgb, **settings)
        self.layer, self._source, self.painted = layer, source, False
        self._viewer.add_layer(layer)
        return kept

    def _on_paint(self) -> None:
        self.painted = True


def add_beside(viewer: napari.Viewer, layer: Layer) -> None:
    """Add a layer that is looked at only: the selection stays as it is."""
    selection = viewer.layers.selection
    chosen, active = set(selection), selection.active
    viewer.add_layer(layer)
    selection.active = active
    selection.update(chosen)
