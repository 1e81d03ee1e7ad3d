"""Accuracy of a model on a fold of annotated images, for each kind of image.

    python benchmarks/accuracy.py DATA [--model NAME] [--fold test] [--rescale 0.5]

DATA holds a folder for each kind, with images/ and labels/ in it. The fold is a
list of file stems in benchmarks/nuclei/training.json; training never reads "test".
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from folds import iter_fold

import napari_mobile_unet as nmu
from napari_mobile_unet.evaluation.metrics import pool


def main() -> None:
    """Segment the images of the fold, and print how well it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="nuclei")
    parser.add_argument("--fold", default="test")
    parser.add_argument("--diameter", type=float, default=0)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--mirror", default="auto", choices=("auto", "always", "never"))
    parser.add_argument("--rescale", type=float, default=1, help="of all images")
    chosen = parser.parse_args()
    settings = nmu.UNet(
        model=chosen.model,
        diameter=chosen.diameter,
        precision=chosen.precision,
        mirror=chosen.mirror,
    )
    recipe = nmu.Recipe(segment=settings)
    scores = defaultdict(list)
    for kind, image, truth in iter_fold(chosen.data, chosen.fold):
        pixels = rescale(image.plane(0), chosen.rescale)
        labels = rescale(truth, chosen.rescale, cv2.INTER_NEAREST)
        axes = "YXS" if pixels.ndim == 3 else "YX"
        found = nmu.segment(pixels, recipe, axes=axes)
        scores[kind].append(nmu.evaluate(found, labels))
    print("kind          images  AP50 mean  pooled  AP75 mean  pooled    PQ   objects")
    for kind, found in scores.items():
        every = pool(found)
        print(
            f"{kind:14}{len(found):5}{every.ap[0.5]:11.4f}"
            f"{every.ap_pooled[0.5]:8.4f}{every.ap[0.75]:11.4f}"
            f"{every.ap_pooled[0.75]:8.4f}{every.panoptic_quality:7.4f}"
            f"{every.n_predicted:6}/{every.n_true}"
        )


def rescale(plane: np.ndarray, factor: float, method: int | None = None) -> np.ndarray:
    """Return a plane in another size."""
    if factor == 1:
        return plane
    smooth = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    size = [round(length * factor) for length in plane.shape[1::-1]]
    native = plane if method is None else plane.astype(np.float32)
    resized = cv2.resize(
        native, size, interpolation=smooth if method is None else method
    )
    return resized.astype(plane.dtype)


if __name__ == "__main__":
    main()
