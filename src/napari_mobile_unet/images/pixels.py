"""Grey values of planes, and the types of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from napari_mobile_unet.types import Plane


def finite_values(plane: Plane) -> Plane:
    """Return the finite values of a plane, in one row."""
    values = plane.ravel()
    return values[np.isfinite(values)] if values.dtype.kind == "f" else values


def luminance(plane: Plane) -> Plane:
    """Return an RGB plane as grey values (ITU-R BT.601), a grey plane as it is.

    Parameters
    ----------
    plane : ndarray
        (Y, X) or (Y, X, 3). Colour of other types than uint8, uint16 and float32
        is converted to, and returned as, float32.

    Raises
    ------
    ValueError
        If the plane has another shape.
    """
    if plane.ndim == 2:
        return plane
    if plane.ndim != 3 or plane.shape[2] != 3:
        raise ValueError(
            f"a plane must have the shape (Y, X) or (Y, X, 3); received {plane.shape}; "
            "choose one channel"
        )
    if plane.dtype not in (np.uint8, np.uint16, np.float32):
        plane = plane.astype(np.float32)
    native = np.ascontiguousarray(plane, plane.dtype.newbyteorder("="))
    return np.asarray(cv2.cvtColor(native, cv2.COLOR_RGB2GRAY))


def labels_type(largest: int) -> np.dtype[Any]:
    """Return the smallest unsigned type, of 16 bits at least, that holds an id."""
    return np.promote_types(np.min_scalar_type(largest), np.uint16)


def single_channel(plane: Plane) -> Plane:
    """Return a plane of a batch, (Y, X, 1) or (Y, X, 3), as (Y, X) or (Y, X, 3)."""
    return plane[..., 0] if plane.shape[-1] == 1 else plane
