"""Accuracy of a model on a fold of annotated images, for each kind of image.

    python benchmarks/accuracy.py DATA [--model NAME] [--fold test]

DATA holds a folder for each kind, with images/ and labels/ in it. The fold is a
list of file stems in benchmarks/nuclei/training.json; training never reads "test".
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import napari_mobile_unet as nmu
from napari_mobile_unet.io import read_stack
from napari_mobile_unet.metrics import pool

SETTINGS = Path(__file__).parent / "nuclei" / "training.json"


def main() -> None:
    """Segment the images of the fold, and print how well it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="nuclei")
    parser.add_argument("--fold", default="test")
    parser.add_argument("--diameter", type=float, default=0)
    chosen = parser.parse_args()
    stems = set(json.loads(SETTINGS.read_text())["folds"][chosen.fold])
    settings = nmu.UNet(model=chosen.model, diameter=chosen.diameter)
    recipe = nmu.Recipe(segment=settings)
    print("kind          images  AP50 mean  pooled  AP75 mean  pooled    PQ   objects")
    for kind in sorted(path for path in chosen.data.iterdir() if path.is_dir()):
        scores = []
        for truth in sorted((kind / "labels").iterdir()):
            if truth.stem not in stems:
                continue
            found = nmu.segment(read_stack(kind / "images" / truth.name), recipe)
            scores.append(nmu.evaluate(found, read_stack(truth).data))
        if not scores:
            continue
        every = pool(scores)
        print(
            f"{kind.name:14}{len(scores):5}{every.ap[0.5]:11.4f}"
            f"{every.ap_pooled[0.5]:8.4f}{every.ap[0.75]:11.4f}"
            f"{every.ap_pooled[0.75]:8.4f}{every.panoptic_quality:7.4f}"
            f"{every.n_predicted:6}/{every.n_true}"
        )


if __name__ == "__main__":
    main()
