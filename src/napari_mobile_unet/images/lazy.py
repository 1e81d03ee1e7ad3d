"""Arrays whose parts are read only when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari_mobile_unet.types import Combination


def as_lazy(data: Any) -> Any:
    """Return an array that can be sliced without being read, of the same chunks.

    Parameters
    ----------
    data : array
        NumPy and Dask arrays are returned as they are, others become Dask arrays.
    """
    if isinstance(data, np.ndarray) or hasattr(data, "dask"):
        return data
    import dask.array  # half a second that few need

    dask_array: Any = dask.array  # typed in some of its releases only
    return dask_array.from_array(data, chunks=getattr(data, "chunks", None) or "auto")


def combine(data: Any, axis: int, how: Combination) -> Any:
    """Return the mean (float32) or the largest values along an axis, a Dask array."""
    import dask.array as da  # half a second that few need

    array: Any = da.asarray(as_lazy(data))
    if how == "max":
        return array.max(axis=axis)
    return array.mean(axis=axis, dtype=np.float32)
