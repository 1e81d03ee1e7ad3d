"""Pre-processing with OpenCV: each step is a value that carries its own algorithm.

Planes are (Y, X), or (Y, X, 3) for RGB; uint8, uint16 and float32 are worked on as
they are, other types are converted first (see ``native.to_native``). NaN and infinite
pixels take no part in any statistics, do not spread, and are NaN in the result. The
input is never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

import cv2
import numpy as np
from pydantic import Field, model_validator
from skimage.color import rgb2hed

from napari_mobile_unet.images.pixels import finite_values, luminance
from napari_mobile_unet.preprocessing.opencv import (
    LEVELS,
    as_type,
    by_channel,
    full_scale,
    like,
    through_levels,
    to_native,
    unit_range,
)
from napari_mobile_unet.preprocessing.step import RangedStep, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_mobile_unet.types import Plane


class Resize(Step):
    """Change the size of the plane; labels come back on its original grid."""

    kind: Literal["resize"] = "resize"
    """Tag of this step in a recipe."""
    by: Literal["factor", "size", "diameter"] = "factor"
    """Which of the values below counts."""
    factor: Annotated[float, Field(gt=0, le=20)] = 0.5
    """New size over old size."""
    height: Annotated[int, Field(ge=1, le=100_000)] = 512
    """New height in pixels."""
    width: Annotated[int, Field(ge=1, le=100_000)] = 512
    """New width in pixels."""
    diameter: Annotated[float, Field(gt=0)] = 24
    """Diameter of the objects now, in pixels."""
    wanted: Annotated[float, Field(gt=0)] = 24
    """Diameter of the objects afterwards, in pixels."""

    def _apply(self, plane: Plane) -> Plane:
        height, width = plane.shape[:2]
        factor = self.wanted / self.diameter if self.by == "diameter" else self.factor
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        if self.by == "size":
            size = (self.width, self.height)
        # Linear where it grows: cubic overshoots and would leave the range.
        shrinks = size[0] * size[1] < height * width
        method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return like(cv2.resize(plane, size, interpolation=method), plane)


class Normalise(Step):
    """Bring grey values to a common range; the result is float32."""

    kind: Literal["normalise"] = "normalise"
    """Tag of this step in a recipe."""
    method: Literal["min-max", "percentile", "z-score"] = "percentile"
    """To 0 and 1 from the extremes or percentiles, or to mean 0 and spread 1."""
    low: Annotated[float, Field(ge=0, lt=100)] = 1.0
    """Percentile that becomes 0."""
    high: Annotated[float, Field(gt=0, le=100)] = 99.8
    """Percentile that becomes 1."""
    scope: Literal["plane", "stack"] = "stack"
    """Over each plane, or over the whole stack, which keeps planes comparable."""
    limits: tuple[float, float] | None = None
    """Values that become 0 and 1; found in the image unless given."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        pairs = {"low": (self.low, self.high), "limits": self.limits}
        for name, pair in pairs.items():
            if pair is not None and pair[0] >= pair[1]:
                raise ValueError(
                    f"{name} must be below what becomes 1, got {pair[0]:g} and "
                    f"{pair[1]:g}; exchange or change them"
                )
        return self

    def fit(self, planes: Iterable[Plane]) -> Self:
        """Return the step with the limits of all the planes, if they share them."""
        if self.scope == "plane" or self.limits is not None:
            return self
        values = [finite_values(to_native(plane)) for plane in planes]
        return self.replace(limits=self._limits(np.concatenate(values)))

    def _limits(self, values: Plane) -> tuple[float, float]:
        if not values.size:
            return 0.0, 1.0
        if self.method == "z-score":
            mean, spread = (
                float(values.mean(dtype=float)),
                float(values.std(dtype=float)),
            )
            return mean, mean + (spread or 1.0)
        if self.method == "min-max":
            low, high = float(values.min()), float(values.max())
        else:
            low, high = map(float, np.percentile(values, (self.low, self.high)))
        return low, high if high > low else low + max(1.0, 1e-6 * abs(low))

    def _apply(self, plane: Plane) -> Plane:
        low, high = self.limits or self._limits(finite_values(plane))
        scaled = plane.astype(np.float32) - np.float32(low)
        return np.asarray(scaled / np.float32(high - low), np.float32)


