"""Where a person looks and points, in the pixels of a labels layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels

from napari_mobile_unet.images.pixels import luminance
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.widgets.layers.convert import PREVIEW

if TYPE_CHECKING:
    from collections.abc import Sequence

    import napari

    from napari_mobile_unet.corrections.change import PlaneIndex
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import Plane


SEEN = 90
"""Pixels on the screen that an object should fill to be judged."""


def plane_in_view(viewer: napari.Viewer, layer: Labels) -> PlaneIndex:
    """Return the plane of a layer that is looked at.

    Raises
    ------
    ValueError
        If no single plane of it is.
    """
    dims, more = viewer.dims, viewer.dims.ndim - layer.ndim
    last = (dims.ndim - 2, dims.ndim - 1)
    if dims.ndisplay != 2 or tuple(dims.displayed) != last:
        raise ValueError(
            "objects are corrected plane by plane; the view shows them in space or "
            "from the side; show rows and columns in 2-D (Ctrl+Y, Ctrl+E)"
        )
    place = layer.world_to_data(dims.point[more:])
    plane = tuple(int(np.round(each)) for each in place[:-2])
    for index, length in zip(plane, layer.data.shape, strict=False):
        if not 0 <= index < length:
            raise ValueError(
                f"the labels have no plane here, at {index} of 0 to {length - 1}; move "
                "the slider to one that they have"
            )
    return plane


def show_plane(viewer: napari.Viewer, layer: Labels, plane: PlaneIndex) -> None:
    """Move the sliders to a plane of a layer."""
    middle = np.array(layer.data.shape[-2:]) // 2
    here = layer.data_to_world((*plane, *middle))
    more = viewer.dims.ndim - layer.ndim
    for axis in range(layer.ndim - 2):
        viewer.dims.set_point(more + axis, here[axis])


def centre_on(
    viewer: napari.Viewer,
    layer: Labels,
    plane: PlaneIndex,
    place: Sequence[float],
    size: float = 0,
) -> None:
    """Move the camera to a row and column, and so near that something is well seen.

    Parameters
    ----------
    viewer, layer, plane
        Where.
    place : sequence of float
        Row and column.
    size : float
        Height or width in pixels of what is to be seen; with 0 the zoom stays.
    """
    camera = viewer.scene.camera
    here, beyond = (
        np.array(layer.data_to_world((*plane, place[0], place[1] + step)))
        for step in (0, size)
    )
    camera.center = tuple(here)[-3:]
    if size:
        width = float(np.linalg.norm(beyond - here))
        camera.zoom = max(camera.zoom, SEEN / width)


def place_of(layer: Labels, position: Sequence[float]) -> tuple[float, float]:
    """Return row and column of a layer, in pixels, at a position in the world."""
    place = layer.world_to_data(tuple(position)[-layer.ndim :])
    return float(place[-2]), float(place[-1])


def id_at(layer: Labels, plane: PlaneIndex, place: tuple[float, float]) -> int:
    """Return the id at a row and column of a plane; 0 outside."""
    row, column = (int(np.round(each)) for each in place)
    height, width = layer.data.shape[-2:]
    if not (0 <= row < height and 0 <= column < width):
        return 0
    return int(np.asarray(layer.data[(*plane, row, column)]))


def images_beside(viewer: napari.Viewer, layer: Labels) -> list[Image]:
    """Return the visible image layers of the size of the labels, the uppermost first.

    An image may lack the first axes of its labels; and along an axis that is one long
    in the labels it may have any length, as that of its channels.
    """
    shape, found = tuple(layer.data.shape), []
    for image in reversed(viewer.layers):
        if not isinstance(image, Image) or PREVIEW in image.metadata:
            continue
        data = image.data[0] if image.multiscale else image.data
        own = tuple(data.shape[:-1] if image.rgb else data.shape)
        ends = zip(reversed(own), reversed(shape), strict=False)
        fits = len(own) <= len(shape) and own[-2:] == shape[-2:]
        if fits and image.visible and all(a == b or b == 1 for a, b in ends):
            found.append(image)
    return found


def image_beside(viewer: napari.Viewer, layer: Labels) -> Image | None:
    """Return the uppermost visible image layer of the size of the labels, or None."""
    return next(iter(images_beside(viewer, layer)), None)


def labels_beside(viewer: napari.Viewer, layer: Labels) -> list[Labels]:
    """Return the other visible labels layers of its shape, the uppermost first."""
    return [
        other
        for other in reversed(viewer.layers)
        if isinstance(other, Labels)
        and other is not layer
        and other.visible
        and not other.multiscale
        and other.data.shape == layer.data.shape
    ]


def image_plane(
    viewer: napari.Viewer, image: Image, layer: Labels, plane: PlaneIndex
) -> Plane:
    """Return the grey values of an image layer in a plane of labels.

    Along an axis that is one long in the labels, those that the view shows.
    """
    data = image.data[0] if image.multiscale else image.data
    leading = data.ndim - 2 - bool(image.rgb)
    seen = image.world_to_data(viewer.dims.point[-image.ndim :])
    where = tuple(
        index if length > 1 else min(max(round(float(place)), 0), own - 1)
        for index, length, place, own in zip(
            plane[len(plane) - leading :],
            layer.data.shape[len(plane) - leading : len(plane)],
            seen,
            data.shape,
            strict=False,
        )
    )
    return luminance(
        np.asarray(data[where])[..., :3] if image.rgb else np.asarray(data[where])
    )


def channel_in_view(viewer: napari.Viewer, image: Image, stack: Stack) -> int:
    """Return the channel of an image layer that the view shows; 0 if it has one."""
    if "C" not in stack.axes:
        return 0
    seen = image.world_to_data(viewer.dims.point[-image.ndim :])
    place = round(float(seen[stack.axes.index("C")]))
    return min(max(place, 0), stack.sizes["C"] - 1)


def confidence_of(layer: Any) -> dict[int, float]:
    """Return the confidence of objects by id, from a layer's table."""
    table = layer.features
    if not {"index", "confidence"} <= set(table.columns):
        return {}
    known = table[["index", "confidence"]].apply(pd.to_numeric, errors="coerce")
    known = known[np.isfinite(known["index"])].groupby("index")["confidence"].min()
    return {int(own): float(value) for own, value in known.items()}
