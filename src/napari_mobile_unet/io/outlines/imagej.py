"""Outlines in ImageJ's own files: one ROI, or a zip of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zipfile import ZipFile

import numpy as np
import roifile

from napari_mobile_unet.io.outlines.fill import as_ring
from napari_mobile_unet.io.outlines.paint import Drawn

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 2**24
"""Bytes of one ROI at most; no more are unpacked."""
_NAME = re.compile(r"label (\d+)((?:, [tz] \d+)*)")
_AREAS = {"POLYGON", "RECT", "OVAL", "FREEHAND", "TRACED"}


def name_of_roi(label: int, place: dict[str, int]) -> str:
    """Return the name of an outline; planes are counted from 1, as ImageJ does.

    Examples
    --------
    >>> name_of_roi(12, {"Z": 0})
    'label 12, z 1'
    """
    planes = (f", {axis.lower()} {number + 1}" for axis, number in place.items())
    return f"label {label}{''.join(planes)}"


def read_rois(path: Path) -> list[Drawn]:
    """Return the areas in a ``.roi`` or ``.zip`` file.

    Raises
    ------
    OSError
        If it is damaged.
    ValueError
        If it holds something else, such as a line or a point.
    """
    try:
        found = _load(path)
    except MemoryError:
        raise
    except Exception as error:  # zip files and ROIs that are damaged raise anything
        fault = " ".join(f"{type(error).__name__}: {error}".split())
        raise OSError(
            f"{path} holds no whole ROIs of ImageJ ({fault:.200}); copy or export it "
            "again"
        ) from error
    return [_drawn(roi) for roi in found]


def _load(path: Path) -> list[roifile.ImagejRoi]:
    if path.suffix.lower() != ".zip":
        with path.open("rb") as file:
            return [roifile.ImagejRoi.frombytes(file.read(LARGEST))]
    found = []
    with ZipFile(path) as archive:
        for info in archive.infolist():
            with archive.open(info) as packed:  # roifile leaves it open
                found.append(roifile.ImagejRoi.frombytes(packed.read(LARGEST)))
    return found


def _drawn(roi: roifile.ImagejRoi) -> Drawn:
    if roi.roitype.name not in _AREAS:
        raise ValueError(
            f"objects are areas; ROI {roi.name!r} is a {roi.roitype.name.lower()}; "
            "remove it, or make an area of it"
        )
    named = _NAME.fullmatch(roi.name)
    place = {"T": roi.t_position - 1, "Z": roi.z_position - 1}
    place = {axis: number for axis, number in place.items() if number >= 0}
    if not place and roi.position > 0:  # in a stack of one axis
        place = {"Z": roi.position - 1}
    rings = [as_ring(ring, f"ROI {roi.name!r}") for ring in _rings(roi)]
    return Drawn(int(named[1]) if named else None, [rings] if rings else [], place)


def _rings(roi: roifile.ImagejRoi) -> list[np.ndarray]:
    if roi.subpixelrect:  # of which roifile gives the whole pixels
        x, y = roi.xd + np.array([0, roi.widthd]), roi.yd + np.array([0, roi.heightd])
        if roi.roitype.name == "RECT":
            return [np.array([(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])])]
    return list(roi.coordinates(multi=True))