class ColourSpace(Step):
    """Take one channel out of an RGB plane: grey, a colour, or a stain."""

    kind: Literal["colour"] = "colour"
    """Tag of this step in a recipe."""
    channel: Literal[
        "grey", "red", "green", "blue", "hue", "saturation", "value",
        "lightness", "a", "b", "haematoxylin", "eosin", "dab",
    ] = "grey"  # fmt: skip
    """Luminance, one RGB sample, one of HSV, one of Lab, or the amount of a stain."""

    def _apply(self, plane: Plane) -> Plane:
        if plane.ndim == 2:
            if self.channel == "grey":
                return plane
            raise ValueError(
                f"{self.channel} needs an RGB plane, received one of shape "
                f"{plane.shape}; take the step out or open the colour image"
            )
        if self.channel == "grey":
            return luminance(plane)
        samples = ("red", "green", "blue")
        if self.channel in samples:
            return np.ascontiguousarray(plane[..., samples.index(self.channel)])
        rgb = unit_range(plane)
        if self.channel in _STAINS:  # Ruifrok and Johnston 2001
            stains = rgb2hed(np.clip(rgb, 0, 1))
            return np.asarray(stains[..., _STAINS.index(self.channel)], np.float32)
        names, code = _SPACES[self.channel]
        converted = cv2.cvtColor(rgb, code)
        return np.ascontiguousarray(converted[..., names.index(self.channel)])


_STAINS = ("haematoxylin", "eosin", "dab")
_HSV = (("hue", "saturation", "value"), cv2.COLOR_RGB2HSV)
_LAB = (("lightness", "a", "b"), cv2.COLOR_RGB2LAB)
_SPACES = {name: space for space in (_HSV, _LAB) for name in space[0]}


