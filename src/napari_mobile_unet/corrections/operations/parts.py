"""The parts of one object: cut along a line, or grown from seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from skimage.graph import MCP
from skimage.segmentation import watershed

from napari_mobile_unet.corrections.operations.window import pieces

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from napari_mobile_unet.types import AnyLabels, Mask, Reals


MIN_PART, MIN_SHARE = 5, 0.1
"""Smallest part that a line cuts off: pixels, or a share of the object; the lesser of
the two counts. What is smaller is a crumb where the line grazes the outline."""
NARROWNESS = 3
"""Power of the width by which a step costs less where an object is wide: necks are
dear, so that seeds meet there. Higher powers cut more exactly at the neck, and less
evenly where there is none."""
LEVELS = 32
"""At which a hill is looked at for the height where it falls apart."""


def drawn_line(points: Reals, shape: tuple[int, ...]) -> Mask:
    """Return (rows, columns), True on the pixels of a line through places (n, 2).

    They touch at sides or corners, so that pixels on both sides touch nowhere at a
    side. The line may leave the box.
    """
    canvas = np.zeros(shape, np.uint8)
    corners = np.rint(points[:, ::-1]).astype(np.int32)
    cv2.polylines(canvas, [corners.reshape(-1, 1, 2)], False, 1)
    return canvas > 0


def parts_across(mask: Mask, line: Mask) -> AnyLabels:
    """Return the parts that a line cuts each piece of a mask into.

    Pixels of the line, and crumbs, go to the nearest part.

    Parameters
    ----------
    mask, line : ndarray of bool
        (rows, columns).

    Returns
    -------
    ndarray of int32
        (rows, columns): 0 outside the mask; 1 where a piece is not cut, and in the
        largest part of each one that is; 2 and on, by falling size, in the others.
    """
    _, whole = pieces(mask)
    _, fragments = pieces(mask & ~line)
    size = np.bincount(fragments[mask], minlength=1)
    owner = np.zeros(len(size), np.intp)
    owner[fragments[mask]] = whole[mask]
    least = np.maximum(1, np.minimum(MIN_PART, MIN_SHARE * np.bincount(whole[mask])))
    parts = np.where(mask, 1, 0).astype(np.int32)
    counted = [
        number
        for number in np.argsort(-size[1:], kind="stable") + 1
        if size[number] >= least[owner[number]]
    ]
    main: dict[int, int] = {}
    for number in counted:
        main.setdefault(int(owner[number]), int(number))
    markers = np.zeros(mask.shape, np.int32)
    rest = [number for number in counted if main[int(owner[number])] != number]
    for number in main.values():
        markers[fragments == number] = 1
    for place, number in enumerate(rest, start=2):
        markers[fragments == number] = place
    return spread(markers, mask, parts)


def spread(markers: AnyLabels, mask: Mask, otherwise: AnyLabels) -> AnyLabels:
    """Return a mask's pixels, each with the marker that is nearest within the mask.

    Parameters
    ----------
    markers : ndarray of int
        (rows, columns), 0 where nothing is marked; all lie in the mask.
    mask : ndarray of bool
        (rows, columns).
    otherwise : ndarray of int
        (rows, columns), for pixels that no marker reaches.
    """
    flat = np.zeros(mask.shape, np.uint8)
    found = watershed(flat, markers, mask=mask, connectivity=1)
    return np.where(found > 0, found, otherwise).astype(np.int32)


def parts_from_seeds(
    mask: Mask, markers: AnyLabels, height: NDArray[Any] | None
) -> AnyLabels:
    """Return the parts of a mask that grow from marked pixels until they meet.

    Parameters
    ----------
    mask : ndarray of bool
        (rows, columns).
    markers : ndarray of int
        (rows, columns), 1 to n, at least two of them; 0 elsewhere.
    height : ndarray, optional
        (rows, columns), largest where parts are to meet: a seeded watershed. By default
        each pixel joins the seed with the cheapest way, which is dear where the mask is
        narrow. A watershed on the distance to the outline is about the same where the
        mask has a neck, but where it has none the lower seed gets next to nothing.

    Returns
    -------
    ndarray of int32
        (rows, columns), 0 outside the mask, 1 to n by falling size; pixels that no
        seed reaches are in part 1.
    """
    if height is None:
        found = _least_cost(mask, markers)
    else:
        found = watershed(height, markers, mask=mask, connectivity=1)
    return by_size(found, mask)


def _least_cost(mask: Mask, markers: AnyLabels) -> AnyLabels:
    """Return the marker with the cheapest way to each pixel; 0 where none leads."""
    cost = np.full(mask.shape, -1.0)  # no way
    cost[mask] = np.maximum(depth(mask)[mask], 0.5) ** -NARROWNESS
    least = np.full(mask.shape, np.inf)
    found = np.zeros(mask.shape, np.int32)
    for number in np.unique(markers[markers > 0]):
        begin = np.argwhere(markers == number)
        costs, _ = MCP(cost, fully_connected=False).find_costs(begin)
        nearer = costs < least
        least[nearer], found[nearer] = costs[nearer], number
    return found


def by_size(found: AnyLabels, mask: Mask) -> AnyLabels:
    """Return parts numbered by falling size, the rest of the mask in the first."""
    size = np.bincount(found.ravel())
    order = np.argsort(-size[1:], kind="stable") + 1
    rank = np.zeros(len(size), np.int32)
    rank[order] = np.arange(1, len(order) + 1)
    parts = rank[found]
    parts[mask & (found == 0)] = 1
    return parts


def two_markers(mask: Mask, height: NDArray[Any] | None) -> AnyLabels:
    """Return two markers where a mask has two hills: 1 and 2, 0 elsewhere.

    The hills are looked at from the level where the second largest of them is as
    large as at any. A mask of one hill is marked at both ends of its longer axis.

    Parameters
    ----------
    mask : ndarray of bool
        (rows, columns), two pixels or more.
    height : ndarray, optional
        As for ``parts_from_seeds``; by default hills are where the mask is wide.
    """
    hills = depth(mask) if height is None else -height
    inside = hills[mask]
    best, markers = 0, np.zeros(mask.shape, np.int32)
    for level in np.linspace(inside.min(), inside.max(), LEVELS, endpoint=False):
        # The first level is the mask itself, which may have several pieces.
        above = mask if level == inside.min() else mask & (hills > level)
        count, found = pieces(above)
        if count < 2:
            continue
        size = np.bincount(found.ravel())
        size[0] = 0
        first, second = np.argsort(-size, kind="stable")[:2]
        if size[second] > max(best, MIN_PART - 1):
            best = int(size[second])
            markers = np.where(found == first, 1, np.where(found == second, 2, 0))
    if best:
        return markers.astype(np.int32)
    return _ends(mask)


def _ends(mask: Mask) -> AnyLabels:
    """Return markers on the two pixels that lie furthest apart on the longer axis."""
    places = np.argwhere(mask)
    centred = places - places.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    along = centred @ axes[0]
    markers = np.zeros(mask.shape, np.int32)
    for number, place in enumerate((along.argmin(), along.argmax()), start=1):
        markers[tuple(places[place])] = number
    return markers


def depth(mask: Mask) -> NDArray[np.float32]:
    """Return how far each pixel of a mask is from the background, in pixels.

    Beyond the array is no background: objects cut by the plane's border keep their
    middle.
    """
    far = cv2.distanceTransform(
        np.ascontiguousarray(mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    # Without any background OpenCV returns the largest float.
    return np.asarray(np.minimum(far, max(mask.shape)), np.float32)
