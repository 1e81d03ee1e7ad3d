"""From a mask to labels: which objects are kept, and how they are cut apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import cv2
import numpy as np
from pydantic import Field

from napari_mobile_unet.objects.labels import edges_of, fill_holes, renumber
from napari_mobile_unet.objects.seeds import components, peaks_of
from napari_mobile_unet.objects.watershed import flood
from napari_mobile_unet.settings import Params, ZeroMeans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.types import Labels, Mask


SMALL, SMALL_SHARE = 16, 1 / 5
"""Pixels of the smallest object, unless a person says so; and, where that is less, its
share of the area of a typical one."""


class Objects(Params):
    """What becomes of a mask: which objects are kept, and how they are cut."""

    min_size: Annotated[int, Field(ge=0), ZeroMeans("automatic")] = 0
    """Smallest area of an object in pixels; 0: 16, or less where the U-Net finds that all are small."""  # noqa: E501
    smooth: Annotated[int, Field(ge=0, le=50)] = 0
    """Radius in pixels of the opening that smooths outlines; 0 leaves them."""
    fill_holes: bool = True
    """Fill holes that lie within one object."""
    split: bool = True
    """Separate objects that touch."""
    spacing: Annotated[float, Field(ge=0, le=2000), ZeroMeans("automatic")] = 0
    """Smallest distance in pixels between centres when a mask is split; 0: half the typical object's width."""  # noqa: E501
    drop_border: bool = False
    """Drop objects that touch the edge of the plane."""

    def suited(self, diameter: float) -> Objects:
        """Return these settings with a smallest area, if they have none of their own.

        Parameters
        ----------
        diameter : float
            Of the typical object in pixels.
        """
        typical = np.pi / 4 * diameter**2
        least = min(SMALL, max(1, round(SMALL_SHARE * typical)))
        return self.replace(min_size=self.min_size or least)


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
        # A hole would be a valley, and the object around it fall apart.
        mask = _select(components(mask), objects) > 0
    peak, distance = peaks_of(mask, objects.spacing)
    return _select(flood(peak, mask, distance[mask]), objects)


def opened(mask: Mask, radius: int) -> Mask:
    """Return the mask without what is thinner than a disc of that radius."""
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
    keep = area >= (objects.min_size or SMALL)
    keep[0] = False
    if objects.drop_border:
        for edge in edges_of(labels):
            keep[edge] = False
    return np.flatnonzero(keep)
