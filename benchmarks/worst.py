"""The images of a fold that a model segments worst, as contact sheets to look at.

    python benchmarks/worst.py DATA -o SHEETS [--fold test] [--model NAME]

DATA and the fold are those of `accuracy.py`. There is a sheet for each kind of image,
worst first: true outlines in yellow, found ones in blue, and AP at an IoU of 0.5.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from folds import iter_fold
from skimage.segmentation import find_boundaries

import napari_mobile_unet as nmu

SIDE, COLUMNS = 400, 5
"""Width and height of a picture in pixels, and pictures in a row."""
TRUE, FOUND = (255, 210, 0), (0, 170, 255)


def main() -> None:
    """Segment the images, name the worst, and write their sheets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--fold", default="test")
    parser.add_argument("--model", default="nuclei")
    parser.add_argument("--count", type=int, default=10)
    chosen = parser.parse_args()
    recipe = nmu.Recipe(segment=nmu.UNet(model=chosen.model))
    scored = defaultdict(list)
    for number, (kind, stack, truth) in enumerate(iter_fold(chosen.data, chosen.fold)):
        image = stack.plane(0)
        labels = nmu.segment(image, recipe, axes="YXS" if image.ndim == 3 else "YX")
        scores = nmu.evaluate(labels, truth)
        found = f"{scores.ap[0.5]:.2f}  {scores.n_predicted}/{scores.n_true}"
        picture = drawn(image, truth, labels, found)
        scored[kind].append((scores.ap[0.5], number, stack.name, found, picture))
    chosen.output.mkdir(parents=True, exist_ok=True)
    for kind, every in scored.items():
        worst = sorted(every)[: chosen.count]
        for _, _, name, found, _ in worst:
            print(f"{kind:14}{found:>16}  {name}")
        pictures = [picture for *_, picture in worst]
        pictures += [np.zeros_like(pictures[0])] * (-len(pictures) % COLUMNS)
        rows = np.split(np.stack(pictures), len(pictures) // COLUMNS)
        sheet = np.vstack([np.hstack(row) for row in rows])
        path = chosen.output / f"{chosen.fold}_{kind}.png"
        cv2.imwrite(str(path), sheet[..., ::-1])


def drawn(
    image: np.ndarray, truth: np.ndarray, labels: np.ndarray, text: str
) -> np.ndarray:
    """Return a square RGB picture of an image, with both outlines and a text."""
    low, high = np.percentile(image, (1, 99.8))
    grey = np.clip((image - low) / max(high - low, 1) * 255, 0, 255).astype(np.uint8)
    colour = np.dstack([grey] * 3) if grey.ndim == 2 else grey[..., :3]
    scale = SIDE / max(colour.shape[:2])
    size = [round(length * scale) for length in colour.shape[1::-1]]
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    part = picture[: size[1], : size[0]]
    part[:] = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
    for which, colour_of in ((truth, TRUE), (labels, FOUND)):
        shown = cv2.resize(
            which.astype(np.float32), size, interpolation=cv2.INTER_NEAREST
        )
        part[find_boundaries(shown.astype(int), mode="inner")] = colour_of
    cv2.putText(picture, text, (6, SIDE - 8), 0, 0.6, (255, 0, 255), 2)
    return picture


if __name__ == "__main__":
    main()
