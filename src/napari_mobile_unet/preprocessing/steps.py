"""Pre-processing with OpenCV: each step is a value that carries its own algorithm.

Planes are (Y, X), or (Y, X, 3) for RGB; uint8, uint16 and float32 are used as they
are, other types are converted first (see ``opencv.to_native``). NaN and infinite
pixels are left out of all statistics, do not spread, and are NaN in the result. The
input is never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import cv2
import numpy as np
import skimage
from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from napari_mobile_unet.images.pixels import finite_values, luminance
from napari_mobile_unet.preprocessing.denoise import Denoise
from napari_mobile_unet.preprocessing.discs import top_hat
from napari_mobile_unet.preprocessing.opencv import (
    Limit,
    as_type,
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


LARGEST_FACTOR = 20
"""By which a plane may grow: a few megapixels would not fit into memory."""


class Resize(Step):
    """Change the size of the plane; labels are returned on its original grid."""

    kind: Literal["resize"] = "resize"
    """Tag of this step in a recipe."""
    by: Literal["factor", "size", "diameter"] = "factor"
    """Which of the values below decides."""
    factor: Annotated[float, Field(gt=0, le=LARGEST_FACTOR)] = 0.5
    """New size divided by old size."""
    height: Annotated[int, Field(ge=1, le=100_000)] = 512
    """New height in pixels."""
    width: Annotated[int, Field(ge=1, le=100_000)] = 512
    """New width in pixels."""
    diameter: Annotated[float, Field(gt=0)] = 24
    """Diameter of the objects now, in pixels."""
    # Recipes had the key "wanted" first.
    target_diameter: Annotated[
        float, Field(gt=0, validation_alias=AliasChoices("target_diameter", "wanted"))
    ] = 24
    """Diameter of the objects afterwards, in pixels."""

    @model_validator(mode="after")
    def _check_growth(self) -> Self:
        factor = self.target_diameter / self.diameter
        if self.by == "diameter" and factor > LARGEST_FACTOR:
            raise ValueError(
                f"objects grow to {LARGEST_FACTOR} times their diameter at most, got "
                f"{self.diameter:g} and {self.target_diameter:g}; change one of them"
            )
        return self

    def _apply(self, plane: Plane) -> Plane:
        height, width = plane.shape[:2]
        factor = self.factor
        if self.by == "diameter":
            factor = self.target_diameter / self.diameter
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        if self.by == "size":
            size = (self.width, self.height)
        # Linear where it grows: cubic overshoots and would leave the range.
        shrinks = size[0] * size[1] < height * width
        method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return like(cv2.resize(plane, size, interpolation=method), plane)


class Normalise(Step):
    """Scale grey values to a common range; the result is float32."""

    kind: Literal["normalise"] = "normalise"
    """Tag of this step in a recipe."""
    method: Literal["min-max", "percentile", "z-score"] = "percentile"
    """Extremes or percentiles become 0 and 1; z-score: mean 0 and standard deviation
    1."""
    low: Annotated[float, Field(ge=0, lt=100)] = 1.0
    """Percentile that becomes 0."""
    high: Annotated[float, Field(gt=0, le=100)] = 99.8
    """Percentile that becomes 1."""
    scope: Literal["plane", "stack"] = "stack"
    """Each plane by itself, or the whole stack together, so that planes stay
    comparable."""
    limits: tuple[Limit, Limit] | None = None
    """Values that become 0 and 1; found in the image if not given."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        pairs = {"low and high": (self.low, self.high), "limits": self.limits}
        for name, pair in pairs.items():
            if pair is not None and pair[0] >= pair[1]:
                raise ValueError(
                    f"{name} must be in ascending order, got {pair[0]:g} and "
                    f"{pair[1]:g}; swap or change them"
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
        span = high - low
        kind = np.float32 if span > np.finfo(np.float32).tiny else np.float64
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
            return np.asarray(scaled / kind(span), np.float32)


class ColourSpace(Step):
    """Take one channel of an RGB plane: grey, a colour, or a stain."""

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
                f"{self.channel} needs an RGB plane, got one of shape {plane.shape}; "
                "remove the step or open the colour image"
            )
        if self.channel == "grey":
            return luminance(plane)
        samples = ("red", "green", "blue")
        if self.channel in samples:
            return np.ascontiguousarray(plane[..., samples.index(self.channel)])
        rgb = unit_range(plane)
        if self.channel in _STAINS:  # Ruifrok and Johnston 2001
            stains = skimage.color.rgb2hed(np.clip(rgb, 0, 1))
            return np.asarray(stains[..., _STAINS.index(self.channel)], np.float32)
        names, code = _SPACES[self.channel]
        converted = cv2.cvtColor(rgb, code)
        return np.ascontiguousarray(converted[..., names.index(self.channel)])


