"""Smoothing: four filters of OpenCV, their time bounded at any radius."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import cv2
import numpy as np
from pydantic import Field

from napari_mobile_unet.preprocessing.median import large_median
from napari_mobile_unet.preprocessing.opencv import (
    LEVELS,
    as_type,
    by_channel,
    like,
    through_levels,
)
from napari_mobile_unet.preprocessing.step import RangedStep

if TYPE_CHECKING:
    from napari_mobile_unet.types import Plane

EXACT_MEDIAN = 2
"""Largest radius of OpenCV's median of 16-bit and float planes."""
INTEGER_BLUR = 10
"""Sigma above which OpenCV blurs floats ten times faster than integers."""
LARGEST_BILATERAL = 15
"""Radius above which a bilateral filter would take minutes for a plane."""
LARGEST_TEMPLATE = 5
"""Radius of the patches above which non-local means would take minutes."""


class Denoise(RangedStep):
    """Smooth noise away."""

    kind: Literal["denoise"] = "denoise"
    """Tag of this step in a recipe."""
    method: Literal["gaussian", "median", "bilateral", "non-local means"] = "gaussian"
    """Gaussian blurs, median removes specks, the others keep edges."""
    radius: Annotated[float, Field(gt=0, le=50)] = 1.0
    """Sigma of the Gaussian, or radius of the window, in pixels; bilateral uses at most
    15 and non-local means at most 5 (patches of 11 pixels, searched for in 33), since
    larger ones take minutes."""
    strength: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Noise that bilateral and non-local means remove, as a share of the grey range."""

    @property
    def cost(self) -> float:
        """Seconds for a megapixel, about."""
        radius = self._whole_radius
        if self.method == "gaussian":
            return 0.01 + 0.003 * self.radius
        if self.method == "median":
            return 0.01 if radius <= EXACT_MEDIAN else 1.0
        if self.method == "bilateral":
            return 0.007 * min(radius, LARGEST_BILATERAL) ** 2
        return 0.03 * (2 * min(radius, LARGEST_TEMPLATE) + 1) ** 2

    @property
    def _whole_radius(self) -> int:
        return max(1, round(self.radius))

    def _apply(self, plane: Plane) -> Plane:
        if self.method == "gaussian":
            return self._blur(plane)
        if self.method == "median":
            return self._median(plane)
        if self.method == "bilateral":
            return self._bilateral(plane)
        return by_channel(self._non_local_means, plane)

    def _blur(self, plane: Plane) -> Plane:
        if self.radius <= INTEGER_BLUR:
            return like(cv2.GaussianBlur(plane, (0, 0), self.radius), plane)
        floats = plane.astype(np.float32)
        return as_type(cv2.GaussianBlur(floats, (0, 0), self.radius), plane)

    def _median(self, plane: Plane) -> Plane:
        radius = self._whole_radius
        if radius <= EXACT_MEDIAN or plane.dtype == np.uint8:
            return like(cv2.medianBlur(plane, 2 * radius + 1), plane)
        return by_channel(lambda grey: large_median(grey, radius), plane)

    def _bilateral(self, plane: Plane) -> Plane:
        low, high = self._range(plane)
        spread = self.strength * max(high - low, 1e-6)
        radius = min(self.radius, LARGEST_BILATERAL)
        window = 2 * min(self._whole_radius, LARGEST_BILATERAL) + 1
        floats = plane.astype(np.float32)
        return as_type(cv2.bilateralFilter(floats, window, spread, radius), plane)

    def _non_local_means(self, grey: Plane) -> Plane:
        low, high = self._range(grey)
        window = 2 * min(self._whole_radius, LARGEST_TEMPLATE) + 1

        def smooth(levels: Plane) -> Plane:
            span = high - low if grey.dtype.kind == "u" else LEVELS * (high > low)
            smoothed = cv2.fastNlMeansDenoising(
                levels,
                h=[self.strength * max(float(span), 1.0)],
                templateWindowSize=window,
                searchWindowSize=3 * window,
                normType=cv2.NORM_L2 if levels.dtype == np.uint8 else cv2.NORM_L1,
            )
            return np.asarray(smoothed)

        return through_levels(smooth, grey, (low, high))
