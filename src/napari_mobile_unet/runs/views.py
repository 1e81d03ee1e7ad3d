"""The labels of a run, which lie plane by plane on disk, seen as other arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.pixels import labels_type
from napari_mobile_unet.later import zarr
from napari_mobile_unet.settings import parse_json

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CODECS = {"bytes", "zstd"}
"""What the chunks of labels are coded with; others might run code."""


class NumberedLabels:
    """Labels of a run as an array on the batch axes, Y and X, each with its id."""

    def __init__(
        self, array: Any, ids: list[NDArray[np.int32]], batch_shape: tuple[int, ...]
    ) -> None:
        self._array, self._ids = array, ids
        self._numbers = np.arange(len(ids)).reshape(batch_shape)
        self.shape: tuple[int, ...] = (*batch_shape, *array.shape[1:])
        self.dtype = labels_type(max(int(found.max()) for found in ids))

    def __getitem__(self, where: tuple[slice, ...]) -> NDArray[Any]:
        """Return a part with the ids of its planes."""
        *batch, rows, columns = where
        numbers = self._numbers[tuple(batch)]
        planes = [
            self._ids[n].astype(self.dtype)[self._array[n, rows, columns]]
            for n in numbers.ravel().tolist()
        ]
        return np.stack(planes).reshape(*numbers.shape, *planes[0].shape)


class PlaneOf:
    """One plane of an array, as an array of its own."""

    def __init__(self, array: Any, number: int) -> None:
        self._array, self._number = array, number
        self.shape: tuple[int, int] = array.shape[1:]

    def __getitem__(self, window: Any) -> Any:
        """Return a part of the plane."""
        return self._array[(self._number, *window)]

    def __setitem__(self, window: Any, values: Any) -> None:
        """Write a part of the plane."""
        self._array[(self._number, *window)] = values

    def clear(self) -> None:
        """Take away what a stopped run may have left."""
        self._array[self._number] = 0


def open_labels(path: Path) -> Any:
    """Return the labels of a run, (N, Y, X), a Zarr array that can be written to.

    It must be coded as a run codes it: Zarr has codecs that unpickle what they read.

    Raises
    ------
    OSError
        If it is coded in another way, or is none.
    """
    try:
        notes = parse_json((path / "zarr.json").read_text("utf-8"))
        known = notes["data_type"] == "int32" and len(notes["shape"]) == 3
        same = known and {codec["name"] for codec in notes["codecs"]} <= CODECS
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OSError(
            f"Cannot resume: {path} holds no labels of a run; use --overwrite to "
            "start again"
        ) from error
    if not same:
        raise OSError(
            f"Cannot resume: {path} is not coded as the labels of a run are; use "
            "--overwrite to start again"
        )
    try:
        return zarr.open_array(path, mode="r+")
    except Exception as error:  # of damaged notes Zarr raises anything
        fault = " ".join(f"{type(error).__name__}: {error}".split())
        raise OSError(
            f"Cannot resume: {path} is damaged ({fault:.200}); use --overwrite to "
            "start again"
        ) from error
