"""From the network's maps to labels: one id for each object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.objects.from_mask import Objects, ids_to_keep, opened
from napari_mobile_unet.objects.labels import fill_holes, renumber
from napari_mobile_unet.objects.seeds import components
from napari_mobile_unet.objects.watershed import flood
from napari_mobile_unet.unet.confidence import UNCALIBRATED, Calibration, bar
from napari_mobile_unet.unet.features import object_features, seen_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.types import Floats, Labels, Reals


TYPICAL = 20.0
"""Diameter in pixels of the typical object, unless it is known."""
CRUMB = 6
"""Pixels of the smallest core; smaller ones only cut notches into their neighbours."""


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
    labels, kept, features = _grown(maps, objects, level, seed, diameter)
    confidence = calibration.apply(features)
    enough = confidence >= bar(confidence, least)
    labels = renumber(labels, kept[enough])
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
    features : ndarray
        (n, features) of ``object_features``.
    """
    labels, kept, features = _grown(maps, objects, level, seed, diameter)
    return renumber(labels, kept), features


def _grown(
    maps: Floats, objects: Objects, level: float, seed: float, diameter: float
) -> tuple[Labels, NDArray[np.intp], Reals]:
    """Return all that grows, which ids are to be kept, and what describes those."""
    mask = opened(maps[..., 0] > level, objects.smooth)
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
        fill_holes(labels)
    area, features = object_features(labels, maps)
    kept = ids_to_keep(labels, area, objects.with_min_size(diameter))
    return labels, kept, features[kept]
