"""The layer that a dock's results go to, and layers that only show something."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from napari.layers import Image, Labels

from napari_mobile_unet.widgets.layers.convert import FILE, METADATA
from napari_mobile_unet.widgets.layers.storage import forget

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer

    from napari_mobile_unet.widgets.layers.written import Written


@dataclass(frozen=True, eq=False)
class _State:
    """What a result's layer shows, so that it can be shown again."""

    name: str
    written: Written
    place: dict[str, Any]
    metadata: dict[str, Any]
    features: Any
    about: Any


class Result:
    """The layer that a dock's results go to; updated in place while it is only ours.

    A layer that somebody changed, renamed, locked or saved is left as it is, and the
    next result goes to a new one. What an update in place replaces is kept until the
    next one, and can be brought back.

    Attributes
    ----------
    layer : Layer or None
        The layer.
    about : object
        What a dock knows of the result that is shown.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self.layer: Any = None
        self.about: Any = None
        self._written: Written | None = None
        self._previous: _State | None = None
        self._name = ""

    @property
    def shown(self) -> bool:
        """Whether the layer is among the viewer's."""
        return self.layer is not None and self.layer in self._viewer.layers

    @property
    def has_previous(self) -> bool:
        """Whether an earlier result can be brought back."""
        return self._previous is not None and self.shown

    def is_theirs(self) -> bool:
        """Return whether somebody has made the layer their own; from any thread."""
        layer, written = self.layer, self._written
        if layer is None or written is None:
            return False
        return (
            layer.name != self._name
            or not layer.editable
            or layer.source.path is not None
            or FILE in layer.metadata  # it was saved
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
        about: Any = None,
    ) -> str:
        """Show data in the layer, a new one if need be.

        Parameters
        ----------
        written : Written
            The data, labels or an image, and what is ours of them.
        name : str
            Of the layer.
        place : dict
            Keywords that put it over the source.
        metadata : dict
            Where it comes from.
        theirs : bool
            What `is_theirs` returned.
        rgb : bool, optional
            Whether an image has samples; left out for labels.
        about : object
            What the dock knows of it; see ``Result``.

        Returns
        -------
        str
            The name of an earlier layer that was kept since somebody made it their
            own, and is hidden now; empty if there is none.
        """
        data = written.data
        earlier = self.layer if self.shown and theirs else None
        same = self.shown and earlier is None
        alike = getattr(self.layer, "rgb", None) == rgb
        new = _State(name, written, place, {METADATA: metadata}, None, about)
        if same and alike and self.layer.ndim == data.ndim - bool(rgb):
            forgotten, self._previous = self._previous, self._state(place)
            self._show(replace(new, metadata=self.layer.metadata | new.metadata))
            self._forget(forgotten)
            return ""
        self._forget(self._previous)
        self._written, self._previous, self.about = written, None, about
        settings = {"name": name, "metadata": {METADATA: metadata}, **place}
        layer = Labels(data, **settings) if rgb is None else None
        self.layer = layer or Image(data, rgb=rgb, **settings)
        self._viewer.add_layer(self.layer)
        self._name = self.layer.name  # the viewer may have changed it
        if earlier is None:
            return ""
        earlier.visible = False
        return str(earlier.name)

    def bring_back(self, *, theirs: bool) -> None:
        """Show the previous result again; the present one can be brought back then.

        Parameters
        ----------
        theirs : bool
            What `is_theirs` returned: the layer is left as it is, and the previous
            result goes to a new one.
        """
        previous = self._previous
        if previous is None:
            return
        if not theirs:
            self._previous = self._state(previous.place)
            self._show(previous)
            return
        kind, name = type(self.layer), previous.name
        rgb = {"rgb": self.layer.rgb} if kind is Image else {}
        data, place = previous.written.data, previous.place
        self.layer = kind(data, name=name, metadata=previous.metadata, **place, **rgb)
        self._previous = None
        self._viewer.add_layer(self.layer)
        self._name = self.layer.name
        self._take(previous)

    def _state(self, place: dict[str, Any]) -> _State:
        """Return what the layer shows; a place is that of the same keywords."""
        assert self._written is not None
        return _State(
            self._name,
            self._written,
            {key: getattr(self.layer, key) for key in place},
            dict(self.layer.metadata),
            getattr(self.layer, "features", None),
            self.about,
        )

    def _show(self, state: _State) -> None:
        self.layer.data = state.written.data
        for key, value in state.place.items():
            # napari draws a layer anew for each of them, even where it changes nothing.
            if not np.array_equal(np.asarray(getattr(self.layer, key)), value):
                setattr(self.layer, key, value)
        self.layer.metadata = dict(state.metadata)
        if self.layer.name == self._name:  # nobody renamed it in the meantime
            self.layer.name = state.name
            self._name = self.layer.name
        self._take(state)

    def _take(self, state: _State) -> None:
        self._written, self.about = state.written, state.about
        if state.features is not None:
            self.layer.features = state.features

    def _forget(self, state: _State | None) -> None:
        """Let go of a result that nobody can bring back any more."""
        if state is not None:
            kept = [layer.data for layer in self._viewer.layers]
            kept += [self._previous.written.data] if self._previous else []
            forget(state.written.data, kept)


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

    def of(self, image: Layer, what: Any) -> Result:
        """Return that of an image layer and what of it is looked at, as its channel."""
        results = self._known.setdefault(image, {})
        return results.setdefault(what, Result(self._viewer))


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
