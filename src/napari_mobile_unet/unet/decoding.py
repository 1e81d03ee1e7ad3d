"""From the network's maps to labels: one id for each object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_mobile_unet.objects.from_mask import Objects, ids_to_keep, opened
from napari_mobile_unet.objects.labels import fill_holes, renumber
from napari_mobile_unet.objects.seeds import components
from napari_mobile_unet.objects.watershed import flood
from napari_mobile_unet.unet.card import Decoding
from napari_mobile_unet.unet.confidence import (
    UNCALIBRATED,
    Calibration,
    display_threshold,
)
from napari_mobile_unet.unet.features import maps_at, object_features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.types import Floats, Labels, Mask, Reals


TYPICAL_DIAMETER = 20.0
"""Diameter in pixels of the typical object, unless it is known."""
MIN_CORE = 6
"""Pixels of the smallest core; smaller ones only cut notches into their neighbours."""


class Grown(NamedTuple):
    """Pieces that have grown, of which objects are selected."""

    labels: Labels
    """(Y, X), 0 is background."""
    area: NDArray[np.intp]
    """Pixels of each label, from 0."""
    features: Reals
    """Of each label, from 0; see ``object_features``."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """Objects of one plane, or the classes of its pixels.

    Parameters
    ----------
    labels : ndarray of int32
        (Y, X), 0 is background, ids 1 to n without gaps; of n classes any may be
        missing.
    confidence : ndarray of float32
        (n,), between 0 and 1, of the objects 1 to n; NaN where it is not known.
    left_out : int
        Objects that were left out because of their low confidence.
    """

    labels: Labels
    confidence: Floats
    left_out: int = 0

    def is_shown(self, min_confidence: float) -> Mask:
        """Return which of the objects are shown from a confidence on.

        Parameters
        ----------
        min_confidence : float
            As for ``decode``.

        Returns
        -------
        ndarray of bool
            (n,), of the objects 1 to n.
        """
        least = display_threshold(self.confidence, min_confidence)
        return ~(self.confidence < least)  # what is not known is shown

    def above(self, min_confidence: float) -> Decoded:
        """Return the objects that are shown from a confidence on; the rest is left out.

        What ``decode`` returns for that confidence, in a few milliseconds.

        Parameters
        ----------
        min_confidence : float
            As for ``decode``.
        """
        enough = self.is_shown(min_confidence)
        ids = np.zeros(len(enough) + 1, np.int32)
        ids[1:][enough] = np.arange(1, enough.sum() + 1)
        left_out = self.left_out + int((~enough).sum())
        return Decoded(ids.take(self.labels), self.confidence[enough], left_out)


def decode(
    maps: Floats,
    objects: Objects,
    decoding: Decoding | None = None,
    *,
    diameter: float = TYPICAL_DIAMETER,
    calibration: Calibration = UNCALIBRATED,
    min_confidence: float = 0,
) -> Decoded:
    """Return the objects that the network's maps show.

    Parameters
    ----------
    maps, objects, decoding, diameter
        As for ``grow_objects``.
    calibration : Calibration
        From the features of an object to the chance that it is right; by default that
        is the mean foreground probability.
    min_confidence : float
        Confidence from which an object is kept, see ``display_threshold``.

    Returns
    -------
    Decoded
        The labels, and for each object the chance that it is right.
    """
    grown = grow(maps, objects, decoding or Decoding())
    return _selected(grown, objects, diameter, calibration, min_confidence)


def select(
    grown: Grown,
    objects: Objects,
    *,
    diameter: float = TYPICAL_DIAMETER,
    calibration: Calibration = UNCALIBRATED,
    min_confidence: float = 0,
) -> Decoded:
    """Return what ``decode`` would, of pieces that have grown already; they stay.

    Parameters
    ----------
    grown : Grown
        Of these objects' ``smooth``, ``split`` and ``fill_holes``.
    objects, diameter, calibration, min_confidence
        As for ``decode``.
    """
    copied = grown._replace(labels=grown.labels.copy())
    return _selected(copied, objects, diameter, calibration, min_confidence)


def _selected(
    grown: Grown,
    objects: Objects,
    diameter: float,
    calibration: Calibration,
    min_confidence: float,
) -> Decoded:
    """Select objects; the labels that have grown are changed in place."""
    kept = ids_to_keep(grown.labels, grown.area, objects.with_min_size(diameter))
    confidence = calibration.apply(grown.features[kept])
    enough = confidence >= display_threshold(confidence, min_confidence)
    labels = renumber(grown.labels, kept[enough])
    return Decoded(labels, confidence[enough], int((~enough).sum()))


def grow_objects(
    maps: Floats,
    objects: Objects,
    decoding: Decoding,
    *,
    diameter: float = TYPICAL_DIAMETER,
) -> tuple[Labels, Reals]:
    """Return all objects that the network's maps show, and their features.

    Connected cores (high distance) grow downhill over the distance map until
    they meet or reach the edge of the foreground: a seeded watershed, see ``flood``.
    A piece of foreground without a core is an object of its own.

    Parameters
    ----------
    maps : ndarray of float32
        (Y, X, 2 or 3): the probability of belonging to an object; the distance, 0 at
        an object's outline, 1 at its centre; and the seam, 1 between two objects,
        where the distance is made to fall to 0 as at an outline.
    objects : Objects
        Which objects are kept.
    decoding : Decoding
        Foreground probability from which a pixel belongs to an object, and distance
        from which it is a core.
    diameter : float
        Of the typical object in pixels.

    Returns
    -------
    labels : ndarray of int32
        (Y, X), 0 is background, ids 1 to n without gaps.
    features : ndarray
        (n, features) of ``object_features``.
    """
    grown = grow(maps, objects, decoding)
    kept = ids_to_keep(grown.labels, grown.area, objects.with_min_size(diameter))
    return renumber(grown.labels, kept), grown.features[kept]


def grow(maps: Floats, objects: Objects, decoding: Decoding) -> Grown:
    """Return all pieces that grow, of any size; see ``grow_objects``.

    Only ``smooth``, ``split`` and ``fill_holes`` of the objects' settings matter.
    """
    mask = opened(maps[..., 0] > decoding.foreground, objects.smooth)
    if objects.split:
        inside = np.flatnonzero(mask)  # quicker than to compute on the whole plane
        _, distance, _ = maps_at(inside, maps)
        core = np.zeros_like(mask)
        core.ravel()[inside[distance > decoding.seed]] = True
        labels = flood(core, mask, distance, MIN_CORE, inside)
    else:
        labels = components(mask)
    if objects.fill_holes:
        fill_holes(labels)
    area, features = object_features(labels, maps)
    return Grown(labels, area, features)
