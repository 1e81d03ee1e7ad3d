"""The layer that shows what the steps would do to the visible plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Image

from napari_mobile_unet.images.pixels import finite_values
from napari_mobile_unet.widgets.layers.convert import PREVIEW
from napari_mobile_unet.widgets.layers.placement import Placement
from napari_mobile_unet.widgets.layers.result import add_beside

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack


class PreviewLayer:
    """Keeps one layer over the visible plane of an image.

    Parameters
    ----------
    viewer : napari.Viewer
        Where it goes.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self._layer: Image | None = None

    def show(self, source: Layer, whole: Stack, plane: NDArray[Any]) -> None:
        """Show a prepared plane, resized or not, over its image.

        Parameters
        ----------
        source : Layer
            The image.
        whole : Stack
            It, with all its channels.
        plane : ndarray
            (Y, X) or (Y, X, 3).
        """
        height, width = plane.shape[:2]
        place = Placement.of_plane(source, whole).resized(Y=height, X=width)
        image = place.filled(plane)
        values = finite_values(plane)
        low, high = (values.min(), values.max()) if values.size else (0, 1)
        limits = (float(low), float(high if high > low else low + 1))
        layer = self._layer
        if layer is not None and layer in self._viewer.layers:
            if (layer.rgb, layer.ndim) == (plane.ndim == 3, len(place.axes)):
                layer.data, layer.contrast_limits = image, limits
                place.apply_to(layer)
                return
            self._viewer.layers.remove(layer)
        self._layer = Image(
            image,
            name="preview",
            rgb=plane.ndim == 3,
            contrast_limits=limits,
            metadata={PREVIEW: True},
            **place.keywords(),
        )
        add_beside(self._viewer, self._layer)

    def remove(self) -> None:
        """Take the layer away."""
        if self._layer is not None and self._layer in self._viewer.layers:
            self._viewer.layers.remove(self._layer)
        self._layer = None
