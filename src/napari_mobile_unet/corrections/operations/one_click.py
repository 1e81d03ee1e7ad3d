"""One click on an object that nobody found: its pixels, from maps or the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import skimage

from napari_mobile_unet.corrections.operations.checks import new_ids
from napari_mobile_unet.corrections.operations.window import Window, joined_to
from napari_mobile_unet.objects.from_mask import Objects, label_mask
from napari_mobile_unet.objects.watershed import flood

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.corrections.change import Change, LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.index import ObjectIndex
    from napari_mobile_unet.corrections.operations.window import OfPlane
    from napari_mobile_unet.types import AnyLabels, Mask

DIAMETER = 32.0
"""Of objects in pixels where the plane has none yet to tell."""
REACH = 1.5
"""Half of the window's side around a click, in diameters."""
WIDENED = 3
"""How often the window is doubled where the object touches its edge."""
FOREGROUND, CORE = 0.5, 0.75
"""Probability and distance from which a pixel is of an object, and of its core."""
LIKELY = 0.5
"""Share of the probability at the click from which pixels belong to a faint object."""
SEPARATE = 0.8
"""Share of the variance that a threshold within the darker or the brighter side of the
first one explains; of noise it explains two thirds, of a ramp three quarters."""


def object_at(
    labels: LabelArray,
    index: ObjectIndex,
    place: tuple[float, float],
    plane: PlaneIndex,
    *,
    image: OfPlane | None = None,
    maps: OfPlane | None = None,
    diameter: float | None = None,
) -> list[Change]:
    """Return the change that makes an object of what is under a click.

    With maps of the U-Net it is the hill of the distance map that the click is on,
    in the foreground; a faint object is taken from the level that it has. With
    an image alone, the side of a local Otsu threshold [1]_ that the click is on,
    divided where it is narrow; beside brighter objects, of one within that side.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    place : tuple of float
        Row and column of the click, on background.
    plane : tuple of int
        Where it is.
    image : array_like, optional
        (Y, X) grey values of the plane.
    maps : array_like, optional
        (Y, X, 2 or 3) of the plane: probability, distance, and seam.
    diameter : float, optional
        Of a typical object in pixels; by default that of the plane's objects.

    Returns
    -------
    list of Change
        One object of the next free id, in one piece, on background alone.

    Raises
    ------
    ValueError
        If the click is beyond the plane, on an object or on nothing, if there is
        neither image nor maps, or the labels' type has no id left.

    References
    ----------
    .. [1] N. Otsu, "A threshold selection method from gray-level histograms", IEEE
       Transactions on Systems, Man, and Cybernetics 9, 62-66 (1979),
       doi:10.1109/TSMC.1979.4310076
    """
    if image is None and maps is None:
        raise ValueError(
            "an object is found in an image or in maps; received neither; choose the "
            "image layer, or draw the object"
        )
    row, column = (round(float(part)) for part in place)
    height, width = labels.shape[-2:]
    if not (0 <= row < height and 0 <= column < width):
        raise ValueError(
            f"a click lies on the plane of {height} × {width} pixels; received "
            f"({row}, {column}); click on the image"
        )
    half = round(REACH * (diameter or typical_diameter(index, plane)))
    spot = slice(row, row + 1), slice(column, column + 1)
    for _ in range(WIDENED):
        window = Window.of(labels, plane, spot, half)
        here = row - window.start[0], column - window.start[1]
        if own := int(window.labels[here]):
            raise ValueError(
                f"a new object begins on background; received a click on object {own}; "
                "click beside it, or redraw its outline"
            )
        edges = _inner_edges(window, (height, width))
        if maps is not None:
            found = _in_maps(window.cut(maps), here)
        else:
            assert image is not None  # as was checked above
            found = _in_image(window.cut(image), here, edges)
        if not (found & edges).any():
            break
        half *= 2
    if (found & edges).any() or found.mean() > 0.5:
        found[:] = False  # the background
    seed = np.zeros_like(found)
    seed[here] = True
    taken = joined_to(found & window.free, seed)
    if not taken.any():
        raise ValueError(
            f"there is no object to be seen at ({row}, {column}); received a click on "
            "background; click in the middle of an object, or draw it"
        )
    (own,) = new_ids(labels, index, 1)
    return window.changed(np.where(taken, own, window.labels))


def typical_diameter(index: ObjectIndex, plane: PlaneIndex) -> float:
    """Return the diameter in pixels of the median object of a plane."""
    areas = [index.count(own, plane) for own in index.ids_in(plane)]
    return float(np.sqrt(4 / np.pi * np.median(areas))) if areas else DIAMETER


def _in_maps(maps: NDArray[Any], here: tuple[int, int]) -> Mask:
    """Return the hill of the distance map, on the foreground, that a pixel is on."""
    foreground = maps[..., 0]
    level = min(FOREGROUND, LIKELY * float(foreground[here]))
    if not level > 0:
        return np.zeros(foreground.shape, bool)
    mask = np.ascontiguousarray(foreground > level)
    distance = maps[..., 1] * (1 - maps[..., 2]) if maps.shape[2] > 2 else maps[..., 1]
    top = float(distance[mask].max())
    core = mask & (distance > min(CORE, CORE * top))
    heights = np.ascontiguousarray(distance[mask], np.float32)
    return _at(flood(core, mask, heights), here)


def _in_image(image: NDArray[Any], here: tuple[int, int], edges: Mask) -> Mask:
    """Return the object at a pixel on its side of Otsu's threshold, or of a second one.

    Parameters
    ----------
    image : ndarray
        (rows, columns).
    here : tuple of int
        The pixel.
    edges : ndarray of bool
        (rows, columns), which the object should not touch.
    """
    values = np.nan_to_num(np.asarray(image, np.float32))
    smooth = cv2.GaussianBlur(values, (0, 0), 1.0)
    side = np.ones(smooth.shape, bool)
    first = None
    for _ in range(2):
        inside = smooth[side]
        if inside.min() == inside.max():
            break
        bright = smooth > skimage.filters.threshold_otsu(inside)
        if first is not None and _separability(inside, bright[side]) < SEPARATE:
            break
        side &= bright if bright[here] else ~bright
        found = _at(label_mask(side, Objects(min_size=1)), here)
        if not (found & edges).any():
            return found
        first = found if first is None else first
    return np.zeros(smooth.shape, bool) if first is None else first


def _separability(values: NDArray[Any], bright: Mask) -> float:
    """Return the share of the variance that lies between two classes."""
    share = bright.mean()
    between = (
        share * (1 - share) * (values[bright].mean() - values[~bright].mean()) ** 2
    )
    return float(between / values.var())


def _at(found: AnyLabels, here: tuple[int, int]) -> Mask:
    own = found[here]
    return np.asarray((found == own) & (own > 0))


def _inner_edges(window: Window, shape: tuple[int, int]) -> Mask:
    """Return (rows, columns), True along edges of the window that cut the plane."""
    edges = np.zeros(window.labels.shape, bool)
    (rows, columns), (height, width) = window.box, shape
    edges[0] |= rows.start > 0
    edges[-1] |= rows.stop < height
    edges[:, 0] |= columns.start > 0
    edges[:, -1] |= columns.stop < width
    return edges
