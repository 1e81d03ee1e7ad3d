"""How many of the wrong objects come first in the review queue.

    python benchmarks/review.py DATA [--fold test] [--cache FOLDER]

Wrong is an object whose IoU with every true one is less than 0.5, and a candidate that
was left out although it fits a true object that nothing else fits. Printed is the share
of all wrong ones among the first of the queue: of all images in one queue, and as the
mean of one queue for each image; by all evidence, by less of it, and by chance. DATA
and folds are as for accuracy.py. The weights were chosen on "validation".
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from automatic import iter_automatic

from napari_mobile_unet.corrections.doubts import Evidence
from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.review import ReviewQueue
from napari_mobile_unet.objects.overlap import iou_matrix

if TYPE_CHECKING:
    from automatic import Automatic
    from numpy.typing import NDArray

FIRST = (0.1, 0.2)
RIGHT = 0.5


def main() -> None:
    """Rank the objects of a fold, and print where the wrong ones are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fold", default="test")
    parser.add_argument("--cache", type=Path, default=Path(".benchmarks/automatic"))
    chosen = parser.parse_args()
    scored: dict[str, list[NDArray]] = {}
    wrong = []
    for image in iter_automatic(chosen.data, chosen.fold, chosen.cache):
        index = ObjectIndex.of(image.labels)
        for name, evidence in evidence_of(image).items():
            queue = ReviewQueue.of(image.labels, index, evidence)
            items = sorted(queue.waiting, key=lambda item: (item.candidate, item.own))
            scored.setdefault(name, []).append(np.array([i.doubt for i in items]))
        wrong.append(wrong_ones(image))
    every = np.concatenate(wrong)
    share = f"{every.sum()} wrong ({every.mean():.1%})"
    print(f"{len(wrong)} images, {len(every)} objects and candidates, {share}")
    print("evidence                          one queue: 10 %, 20 %  one for each image")
    for name, doubts in scored.items():
        shares = [*found_first(np.concatenate(doubts), every)]
        means = np.nanmean(
            [found_first(*each) for each in zip(doubts, wrong, strict=True)], axis=0
        )
        print(f"{name:32}", *(f"{share:10.1%}" for share in (*shares, *means)))
    print(
        f"{'random order, mean of 100':32}", *(f"{s:10.1%}" for s in by_chance(every))
    )


def evidence_of(image: Automatic) -> dict[str, Evidence]:
    """Return what the queue may know, from all of it to nothing."""
    known = {"left_out": image.left_out, "confidence": image.confidence}
    everything = known | {"image": image.grey, "other": image.otsu}
    return {
        "all": Evidence(**everything),
        "table": Evidence(**known),
        "labels, image, Otsu": Evidence(
            image=image.grey, other=image.otsu, left_out=image.left_out
        ),
        "labels": Evidence(left_out=image.left_out),
    }


def wrong_ones(image: Automatic) -> NDArray:
    """Return which objects, then which candidates, are wrong, in order of their ids."""
    objects = iou_matrix(image.labels, image.truth).toarray() >= RIGHT
    candidates = iou_matrix(image.left_out, image.truth).toarray() >= RIGHT
    missed = ~objects.any(axis=0)
    return np.concatenate([~objects.any(axis=1), candidates[:, missed].any(axis=1)])


def found_first(doubts: NDArray, wrong: NDArray) -> list[float]:
    """Return the share of the wrong ones among the first by their doubts."""
    if not wrong.any():
        return [np.nan] * len(FIRST)
    order = np.argsort(-doubts, kind="stable")
    return [
        float(wrong[order][: round(share * len(wrong))].sum() / wrong.sum())
        for share in FIRST
    ]


def by_chance(wrong: NDArray) -> NDArray:
    """Return what ``found_first`` gives for 100 queues in random order, on average."""
    random = np.random.default_rng(0)
    return np.mean(
        [found_first(random.random(len(wrong)), wrong) for _ in range(100)], axis=0
    )


if __name__ == "__main__":
    main()
