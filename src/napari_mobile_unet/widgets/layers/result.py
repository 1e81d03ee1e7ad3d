"""The layer that a dock's results go to, and layers that only show something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from napari.layers import Image, Labels

from napari_mobile_unet.widgets.layers.convert import METADATA
from napari_mobile_unet.widgets.layers.storage import forget

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer

    from napari_mobile_unet.widgets.layers.written import Written


class Result:
    """The layer that a dock's results go to; updated in place while it is only ours.

    A layer that somebody changed, renamed, locked or saved is left as it is, and the
    next result goes to a new one.

    Attributes
    ----------
    layer : Layer or None
        The layer.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self.layer: Any = None
        self._written: Written | None = None
        self._name = ""

    @property
    def shown(self) -> bool:
        """Whether the layer is among the viewer's."""
        return self.layer is not None and self.layer in self._viewer.layers

    def is_theirs(self) -> bool:
        """Return whether somebody has made the layer their own; from any thread."""
        layer, written = self.layer, self._written
        if layer is None or written is None:
            return False
        return (
            layer.name != self._name
            or not layer.editable
            or layer.source.path is not None
            or layer.data is not written.data
            or any(True for _ in written.changed())
        )

    def begin(
        self,
        written: Written,
        name: str,
        place: dict[str, Any],
        metadata: dict[str, Any],
        *,
        theirs: bool,
        rgb: bool | None = None,
    ) -> bool:
        """Show data in the layer, a new one if need be.

        Parameters
        ----------
        written : Written
            The data, labels or an image, and what is ours of them.
        name : str
            Of a new layer.
        place : dict
            Keywords that put it over the source.
        metadata : dict
            Where it comes from.
        theirs : bool
            What `is_theirs` returned.
        rgb : bool, optional
            Whether an image has samples; left out for labels.

        Returns
        -------
        bool
            Whether an earlier layer was kept since somebody made it their own.
        """
        data, kept = written.data, self.shown and theirs
        same = self.shown and not kept
        alike = getattr(self.layer, "rgb", None) == rgb
        self._written = written
        if same and alike and self.layer.ndim == data.ndim - bool(rgb):
            before, self.layer.data = self.layer.data, data
            forget(before, (layer.data for layer in self._viewer.layers))
            for key, value in place.items():
                setattr(self.layer, key, value)
            self.layer.metadata = {**self.layer.metadata, METADATA: metadata}
            return False
        settings = {"name": name, "metadata": {METADATA: metadata}, **place}
        layer = Labels(data, **settings) if rgb is None else None
        self.layer = layer or Image(data, rgb=rgb, **settings)
        self._viewer.add_layer(self.layer)
        self._name = self.layer.name  # the viewer may have changed it
        return kept


class Results:
    """The `Result` of each image and channel that a dock has worked on.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layers go.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self._known: WeakKeyDictionary[Any, dict[Any, Result]] = WeakKeyDictionary()

    def of(self, image: Layer, channel: Any) -> Result:
        """Return that of an image layer and one of its channels, None where one is."""
        channels = self._known.setdefault(image, {})
        return channels.setdefault(channel, Result(self._viewer))


def add_beside(viewer: napari.Viewer, layer: Layer, over: Layer | None = None) -> None:
    """Add a layer that is looked at only: the selection stays as it is.

    Parameters
    ----------
    viewer : napari.Viewer
        Where it goes.
    layer : Layer
        The layer.
    over : Layer, optional
        One that it lies right over, under all that lies over this one; over all
        layers unless given.
    """
    selection = viewer.layers.selection
    chosen, active = set(selection), selection.active
    below = over in viewer.layers if over is not None else False
    place = viewer.layers.index(over) + 1 if below else len(viewer.layers)
    viewer.layers.insert(place, layer)
    selection.active = active
    selection.update(chosen)