class Denoise(RangedStep):
    """Smooth noise away."""

    kind: Literal["denoise"] = "denoise"
    """Tag of this step in a recipe."""
    method: Literal["gaussian", "median", "bilateral", "non-local means"] = "gaussian"
    """Gaussian blurs, median drops specks, the others keep edges."""
    radius: Annotated[float, Field(gt=0, le=50)] = 1.0
    """Sigma of the blur, or radius of the window, in pixels."""
    strength: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Share of the grey range taken for noise by bilateral and non-local means."""

    def _apply(self, plane: Plane) -> Plane:
        if self.method == "gaussian":
            return like(cv2.GaussianBlur(plane, (0, 0), self.radius), plane)
        window = 2 * max(1, round(self.radius)) + 1
        if self.method == "median":
            if window <= 5 or plane.dtype == np.uint8:
                return like(cv2.medianBlur(plane, window), plane)
            # OpenCV's larger windows take 8 bits only, which would lose detail.
            from scipy.ndimage import median_filter

            size = (window, window, 1)[: plane.ndim]
            return like(median_filter(plane, size), plane)
        if self.method == "bilateral":
            floats = plane.astype(np.float32)
            low, high = self._range(plane)
            spread = self.strength * max(high - low, 1e-6)
            smooth = cv2.bilateralFilter(floats, window, spread, self.radius)
            return as_type(smooth, plane)
        return by_channel(self._non_local_means, plane)

    def _non_local_means(self, grey: Plane) -> Plane:
        low, high = self._range(grey)

        def smooth(levels: Plane) -> Plane:
            span = high - low if grey.dtype.kind == "u" else LEVELS * (high > low)
            window = 2 * max(1, round(self.radius)) + 1
            smoothed = cv2.fastNlMeansDenoising(
                levels,
                h=[self.strength * max(float(span), 1.0)],
                templateWindowSize=window,
                searchWindowSize=3 * window,
                normType=cv2.NORM_L2 if levels.dtype == np.uint8 else cv2.NORM_L1,
            )
            return np.asarray(smoothed)

        return through_levels(smooth, grey, (low, high))


class Background(Step):
    """Take away what is larger than the objects."""

    kind: Literal["background"] = "background"
    """Tag of this step in a recipe."""
    method: Literal["white top-hat", "black top-hat", "rolling mean"] = "white top-hat"
    """For bright objects, for dark objects (which become bright), or for both."""
    radius: Annotated[int, Field(ge=1, le=500)] = 25
    """Radius in pixels, larger than that of the objects."""

    def _apply(self, plane: Plane) -> Plane:
        if self.method == "rolling mean":
            window = (2 * self.radius + 1,) * 2
            floats = plane.astype(np.float32)
            mean = cv2.blur(floats, window, borderType=cv2.BORDER_REFLECT)
            # Darker than the mean is background; integers have no negative values.
            return as_type(np.maximum(floats - mean, 0), plane)
        white = self.method == "white top-hat"
        operation = cv2.MORPH_TOPHAT if white else cv2.MORPH_BLACKHAT
        size = (2 * self.radius + 1,) * 2
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size)
        return like(cv2.morphologyEx(plane, operation, disc), plane)


class Contrast(RangedStep):
    """Stretch dim and bright parts apart."""

    kind: Literal["contrast"] = "contrast"
    """Tag of this step in a recipe."""
    method: Literal["clahe", "gamma"] = "clahe"
    """Equalise locally, or raise the relative grey value to a power."""
    clip: Annotated[float, Field(gt=0, le=100)] = 2.0
    """How much CLAHE may steepen the contrast."""
    tiles: Annotated[int, Field(ge=1, le=64)] = 8
    """Tiles of CLAHE along each side."""
    gamma: Annotated[float, Field(gt=0, le=10)] = 0.7
    """The power; below 1 brightens dim parts."""

    def _apply(self, plane: Plane) -> Plane:
        if self.method == "gamma":
            floats = plane.astype(np.float32)
            low, high = self._range(plane)
            span = high - low or 1.0
            share = np.maximum((floats - np.float32(low)) / np.float32(span), 0)
            return as_type(share**self.gamma * span + low, plane)
        if plane.ndim == 2:
            return self._clahe(plane, self._range(plane))
        # Equalising each colour on its own would change the hue.
        rgb = unit_range(plane)
        lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)
        light = np.ascontiguousarray(lab[..., 0])
        lab[..., 0] = self._clahe(light, (float(light.min()), float(light.max())))
        back = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
        return as_type(np.clip(back, 0, 1) * full_scale(plane), plane)

    def _clahe(self, grey: Plane, limits: tuple[float, float]) -> Plane:
        equaliser = cv2.createCLAHE(self.clip, (self.tiles, self.tiles))
        return through_levels(
            lambda levels: np.asarray(equaliser.apply(levels)), grey, limits
        )


class Invert(RangedStep):
    """Exchange bright and dark, within the plane's own range or its type's."""

    kind: Literal["invert"] = "invert"
    """Tag of this step in a recipe."""

    def _apply(self, plane: Plane) -> Plane:
        if plane.dtype.kind == "u":  # 255 − v, so that planes stay comparable
            return np.asarray(np.iinfo(plane.dtype).max - plane, plane.dtype)
        return np.asarray(np.float32(sum(self._range(plane))) - plane, np.float32)


STEPS = (Resize, Normalise, ColourSpace, Denoise, Background, Contrast, Invert)
"""All steps, in the order in which a form offers them."""
AnyStep = Annotated[
    Resize | Normalise | ColourSpace | Denoise | Background | Contrast | Invert,
    Field(discriminator="kind"),
]
