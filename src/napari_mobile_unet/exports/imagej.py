"""Labels as ROIs of ImageJ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import roifile

from napari_mobile_unet.exports.outlines import Outline, iter_outlines
from napari_mobile_unet.io.outlines.imagej import name_of_roi

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.images.stack import Stack

_LARGEST = 60_535
"""Largest coordinate of a simple ROI; those of a path are floats."""


def write_rois(path: Path, labels: Stack) -> None:
    """Write each object of each plane as a ROI, into a ``.zip`` or, if one, a ``.roi``.

    Raises
    ------
    ValueError
        If a ``.roi`` is to hold another number of outlines than one.
    """
    rois = [
        _roi(outline, place)
        for place, outlines in iter_outlines(labels)
        for outline in outlines
    ]
    if path.suffix.lower() == ".roi":
        if len(rois) != 1:
            raise ValueError(
                f"a .roi file holds one outline; there are {len(rois)}; use .zip"
            )
        roifile.roiwrite(path, rois[0], mode="w")
    else:
        # Else it adds to a file that exists.
        roifile.roiwrite(path, rois, mode="w")


def _roi(outline: Outline, place: dict[str, int]) -> roifile.ImagejRoi:
    rings = outline.rings
    every = np.concatenate(rings)
    roi = roifile.ImagejRoi.frompoints(
        rings[0],
        name=name_of_roi(outline.label, place),
        # Stacks without several axes have plain numbers of planes.
        position=next(iter(place.values())) if len(place) == 1 else None,
        z=place.get("Z"),
        t=place.get("T"),
    )
    if len(rings) == 1 and every.max() <= _LARGEST:
        roi.roitype = roifile.ROI_TYPE.TRACED  # along pixels, as the wand's
        return roi
    # Holes and further pieces are rings of one path, filled where an odd number of
    # them is around.
    steps = [_path(ring) for ring in rings]
    roi.roitype = roifile.ROI_TYPE.RECT
    roi.integer_coordinates = roi.subpixel_coordinates = None
    roi.n_coordinates = 0
    roi.options &= ~roifile.ROI_OPTIONS.SUB_PIXEL_RESOLUTION
    roi.multi_coordinates = np.concatenate(steps).astype(np.float32)
    roi.shape_roi_size = len(roi.multi_coordinates)
    (roi.left, roi.top), (roi.right, roi.bottom) = (
        corner.tolist() for corner in (every.min(axis=0), every.max(axis=0))
    )
    return roi


def _path(ring: np.ndarray) -> np.ndarray:
    """Return a ring as steps of a path: 0 moves, 1 draws, 4 closes."""
    steps = np.ones((len(ring), 3))
    steps[0, 0] = 0
    steps[:, 1:] = ring
    return np.append(steps.ravel(), 4)