_STAINS = ("haematoxylin", "eosin", "dab")
_HSV = (("hue", "saturation", "value"), cv2.COLOR_RGB2HSV)
_LAB = (("lightness", "a", "b"), cv2.COLOR_RGB2LAB)
_SPACES = {name: space for space in (_HSV, _LAB) for name in space[0]}


def _current_name(method: Any) -> Any:
    """Return a method under its current name; recipes had another one first."""
    return "mean subtraction" if method == "rolling mean" else method


class Background(Step):
    """Remove what is larger than the objects."""

    kind: Literal["background"] = "background"
    """Tag of this step in a recipe."""
    method: Annotated[
        Literal["white top-hat", "black top-hat", "mean subtraction"],
        BeforeValidator(_current_name),
    ] = "white top-hat"
    """White for bright objects; black for dark ones, which become bright; or subtract
    the mean around each pixel."""
    radius: Annotated[int, Field(ge=1, le=500)] = 25
    """Radius in pixels, larger than that of the objects."""

    @property
    def cost(self) -> float:
        """Seconds for a megapixel, about."""
        return 0.02 if self.method == "mean subtraction" else 0.02 + 0.003 * self.radius

    def _apply(self, plane: Plane) -> Plane:
        if self.method == "mean subtraction":
            window = (2 * self.radius + 1,) * 2
            floats = plane.astype(np.float32)
            mean = cv2.blur(floats, window, borderType=cv2.BORDER_REFLECT)
            # Darker than the mean is background; integers have no negative values.
            return as_type(np.maximum(floats - mean, 0), plane)
        return top_hat(plane, self.radius, white=self.method == "white top-hat")


class Contrast(RangedStep):
    """Raise the contrast of dim parts."""

    kind: Literal["contrast"] = "contrast"
    """Tag of this step in a recipe."""
    method: Literal["clahe", "gamma"] = "clahe"
    """CLAHE equalises locally; gamma raises grey values, from 0 to 1, to a power."""
    clip: Annotated[float, Field(gt=0, le=100)] = 2.0
    """How much CLAHE may raise the contrast."""
    tiles: Annotated[int, Field(ge=1, le=64)] = 8
    """Number of tiles of CLAHE along each side."""
    gamma: Annotated[float, Field(gt=0, le=10)] = 0.7
    """Power of gamma; below 1 brightens dim parts."""

    def _apply(self, plane: Plane) -> Plane:
        if self.method == "gamma":
            floats = plane.astype(np.float32)
            low, high = self._range(plane)
            span = high - low or 1.0
            with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
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
    """Swap bright and dark, within the plane's own range or that of its type."""

    kind: Literal["invert"] = "invert"
    """Tag of this step in a recipe."""

    def _apply(self, plane: Plane) -> Plane:
        if plane.dtype.kind == "u":  # 255 − v, so that planes stay comparable
            return np.asarray(np.iinfo(plane.dtype).max - plane, plane.dtype)
        return np.asarray(np.float32(sum(self._range(plane))) - plane, np.float32)


__all__ = [
    "STEPS",
    "AnyStep",
    "Background",
    "ColourSpace",
    "Contrast",
    "Denoise",
    "Invert",
    "Normalise",
    "Resize",
    "Step",
]
STEPS = (Resize, Normalise, ColourSpace, Denoise, Background, Contrast, Invert)
"""All steps, in the order in which a form offers them."""
AnyStep = Annotated[
    Resize | Normalise | ColourSpace | Denoise | Background | Contrast | Invert,
    Field(discriminator="kind"),
]
