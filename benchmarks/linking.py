"""How many objects of the samples keep one id over Z or T.

    python benchmarks/linking.py

"by truth": the true labels, their ids forgotten in each plane, are linked again. "by
the model": the images are segmented and linked; a true object keeps its id if all
objects that match it (IoU ≥ 0.5) carry one id, which no other true object has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import napari_mobile_unet as nmu
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.linking.ids import Numbering
from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.samples import sample_path

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack

LINK = Link(method="iou")


def relinked(truth: Stack) -> np.ndarray:
    """Return the ids that linking gives to true objects, (N, Y, X)."""
    numbering = Numbering(truth, LINK)
    planes = []
    for number in range(truth.n_planes):
        found, inverse = np.unique(truth.plane(number), return_inverse=True)
        local = inverse.reshape(truth.plane_shape).astype(np.int32)
        table = pd.DataFrame({"label": np.arange(1, len(found))})
        planes.append(numbering.add(number, local, table)[0][local])
    return np.stack(planes)


def matches(truth: np.ndarray, ids: np.ndarray) -> set[tuple[int, int]]:
    """Return the pairs of true id and found id that match in some plane."""
    pairs = set()
    for true, found in zip(truth, ids, strict=True):
        for label in np.unique(true[true > 0]).tolist():
            mask = true == label
            candidates, shared = np.unique(found[mask], return_counts=True)
            for candidate, count in zip(candidates, shared, strict=True):
                union = mask.sum() + (found == candidate).sum() - count
                if candidate and count >= 0.5 * union:
                    pairs.add((label, int(candidate)))
    return pairs


def main() -> None:
    """Print the shares for both samples."""
    for name in ("nuclei_zstack", "nuclei_timelapse"):
        truth = read_stack(sample_path(f"{name}_labels.tif"))
        planes = np.stack([truth.plane(n) for n in range(truth.n_planes)])
        image = read_stack(sample_path(f"{name}.tif"))
        found = nmu.segment(image, nmu.Recipe(link=LINK))
        for source, ids in (("truth", relinked(truth)), ("the model", found)):
            pairs = np.array(sorted(matches(planes, ids)))
            kept = [np.bincount(side)[side] == 1 for side in pairs.T]
            seen = len(np.unique(pairs[:, 0]))
            print(
                f"{name}, by {source}: {(kept[0] & kept[1]).sum()} of {seen} matched "
                f"objects keep one id ({(kept[0] & kept[1]).sum() / seen:.3f}); "
                f"{len(np.unique(planes)) - 1} true objects, {ids.max()} ids"
            )


if __name__ == "__main__":
    main()
