"""From a mask, or from the network's maps, to labels: one id for each object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import cv2
import numpy as np
from pydantic import Field
from scipy import ndimage
from skimage.segmentation import watershed

from napari_mobile_unet._params import Params

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Labels = NDArray[np.int32]

_NEIGHBOURS = np.ones((3, 3), np.uint8)


class Objects(Params):
    """What becomes of a mask: which objects are kept, and how they are cut."""

    min_size: Annotated[int, Field(ge=0)] = 16
    """Smallest area of an object in pixels; smaller ones are dropped."""
    smooth: Annotated[int, Field(ge=0, le=50)] = 0
    """Radius in pixels of the opening that smooths outlines; 0 leaves them."""
    fill_holes: bool = True
    """Fill holes that lie within one object."""
    split: bool = True
    """Separate objects that touch."""
    spacing: Annotated[float, Field(ge=0)] = 0
    """Smallest distance in pixels between centres when a mask is split; 0: half the typical object's width."""  # noqa: E501
    drop_border: bool = False
    """Drop objects that touch the edge of the plane."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """Objects of one plane.

    Parameters
    ----------
    labels : ndarray of int32
        (Y, X), 0 is background, ids 1 to n without gaps.
    confidence : ndarray of float32
        (n,), between 0 and 1, of the objects 1 to n.
    """

    labels: Labels
    confidence: NDArray[np.float32]


def decode(
    foreground: NDArray[np.float32],
    distance: NDArray[np.float32],
    objects: Objects,
    *,
    level: float = 0.5,
    seed: float = 0.6,
) -> Decoded:
    """Return the objects that the network's maps show.

    Connected cores (high distance) grow downhill over the distance map until
    they meet or reach the rim of the foreground: a seeded watershed
    (Meyer 1992). A piece of foreground without a core is an object of its own.

    Parameters
    ----------
    foreground : ndarray of float32
        (Y, X), probability of belonging to an object.
    distance : ndarray of float32
        (Y, X), 0 at an object's rim, 1 at its centre.
    objects : Objects
        Which objects are kept.
    level : float
        Foreground probability from which a pixel belongs to an object.
    seed : float
        Distance from which a pixel is a core.

    Returns
    -------
    Decoded
        The labels, and for each object the mean foreground probability within
        it as its confidence.
    """
    mask = _open(foreground > level, objects.smooth)
    if objects.split:
        core = (distance > seed) & mask
        labels = _grow(_seeds(core, mask), mask, distance)
    else:
        labels = _components(mask)
    labels = _select(labels, objects)
    count = int(labels.max(initial=0))
    total = np.bincount(labels.ravel(), foreground.ravel(), count + 1)[1:]
    area = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    return Decoded(labels, (total / np.maximum(area, 1)).astype(np.float32))


def label_mask(mask: NDArray[np.bool_], objects: Objects) -> Labels:
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
    mask = _open(mask, objects.smooth)
    if not objects.split:
        return _select(_components(mask), objects)
    if objects.fill_holes:
        # A hole would be a valley, and the object around it fall apart.
        mask = _select(_components(mask), objects) > 0
    # The plane's edge is no background: objects cut by it keep their centre.
    distance = cv2.distanceTransform(
        mask.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    # Where there is no background at all OpenCV answers with the largest float.
    distance = cv2.GaussianBlur(np.minimum(distance, max(mask.shape)), (0, 0), 1.0)
    distance[~mask] = 0
    spacing = objects.spacing or _typical_radius(mask, distance)
    size = 2 * max(1, round(spacing / 2)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    peak = (distance >= cv2.dilate(distance, disc) - 1e-3) & mask
    return _select(_grow(_seeds(peak, mask), mask, distance), objects)


def labels_type(largest: int) -> np.dtype[Any]:
    """Return the smallest unsigned type, of 16 bits at least, that holds an id."""
    return np.promote_types(np.min_scalar_type(largest), np.uint16)


def _typical_radius(mask: NDArray[np.bool_], distance: NDArray[np.float32]) -> float:
    """Return the largest distance in the piece of mask that a median pixel lies in.

    Counting pixels, not pieces, keeps crumbs from deciding how the rest is split.
    """
    labels = _components(mask)
    largest = ndimage.maximum(distance, labels, np.arange(labels.max(initial=0) + 1))
    return float(np.median(largest[labels[mask]])) if mask.any() else 1.0


def _components(mask: NDArray[np.bool_]) -> Labels:
    return np.asarray(
        cv2.connectedComponents(mask.view(np.uint8), connectivity=4)[1], np.int32
    )


def _open(mask: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Return the mask without what is thinner than a disc of that radius."""
    mask = np.ascontiguousarray(mask)
    if not radius:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    opened = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, disc)
    return np.asarray(opened, np.uint8).view(np.bool_)


def _seeds(core: NDArray[np.bool_], mask: NDArray[np.bool_]) -> Labels:
    """Return an id for each core, and one for each piece of mask without any."""
    count, cores = cv2.connectedComponents(core.view(np.uint8), connectivity=8)
    pieces = _components(mask)
    seeded = np.zeros(pieces.max(initial=0) + 1, bool)
    seeded[pieces[core]] = True
    seeded[0] = True
    ids = np.where(seeded, 0, count - 1 + np.cumsum(~seeded))
    return np.where(core, cores, ids[pieces]).astype(np.int32)


def _grow(
    seeds: Labels, mask: NDArray[np.bool_], height: NDArray[np.float32]
) -> Labels:
    """Return what each seed drains of the mask, as rain on the heights would run.

    Not ``cv2.watershed``: that orders pixels by how much neighbours differ, not by
    height, and its ridges block necks that are one pixel wide.
    """
    grown = watershed(-height, seeds, mask=mask)
    return np.asarray(grown, np.int32)


def _select(labels: Labels, objects: Objects) -> Labels:
    """Return the objects to keep, holes filled, numbered from 1 without gaps."""
    if objects.fill_holes:
        labels = _fill_holes(labels)
    keep = np.bincount(labels.ravel()) >= max(objects.min_size, 1)
    if objects.drop_border:
        edges = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
        keep[np.concatenate(edges)] = False
    keep[0] = False
    return np.where(keep, np.cumsum(keep), 0).astype(np.int32)[labels]


def _fill_holes(labels: Labels) -> Labels:
    """Give each piece of background that one object alone encloses to it."""
    count, holes = cv2.connectedComponents((labels == 0).view(np.uint8), connectivity=4)
    if count <= 1:
        return labels
    ids = labels.astype(np.float32)
    highest = cv2.dilate(ids, _NEIGHBOURS)
    lowest = cv2.erode(np.where(labels > 0, ids, np.float32(2**24)), _NEIGHBOURS)
    rim = (labels == 0) & (highest > 0)
    top = np.zeros(count, np.int32)
    bottom = np.full(count, 2**24, np.int32)
    np.maximum.at(top, holes[rim], highest[rim].astype(np.int32))
    np.minimum.at(bottom, holes[rim], lowest[rim].astype(np.int32))
    open_ends = np.concatenate((holes[0], holes[-1], holes[:, 0], holes[:, -1]))
    owner = np.where(top == bottom, top, 0)
    owner[open_ends] = 0
    owner[0] = 0
    return np.where(labels > 0, labels, owner[holes]).astype(np.int32)
