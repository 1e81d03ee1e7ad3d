"""How many wrong objects of linked stacks come first in the review queue.

    python benchmarks/review_stacks.py

The sample stacks are segmented as they are and with noise, and linked by overlap. Wrong
is an object of a plane whose IoU with every true one is less than 0.5, or whose id is
not that of the same true object in the plane before. Printed is the share of all wrong
ones among the first of the queue, in one queue and as the mean of one for each stack,
for several weights of the link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from review import RIGHT, by_chance, found_first

from napari_mobile_unet import Recipe, segment
from napari_mobile_unet.corrections import doubts
from napari_mobile_unet.corrections.doubts import Evidence
from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.review import ReviewQueue
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.objects.overlap import iou_matrix
from napari_mobile_unet.samples import sample_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SAMPLES = {"nuclei_zstack": "ZYX", "nuclei_timelapse": "TYX"}
NOISE = (0.0, 0.15, 0.3)
"""Standard deviation, as a share of the image's range."""
WEIGHTS = (0.0, 0.25, 0.5, 1.0)


def main() -> None:
    """Rank the objects of all stacks by each weight, and print where wrong ones are."""
    stacks = [(*stack, wrong_ones(*stack[1:])) for stack in iter_stacks()]
    every = np.concatenate([list(wrong.values()) for *_, wrong in stacks])
    print(f"{len(stacks)} stacks, {len(every)} objects, {every.sum()} wrong")
    print("link                             one queue: 10 %, 20 %  one for each stack")
    for weight in WEIGHTS:
        doubts.WEIGHTS["link"] = weight
        ranks = []
        for image, labels, _, wrong in stacks:
            evidence = Evidence(image=image, axis=0)
            queue = ReviewQueue.of(labels, ObjectIndex.of(labels), evidence)
            found = {(item.plane, item.own): item.doubt for item in queue.waiting}
            ranks.append(np.array([found[key] for key in wrong]))
        pooled = found_first(np.concatenate(ranks), every)
        each = [
            found_first(rank, np.array(list(wrong.values())))
            for rank, (*_, wrong) in zip(ranks, stacks, strict=True)
        ]
        shares = (*pooled, *np.nanmean(each, axis=0))
        print(f"{weight:<32}", *(f"{share:10.1%}" for share in shares))
    print(f"{'random order':32}", *(f"{share:10.1%}" for share in by_chance(every)))


def iter_stacks() -> Iterator[tuple[NDArray, NDArray, NDArray]]:
    """Yield images, the linked labels of a run, and the true labels."""
    random = np.random.default_rng(1)
    for name, axes in SAMPLES.items():
        image = np.asarray(read_stack(sample_path(f"{name}.tif")).squeeze().data)
        path = sample_path(f"{name}_labels.tif")
        truth = np.asarray(read_stack(path, as_labels=True).squeeze().data)
        low, high = np.percentile(image, (1, 99))
        for noise in NOISE:
            added = random.normal(0, noise * (high - low), image.shape)
            noisy = (image + added).astype(np.float32)
            labels = segment(noisy, Recipe(link=Link(method="iou")), axes=axes)
            yield noisy, np.asarray(labels), truth


def wrong_ones(
    labels: NDArray, truth: NDArray
) -> dict[tuple[tuple[int, ...], int], bool]:
    """Return whether each object of each plane is wrong."""
    wrong = {}
    before: dict[int, int] = {}
    for number, (plane, true) in enumerate(zip(labels, truth, strict=True)):
        now = {}
        iou = iou_matrix(plane, true).toarray()
        ids, true_ids = (np.unique(each[each > 0]) for each in (plane, true))
        for own, row in zip(ids.tolist(), iou, strict=True):
            fits = bool(row.max(initial=0) >= RIGHT)
            if fits:
                partner = int(true_ids[row.argmax()])
                now[partner] = own
                fits = before.get(partner, own) == own
            wrong[(number,), own] = not fits
        before = now
    return wrong


if __name__ == "__main__":
    main()
