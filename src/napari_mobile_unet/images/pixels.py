"""Grey values of planes, and the types of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.types import Plane


def native(values: NDArray[Any]) -> NDArray[Any]:
    """Return numbers in the byte order of this machine, floats of 64 bits at most.

    What is beyond these becomes infinite. OpenCV and pandas know no others.
    """
    if values.dtype.kind == "f" and values.dtype.itemsize > 8:
        with np.errstate(over="ignore"):
            return values.astype(np.float64)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def refuse_mask(data: Any) -> None:
    """Refuse an array in which some pixels are masked: they would count as others do.

    Parameters
    ----------
    data : array
        NumPy, Dask or Zarr; of a Dask array of masked ones nobody knows which are.

    Raises
    ------
    ValueError
        If it is one.
    """
    lazy = isinstance(getattr(data, "_meta", None), np.ma.MaskedArray)
    if lazy or np.ma.is_masked(data):
        raise ValueError(
            "pixels are read whether they are masked or not; received a masked array; "
            "fill it first: images with .filled(numpy.nan), labels with .filled(0)"
        )


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
