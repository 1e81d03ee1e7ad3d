"""Planes in the types that OpenCV works on, and back.

uint8, uint16 and float32 are native; every other type is converted by its dtype
alone: bool becomes uint8 (0 and 1), all other integers and floats become float32
(integers are exact up to 2**24), complex numbers are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import cv2
import numpy as np
from pydantic import Field

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_mobile_unet.types import Floats, Mask, Plane


LARGEST = 1e37
"""Largest number that is filtered: differences and products of larger ones would leave
float32."""
Limit = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
"""A grey value given by hand."""
LEVELS = 65535
"""Levels that a float plane is rounded to, over its finite range, where OpenCV has
a filter for integers only."""


def to_native(plane: Plane) -> Plane:
    """Return the plane as uint8, uint16 or float32, contiguous.

    Numbers beyond ``LARGEST`` become infinite, and so are left out.

    Raises
    ------
    ValueError
        If it does not hold real numbers.
    """
    if plane.dtype.kind not in "buif":
        raise ValueError(
            f"pre-processing needs real numbers, got {plane.dtype}; "
            "take the real part or the magnitude first"
        )
    if plane.dtype == bool:
        return np.ascontiguousarray(plane, np.uint8)
    if plane.dtype in (np.uint8, np.uint16):
        return np.ascontiguousarray(plane, plane.dtype.newbyteorder("="))
    with np.errstate(over="ignore"):
        floats = np.ascontiguousarray(plane, np.float32)
    beyond = np.abs(floats) > LARGEST
    return np.where(beyond, np.float32(np.inf), floats) if beyond.any() else floats


def put_back_nan(result: Plane, missing: Mask) -> Plane:
    """Return the result with NaN where values of the plane were missing."""
    if missing.ndim > result.ndim:
        missing = np.asarray(missing.any(axis=-1))
    if missing.shape != result.shape:
        height, width = result.shape[:2]
        mask = cv2.resize(
            missing.astype(np.uint8),
            (width, height),
            interpolation=cv2.INTER_NEAREST_EXACT,
        )
        missing = np.asarray(mask).reshape(result.shape).astype(bool)
    result[missing] = np.nan
    return result


def like(result: Any, plane: Plane) -> Plane:
    """Return what OpenCV gave as an array of the plane's type."""
    return np.asarray(result, plane.dtype)


def as_type(values: Any, plane: Plane) -> Plane:
    """Return float values in the plane's type, rounded and cut to its range."""
    if plane.dtype.kind == "f":
        return np.asarray(values, np.float32)
    whole = np.clip(np.rint(values), 0, np.iinfo(plane.dtype).max)
    return np.asarray(whole, plane.dtype)


def full_scale(plane: Plane) -> float:
    """Return the value of a full sample: the type's, or for floats 1 or the largest."""
    if plane.dtype.kind == "u":
        return float(np.iinfo(plane.dtype).max)
    return max(float(plane.max()), 1.0)


def unit_range(plane: Plane) -> Floats:
    """Return an RGB plane as float32 with full samples at 1."""
    return np.asarray(plane.astype(np.float32) / np.float32(full_scale(plane)))


def by_channel(function: Callable[[Plane], Plane], plane: Plane) -> Plane:
    """Apply a function of grey planes to each channel."""
    if plane.ndim == 2:
        return np.asarray(function(plane))
    samples = (np.ascontiguousarray(plane[..., c]) for c in range(plane.shape[-1]))
    return np.stack([function(sample) for sample in samples], axis=-1)


def through_levels(
    function: Callable[[Plane], Plane], grey: Plane, limits: tuple[float, float]
) -> Plane:
    """Apply a function that takes integers only.

    Floats go through 65,536 levels between the limits.
    """
    if grey.dtype.kind == "u":
        return np.asarray(function(grey), grey.dtype)
    low, span = limits[0], limits[1] - limits[0] or 1.0
    span = max(span, LEVELS / LARGEST)  # or a level of so little would be infinite
    with np.errstate(over="ignore"):  # far beyond the limits is beyond all the same
        scaled = np.rint((grey - np.float32(low)) * np.float32(LEVELS / span))
    levels = scaled.clip(0, LEVELS).astype(np.uint16)
    return np.asarray(function(levels) * np.float32(span / LEVELS) + low, np.float32)
