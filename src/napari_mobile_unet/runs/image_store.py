"""Where prepared planes are kept until all are done: in memory, or in a folder."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.io.ome_zarr import CHUNK
from napari_mobile_unet.later import zarr

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.types import Plane


class ImageStore:
    """Prepared planes, of one shape and type, which the first of them decides.

    Parameters
    ----------
    n_planes : int
        How many there will be.
    path : Path, optional
        Of a Zarr array to make; memory unless given.
    """

    def __init__(self, n_planes: int, path: Path | None = None) -> None:
        self._n_planes, self._path = n_planes, path
        self._making = threading.Lock()
        self._array: Any = None
        self.done: set[int] = set()
        """Numbers of the planes that are done."""

    @property
    def array(self) -> Any:
        """All planes, (N, Y, X) or (N, Y, X, channels), NumPy or Zarr.

        Raises
        ------
        ValueError
            If no plane is done.
        """
        if self._array is None:
            raise ValueError("an image needs a plane; none is prepared yet")
        return self._array

    def write(self, number: int, plane: Plane) -> None:
        """Keep a prepared plane.

        Raises
        ------
        ValueError
            If its shape is not that of the others.
        """
        with self._making:
            if self._array is None:
                self._array = self._make(plane)
        if plane.shape != self._array.shape[1:]:
            raise ValueError(
                f"prepared planes have one shape; plane {number} has {plane.shape}, "
                f"the others {self._array.shape[1:]}; resize by a factor or a size"
            )
        self._array[number] = plane
        self.done.add(number)

    def _make(self, plane: Plane) -> Any:
        shape = (self._n_planes, *plane.shape)
        if self._path is None:
            return np.zeros(shape, plane.dtype)
        chunks = (1, *(min(CHUNK, length) for length in plane.shape[:2]))
        return zarr.create_array(
            self._path, shape=shape, chunks=chunks + plane.shape[2:], dtype=plane.dtype
        )
