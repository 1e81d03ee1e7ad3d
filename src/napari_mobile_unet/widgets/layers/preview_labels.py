"""A labels layer that only shows what settings would do to the visible plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels

from napari_mobile_unet.widgets.layers.convert import PREVIEW
from napari_mobile_unet.widgets.layers.result import add_beside

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from napari.layers import Layer
    from napari.utils.events import Event
    from numpy.typing import NDArray

    from napari_mobile_unet.widgets.layers.placement import Placement


class PreviewLabels:
    """Keeps one labels layer right above its image; it cannot be painted on.

    Parameters
    ----------
    viewer : napari.Viewer
        Where it goes.
    name : str
        Of the layer.
    gone : callable
        Called when somebody else takes the layer away: it is not wanted any more.
    **settings
        Keywords of the layer, such as ``opacity``.

    Attributes
    ----------
    layer : Labels or None
        The layer, while it is among the viewer's.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        name: str,
        gone: Callable[[], None],
        **settings: Any,
    ) -> None:
        self._viewer, self._name, self._gone = viewer, name, gone
        self._settings = settings
        self._shown: tuple[Any, ...] = ()
        self._plane: NDArray[Any] = np.zeros((0, 0), np.uint8)
        self.layer: Any = None

    def show(self, source: Layer, place: Placement, plane: NDArray[Any]) -> None:
        """Show the labels of a plane over its image.

        Parameters
        ----------
        source : Layer
            The image.
        place : Placement
            Of the plane; it may be a part of the image's.
        plane : ndarray
            (Y, X), copied.
        """
        here = source, place, plane.dtype
        if self.layer is not None and self._shown == here:
            # Into the array that is there: a new one would be measured first.
            np.copyto(self._plane, plane)
            self.layer.refresh(extent=False, thumbnail=False)
            return
        self.remove()
        self._shown, self._plane = here, plane.copy()
        self.layer = Labels(
            place.filled(self._plane),
            name=self._name,
            metadata={PREVIEW: True},
            **self._settings,
            **place.keywords(),
        )
        self.layer.editable = False
        add_beside(self._viewer, self.layer, over=source)
        self._viewer.layers.events.removed.connect(self._on_removed)

    def clear(self) -> None:
        """Show nothing, until there is something to be seen again."""
        if self.layer is not None and self._plane.any():
            self._plane[:] = 0
            self.layer.refresh(extent=False, thumbnail=False)

    def remove(self) -> None:
        """Take the layer away."""
        layer, self.layer = self.layer, None
        if layer is not None:
            self._viewer.layers.events.removed.disconnect(self._on_removed)
            if layer in self._viewer.layers:
                self._viewer.layers.remove(layer)

    def _on_removed(self, event: Event) -> None:
        if self.layer is not None and event.value is self.layer:
            self.remove()
            self._gone()
