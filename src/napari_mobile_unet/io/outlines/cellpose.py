"""Masks in the ``_seg.npy`` of Cellpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.io.content import Content
from napari_mobile_unet.io.outlines.pickled import StoredArray, read_pickled

if TYPE_CHECKING:
    from pathlib import Path


def read_seg(path: Path) -> Content:
    """Return the masks of a ``_seg.npy``, without running what it holds.

    Raises
    ------
    OSError
        If it holds no masks, or something that is not safe to load.
    """
    found = read_pickled(path)
    masks = found.get("masks") if isinstance(found, dict) else None
    if not isinstance(masks, StoredArray):
        raise OSError(
            f"a _seg.npy file of Cellpose holds masks; {path} has none; save it again"
        )
    try:
        labels = masks.array()
    except (ValueError, TypeError, AttributeError) as error:
        raise OSError(
            f"the masks in {path} are broken ({error}); save it again"
        ) from error
    if labels.dtype.kind not in "iu" or labels.ndim not in (2, 3):
        raise OSError(
            f"masks are whole numbers on (Z,) Y and X; those in {path} are "
            f"{labels.dtype} of shape {labels.shape}; save it again"
        )
    # Cellpose counts from -1 in files of its early versions.
    labels = labels + 1 if labels.size and labels.min() == -1 else labels.copy()
    if labels.ndim == 3 and len(labels) == 1:
        labels = labels[0]
    return Content(np.ascontiguousarray(labels), "ZYX"[-labels.ndim :])
