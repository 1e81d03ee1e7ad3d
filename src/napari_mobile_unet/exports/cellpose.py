"""Labels as the ``_seg.npy`` of Cellpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import skimage

from napari_mobile_unet.objects.labels import check_labels

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from napari_mobile_unet.images.stack import Stack


def write_seg(path: Path, labels: Stack, image: str, locked: Collection[int]) -> None:
    """Write labels of one plane or of a Z-stack with the keys that Cellpose looks for.

    Cellpose numbers objects in the order in which it meets their first pixels when it
    opens a file; ``ismanual`` has that order.

    Raises
    ------
    ValueError
        If there are further axes, or an id is above 2³² - 1.
    """
    if labels.batch_axes not in ("", "Z"):
        raise ValueError(
            "Cellpose has one plane or a Z-stack in a file; received axes "
            f"{labels.axes}; write each time point alone, or choose another format"
        )
    planes = [labels.plane(number) for number in range(labels.n_planes)]
    masks = np.stack(planes) if labels.batch_axes else np.ascontiguousarray(planes[0])
    check_labels(masks)
    if (largest := int(masks.max(initial=0))) >= 2**32:
        raise ValueError(
            f"ids in Cellpose have 32 bits; received {largest}; renumber the objects, "
            "or choose another format"
        )
    masks = masks.astype(np.uint16 if largest < 2**16 - 1 else np.uint32)
    rims = [
        skimage.segmentation.find_boundaries(plane, mode="inner")
        for plane in masks.reshape(-1, *labels.plane_shape)
    ]
    ids, first = np.unique(masks, return_index=True)
    met = ids[np.argsort(first)]
    met = met[met > 0]
    content: dict[str, Any] = {
        "filename": image,
        "masks": masks,
        "outlines": masks * np.reshape(rims, masks.shape),
        "chan_choose": [0, 0],
        "ismanual": np.isin(met, np.fromiter(locked, np.int64)),
        "flows": [],
        "zdraw": [None] * len(met),
    }
    with path.open("wb") as file:  # a name would get another .npy
        np.save(file, np.array(content, object), allow_pickle=True)
