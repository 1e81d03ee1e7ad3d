"""Where the labels of a layer lie: in memory, or in the cache folder."""

from __future__ import annotations

import math
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from platformdirs import user_cache_path

from napari_mobile_unet.io.ome_zarr import CHUNK
from napari_mobile_unet.later import zarr
from napari_mobile_unet.widgets.preferences import memory_share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_mobile_unet.widgets.layers.placement import Placement


def empty_labels(place: Placement) -> tuple[Any, str]:
    """Return labels, all 0, for a layer, and where they are if not in memory.

    Labels that would take more than their share of the memory that is free go to a
    Zarr array in the person's cache folder.
    """
    shape = place.shape
    size = math.prod(shape) * np.dtype(np.int32).itemsize
    if size <= memory_share() * psutil.virtual_memory().available:
        return np.zeros(shape, np.int32), ""
    path = _labels_folder() / f"{uuid.uuid4().hex}.zarr"
    array = zarr.create_array(
        path,
        shape=shape,
        chunks=tuple(
            min(length, CHUNK) if axis in "YX" else 1
            for axis, length in zip(place.axes, shape, strict=True)
        ),
        dtype="int32",
    )
    return array, f"Labels need {size / 2**30:.1f} GiB, too much for memory: {path}"


def forget(labels: Any, others: Iterable[Any]) -> None:
    """Delete labels that `empty_labels` put into the cache folder.

    Unless one of the others is a copy, which lies in the same place.
    """
    folder = _store_of(labels)
    used = {_store_of(other) for other in others}
    if folder.parent == _labels_folder() and folder not in used:
        shutil.rmtree(folder, ignore_errors=True)


def _store_of(labels: Any) -> Path:
    return Path(str(getattr(getattr(labels, "store", None), "root", "")))


def _labels_folder() -> Path:
    return user_cache_path("napari-mobile-unet", ensure_exists=True) / "labels"
