"""The objects of one frame, measured: all of them at once, column by column."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.objects.grey import grey_columns
from napari_mobile_unet.objects.hull import hull_columns
from napari_mobile_unet.objects.outline import perimeters

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.objects.calibration import Calibration
    from napari_mobile_unet.objects.grouped import Grouped
    from napari_mobile_unet.types import Reals

    Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Frame:
    """Objects of a plane or volume, and what is measured of them.

    Parameters
    ----------
    objects : Grouped
        Their pixels.
    calibration : Calibration
        Size of a pixel.
    start : sequence of int, optional
        Where the labels begin, if they are a part of larger ones: added to places.
    """

    objects: Grouped
    calibration: Calibration
    start: Sequence[int] = field(default=())

    def columns(self, names: Collection[str]) -> Columns:
        """Return some of the columns of ``COLUMNS`` that tell of place, size and shape.

        Those that such labels do not have are left out: the perimeter of a volume, or
        any second column of labels that are not calibrated.
        """
        planar = self.objects.axes == "yx"
        columns: Columns = {}
        if {"centroid", "position"} & set(names):
            columns |= self._centroids("position" in names)
        if "plane" in names and not planar:
            middle = self.objects.moments[0][0] + self._start()[0]
            columns["plane"] = np.rint(middle).astype(np.int64)
        columns |= self._sizes()
        columns |= self._boxes()
        if {"eccentricity", "axis_major_length", "axis_minor_length"} & set(names):
            columns |= self._axes()
        if "orientation" in names and planar:
            columns |= self._both("orientation", self._orientation)
        if "extent" in names:
            box = np.prod([high - low for low, high in self.objects.ends], axis=0)
            columns["extent"] = self.objects.size / box
        if {"perimeter", "circularity"} & set(names) and planar:
            columns |= self._perimeters()
        if {"solidity", "feret_diameter_max", "surface"} & set(names):
            columns |= hull_columns(self.objects, self.calibration, names)
        return {
            header: values
            for header, values in columns.items()
            if any(header == name or header.startswith(f"{name}_") for name in names)
        }

    def grey(
        self,
        channels: Mapping[str, NDArray[Any]],
        names: Collection[str],
        background: Mapping[str, float],
    ) -> Columns:
        """Return what is measured of grey values; see ``grey_columns``.

        Parameters
        ----------
        channels : mapping
            From what follows the name of a statistic to the grey values, of the shape
            of the labels.
        names : collection of str
            Columns of ``COLUMNS``.
        background : mapping
            The grey value of the background of each channel.
        """
        columns: Columns = {}
        for suffix, values in channels.items():
            found = grey_columns(self.objects, values, names, background.get(suffix))
            columns |= {f"{name}{suffix}": each for name, each in found.items()}
        return columns

    def _start(self) -> Sequence[int]:
        return self.start or (0,) * self.objects.labels.ndim

    def _centroids(self, calibrated: bool) -> Columns:
        objects, unit = self.objects, self.calibration.unit
        places = [
            place + first
            for place, first in zip(objects.moments[0], self._start(), strict=True)
        ]
        columns = {
            f"centroid_{a}": p for a, p in zip(objects.axes, places, strict=True)
        }
        if calibrated and unit:
            steps = self.calibration.steps
            for axis, place, step in zip(objects.axes, places, steps, strict=True):
                columns[f"position_{axis}_{unit}"] = place * step
        return columns

    def _sizes(self) -> Columns:
        objects, unit = self.objects, self.calibration.unit
        planar = objects.axes == "yx"
        name, power = ("area", 2) if planar else ("volume", 3)
        columns: Columns = {name: objects.size}
        sizes: Columns = {"": objects.size}
        if unit:
            sizes[f"_{unit}"] = objects.size * self.calibration.size
            columns[f"{name}_{unit}{power}"] = sizes[f"_{unit}"]
        for suffix, size in sizes.items():
            diameter = (
                np.sqrt(4 / np.pi * size) if planar else np.cbrt(6 / np.pi * size)
            )
            columns[f"equivalent_diameter{suffix}"] = diameter
        return columns

    def _boxes(self) -> Columns:
        columns = {}
        for axis, (low, high), first in zip(
            self.objects.axes, self.objects.ends, self._start(), strict=True
        ):
            columns[f"bbox_{axis}_min"] = low + first
            columns[f"bbox_{axis}_max"] = high + first
        return columns

    def _moments(self, steps: Sequence[float]) -> NDArray[np.float64]:
        """Return the covariance in a unit, of pixels of this size."""
        return np.asarray(self.objects.moments[1] * np.multiply.outer(steps, steps))

    def _axes(self) -> Columns:
        """Return the axes of the ellipse or ellipsoid of the same second moments."""
        planar = self.objects.axes == "yx"
        columns = {}
        pixels = (1.0,) * self.objects.labels.ndim
        for suffix, steps in self._suffixes(pixels):
            moments = self._moments(steps)
            if planar:
                major, minor = _principal(moments)
                if not suffix or not self.calibration.isotropic:
                    # The same in any unit, unless pixels are no squares.
                    columns[f"eccentricity{suffix}"] = _eccentricity(major, minor)
                factor = 16
            else:
                major, minor = np.linalg.eigvalsh(moments)[:, [2, 0]].T
                factor = 20
            for end, length in (("major", major), ("minor", minor)):
                squared = factor * np.maximum(length, 0)
                columns[f"axis_{end}_length{suffix}"] = np.sqrt(squared)
        return columns

    def _both(self, name: str, of: Any) -> Columns:
        """Return a column of moments, and a second one where pixels are no squares."""
        pixels = (1.0,) * self.objects.labels.ndim
        columns = {name: of(self._moments(pixels))}
        if self.calibration.unit and not self.calibration.isotropic:
            steps = self.calibration.steps
            columns[f"{name}_{self.calibration.unit}"] = of(self._moments(steps))
        return columns

    def _suffixes(
        self, pixels: tuple[float, ...]
    ) -> list[tuple[str, tuple[float, ...]]]:
        unit = self.calibration.unit
        calibrated = [(f"_{unit}", self.calibration.steps)] if unit else []
        return [("", pixels), *calibrated]

    @staticmethod
    def _orientation(moments: NDArray[np.float64]) -> Reals:
        """Return the angle from the Y axis to the major axis, as scikit-image does."""
        yy, xx, yx = moments[:, 0, 0], moments[:, 1, 1], moments[:, 0, 1]
        angle = 0.5 * np.arctan2(2 * yx, yy - xx)
        alike = np.isclose(yy, xx, rtol=1e-12, atol=1e-12)
        return np.where(alike, np.where(yx > 1e-12, np.pi / 4, -np.pi / 4), angle)

    def _perimeters(self) -> Columns:
        calibration = self.calibration
        length = perimeters(self.objects)
        columns: Columns = {"perimeter": length}
        if calibration.unit and calibration.isotropic:
            columns[f"perimeter_{calibration.unit}"] = length * calibration.steps[0]
        if calibration.isotropic:
            unknown = np.full(len(length), np.nan)
            columns["circularity"] = np.divide(
                4 * np.pi * self.objects.size, length**2, where=length > 0, out=unknown
            )
        return columns


def _principal(moments: NDArray[np.float64]) -> tuple[Reals, Reals]:
    """Return the larger and the smaller principal second moment in two dimensions."""
    yy, xx, yx = moments[:, 0, 0], moments[:, 1, 1], moments[:, 0, 1]
    spread = np.hypot(yy - xx, 2 * yx)
    return (yy + xx + spread) / 2, np.maximum(yy + xx - spread, 0) / 2


def _eccentricity(major: Reals, minor: Reals) -> Reals:
    """Return √(1 - λ₂/λ₁) of the two principal second moments, 0 for a point."""
    share = np.divide(major - minor, major, where=major > 0, out=np.zeros(major.shape))
    return np.asarray(np.sqrt(share))
