"""From a mask, or from the network's maps, to labels: one id for each object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import cv2
import numpy as np
from pydantic import Field

from napari_mobile_unet.confidence import UNCALIBRATED, Calibration, bar
from napari_mobile_unet.peaks import components, peaks_of
from napari_mobile_unet.settings import Params, Zero
from napari_mobile_unet.traits import describe, seen_at
from napari_mobile_unet.watershed import flood

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.types import Floats, Labels, Mask, Reals


SMALL, SMALL_SHARE = 16, 1 / 5
"""Pixels of the smallest object, unless a person says so; and, where that is less, its
share of the area of a typical one."""
TYPICAL = 20.0
"""Diameter in pixels of the typical object, unless it is known."""
CRUMB = 6
"""Pixels of the smallest core; smaller ones only cut notches into their neighbours."""
_NEIGHBOURS = np.ones((3, 3), np.uint8)


class Objects(Params):
    """What becomes of a mask: which objects are kept, and how they are cut."""

    min_size: Annotated[int, Field(ge=0), Zero("automatic")] = 0
    """Smallest area of an object in pixels; 0: 16, or less where the U-Net finds that all are small."""  # noqa: E501
    smooth: Annotated[int, Field(ge=0, le=50)] = 0
    """Radius in pixels of the opening that smooths outlines; 0 leaves them."""
    fill_holes: bool = True
    """Fill holes that lie within one object."""
    split: bool = True
    """Separate objects that touch."""
    spacing: Annotated[float, Field(ge=0, le=2000), Zero("automatic")] = 0
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


@dataclass(frozen=True, eq=False)
class Decoded:
    """Objects of one plane.

    Parameters
    ----------
    labels : ndarray of int32
        (Y, X), 0 is background, ids 1 to n without gaps.
    confidence : ndarray of float32
        (n,), between 0 and 1, of the objects 1 to n.
    left_out : int
        Objects that were left out since their confidence was too low.
    """

    labels: Labels
    confidence: Floats
    left_out: int = 0


def decode(
    maps: Floats,
    objects: Objects,
    *,
    level: float = 0.5,
    seed: float = 0.6,
    diameter: float = TYPICAL,
    calibration: Calibration = UNCALIBRATED,
    least: float = 0,
) -> Decoded:
    """Return the objects that the network's maps show.

    Parameters
    ----------
    maps, objects, level, seed, diameter
        As for ``grow_objects``.
    calibration : Calibration
        What makes a chance of what the maps look like within an object; by default
        that is the mean foreground probability.
    least : float
        Confidence from which an object is kept, see ``bar``.

    Returns
    -------
    Decoded
        The labels, and for each object the chance that it is right.
    """
    labels, kept, traits = _grown(maps, objects, level, seed, diameter)
    confidence = calibration.apply(traits)
    enough = confidence >= bar(confidence, least)
    labels = _numbered(labels, kept[enough])
    return Decoded(labels, confidence[enough], int((~enough).sum()))


def grow_objects(
    maps: Floats,
    objects: Objects,
    *,
    level: float = 0.5,
    seed: float = 0.6,
    diameter: float = TYPICAL,
) -> tuple[Labels, Reals]:
    """Return all objects that the network's maps show, and what describes them.

    Connected cores (high distance) grow downhill over the distance map until
    they meet or reach the rim of the foreground: a seeded watershed, see ``flood``.
    A piece of foreground without a core is an object of its own.

    Parameters
    ----------
    maps : ndarray of float32
        (Y, X, 2 or 3): the probability of belonging to an object; the distance, 0 at
        an object's rim, 1 at its centre; and the seam, 1 between two objects, where
        the distance is made to fall to 0 as at a rim.
    objects : Objects
        Which objects are kept.
    level : float
        Foreground probability from which a pixel belongs to an object.
    seed : float
        Distance from which a pixel is a core.
    diameter : float
        Of the typical object in pixels.

    Returns
    -------
    labels : ndarray of int32
        (Y, X), 0 is background, ids 1 to n without gaps.
    traits : ndarray
        (n, traits) of ``describe``.
    """
    labels, kept, traits = _grown(maps, objects, level, seed, diameter)
    return _numbered(labels, kept), traits


def _grown(
    maps: Floats, objects: Objects, level: float, seed: float, diameter: float
) -> tuple[Labels, NDArray[np.intp], Reals]:
    """Return all that grows, which ids are to be kept, and what describes those."""
    mask = _open(maps[..., 0] > level, objects.smooth)
    if objects.split:
        # To look at the mask alone is quicker than at the plane.
        inside = np.flatnonzero(mask)
        _, distance, _ = seen_at(inside, maps)
        core = np.zeros_like(mask)
        core.ravel()[inside[distance > seed]] = True
        labels = flood(core, mask, distance, CRUMB)
    else:
        labels = components(mask)
    if objects.fill_holes:
        _fill_holes(labels)
    area, traits = describe(labels, maps)
    kept = _kept(labels, area, objects.suited(diameter))
    return labels, kept, traits[kept]


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
    mask = _open(mask, objects.smooth)
    if not objects.split:
        return _select(components(mask), objects)
    if objects.fill_holes:
        # A hole would be a valley, and the object around it fall apart.
        mask = _select(components(mask), objects) > 0
    peak, distance = peaks_of(mask, objects.spacing)
    return _select(flood(peak, mask, distance[mask]), objects)


def _open(mask: Mask, radius: int) -> Mask:
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
        _fill_holes(labels)
    area = np.bincount(labels[labels > 0], minlength=1)
    return _numbered(labels, _kept(labels, area, objects))


def _kept(labels: Labels, area: NDArray[np.intp], objects: Objects) -> NDArray[np.intp]:
    """Return the ids of the objects to keep, by the area of each id from 0."""
    keep = area >= (objects.min_size or SMALL)
    keep[0] = False
    if objects.drop_border:
        for edge in _edges(labels):
            keep[edge] = False
    return np.flatnonzero(keep)


def _numbered(labels: Labels, kept: NDArray[np.intp]) -> Labels:
    """Return the labels, changed: the ids to keep become 1 to n, the others 0."""
    pixels = np.flatnonzero(labels.ravel() != 0)  # of a mask: faster
    own = labels.take(pixels)
    ids = np.zeros(int(own.max(initial=0)) + 1, np.int32)
    ids[kept] = np.arange(1, len(kept) + 1)
    labels.ravel()[pixels] = ids.take(own)
    return labels


def _edges(labels: Labels) -> tuple[Labels, ...]:
    return labels[0], labels[-1], labels[:, 0], labels[:, -1]


def _fill_holes(labels: Labels) -> None:
    """Give each piece of background that one object alone encloses to it."""
    background = (labels == 0).view(np.uint8)
    count, holes = cv2.connectedComponents(background, connectivity=4)
    enclosed = np.full(count, True)
    enclosed[0] = False
    for edge in _edges(holes):
        enclosed[edge] = False
    if not enclosed.any():
        return
    # Most of the background is, as a rule, its first piece, and open.
    pixels = np.flatnonzero(holes > (not enclosed[1]))
    pixels = pixels[enclosed.take(holes.take(pixels))]
    hole = holes.take(pixels)
    width = labels.shape[1]
    owner = np.zeros(count, np.int32)
    # Enclosed pixels are none of the plane's edge: all have eight neighbours.
    around = [y * width + x for y in (-1, 0, 1) for x in (-1, 0, 1) if y or x]
    found = [labels.take(pixels + step) for step in around]
    for ids in found:
        touched = ids > 0
        owner[hole[touched]] = ids[touched]
    for ids in found:
        owner[hole[(ids > 0) & (ids != owner[hole])]] = 0
    labels.ravel()[pixels] = owner[hole]
