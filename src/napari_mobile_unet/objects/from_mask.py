"""From a mask to labels: how objects are split, and which are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import cv2
import numpy as np
from pydantic import Field

from napari_mobile_unet.objects.labels import edges_of, fill_holes, renumber
from napari_mobile_unet.objects.seeds import components, peaks_of
from napari_mobile_unet.objects.watershed import flood
from napari_mobile_unet.settings import Called, Params, ZeroMeans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.types import Labels, Mask


MIN_SIZE, MIN_SHARE = 16, 1 / 5
"""Smallest area by default: in pixels, and as a share of that of a typical object; the
lesser of the two counts."""


class Objects(Params):
    """How objects are split, and which are kept."""

    min_size: Annotated[
        int, Field(ge=0), ZeroMeans("automatic"), Called("smallest area")
    ] = 0
    """Smallest area of an object in pixels; 0: automatic, 16 or less if the U-Net finds
    small objects."""
    smooth: Annotated[int, Field(ge=0, le=50), ZeroMeans("no")] = 0
    """Radius in pixels of the opening that smooths outlines; 0: no smoothing."""
    fill_holes: bool = True
    """Fill holes inside objects."""
    split: Annotated[bool, Called("split touching ones")] = True
    """Separate objects that touch."""
    spacing: Annotated[float, Field(ge=0, le=2000), ZeroMeans("automatic")] = 0
    """Smallest distance in pixels between the centres of split objects; 0: automatic,
    half the width of a typical object."""
    drop_border: Annotated[bool, Called("remove those at the edge")] = False
    """Remove objects that touch the edge of the plane."""

    def with_min_size(self, diameter: float) -> Objects:
        """Return these settings, an automatic smallest area replaced by a number.

        Parameters
        ----------
        diameter : float
            Of a typical object in pixels.
        """
        typical = np.pi / 4 * diameter**2
        automatic = min(MIN_SIZE, max(1, round(MIN_SHARE * typical)))
        return self.replace(min_size=self.min_size or automatic)


def label_mask(mask: Mask, objects: Objects) -> Labels:
    """Return the objects of a mask.

    Touching objects are split where their outline narrows: the maxima of the
    distance to the background, at least ``objects.spacing`` apart, grow until
    they meet (Vincent and Soille 1991).

    Parameters
    ----------
    mask : ndarray of bool
        (Y, X), True where there is an object.
    objects : Objects
        Which objects are kept, and whether they are split.

    Returns
    -------
    ndarray of int32
        (Y, X), 0 is background, ids 1 to n without gaps.
    """
    mask = opened(mask, objects.smooth)
    if not objects.split:
        return _select(components(mask), objects)
    if objects.fill_holes:
        # A hole would be a valley, and the object around it would be split.
        mask = _select(components(mask), objects) > 0
    peak, distance = peaks_of(mask, objects.spacing)
    return _select(flood(peak, mask, distance[mask]), objects)


def opened(mask: Mask, radius: int) -> Mask:
    """Return the mask without parts thinner than a disc of that radius."""
    mask = np.ascontiguousarray(mask)
    if not radius:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    opened = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, disc)
    return np.asarray(opened, np.uint8).view(np.bool_)


def _select(labels: Labels, objects: Objects) -> Labels:
    """Return the objects to keep, holes filled, numbered from 1 without gaps."""
    if objects.fill_holes:
        fill_holes(labels)
    area = np.bincount(labels[labels > 0], minlength=1)
    return renumber(labels, ids_to_keep(labels, area, objects))


def ids_to_keep(
    labels: Labels, area: NDArray[np.intp], objects: Objects
) -> NDArray[np.intp]:
    """Return the ids of the objects to keep, by the area of each id from 0."""
    keep = area >= (objects.min_size or MIN_SIZE)
    keep[0] = False
    if objects.drop_border:
        for edge in edges_of(labels):
            keep[edge] = False
    return np.flatnonzero(keep)
