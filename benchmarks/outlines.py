"""What another outline would bring: other levels of the foreground, chosen otherwise.

    python benchmarks/outlines.py DATA

DATA holds a folder for each kind of image. On the validation fold are printed AP(0.5)
and AP(0.75), means over the images: for each level alike for all images; for the level
that is best for each image, which only truth tells; for that at which the image is
steepest along the outlines; and for levels that are a share of each object's own peak.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from folds import iter_fold
from scipy import ndimage

import napari_mobile_unet as nmu
from napari_mobile_unet.images.pixels import luminance
from napari_mobile_unet.runs.fit import fit
from napari_mobile_unet.unet.card import Decoding
from napari_mobile_unet.unet.decoding import decode
from napari_mobile_unet.unet.model import load_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    Scores = dict[str, tuple[float, float]]

LEVELS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Of the foreground; the shipped model has 0.6."""
SHARES = (0.55, 0.65, 0.75)
"""Of an object's own peak."""
WIDE = 0.4
"""Level from which objects are cut down to a share of their peak."""


def scores_of(data: Path) -> Iterator[Scores]:
    """Yield AP(0.5) and AP(0.75) of an image by each rule."""
    model = load_model("nuclei")
    for each in iter_fold(data, "validation"):
        plane = each.image.plane(0)
        unet = fit(each.image, nmu.Recipe()).recipe.segment
        maps = unet.maps(plane, model)

        def labels_at(level: float) -> np.ndarray:
            return decode(
                maps,  # noqa: B023  used within its turn of the loop
                nmu.Objects(),
                Decoding(foreground=level, seed=model.card.decoding.seed),
                diameter=unet.diameter,  # noqa: B023
                calibration=model.card.calibration,
                min_confidence=unet.min_confidence,  # noqa: B023
            ).labels

        slope = slope_of(luminance(plane))
        scores: Scores = {}
        steep: dict[str, float] = {}
        for level in LEVELS:
            labels, name = labels_at(level), f"level {level}"
            ap = nmu.evaluate(labels, each.truth).ap
            scores[name] = ap[0.5], ap[0.75]
            inner = cv2.erode(labels.astype(np.float32), np.ones((3, 3)))
            edge = (inner != labels) & (labels > 0)
            steep[name] = float(slope[edge].mean()) if edge.any() else 0
        levels = dict(scores)
        scores["best for each image"] = max(levels.values(), key=lambda ap: ap[1])
        scores["steepest"] = levels[max(steep, key=steep.__getitem__)]
        wide = labels_at(WIDE)
        peaks = np.zeros(int(wide.max()) + 1)
        if wide.any():
            ids = np.arange(1, len(peaks))
            peaks[1:] = ndimage.labeled_comprehension(
                maps[..., 0],
                wide,
                ids,
                lambda values: np.percentile(values, 90),
                float,
                1,
            )
        for share in SHARES:
            cut = np.where(maps[..., 0] > share * peaks[wide], wide, 0)
            ap = nmu.evaluate(cut.astype(np.int32), each.truth).ap
            scores[f"{share} of its peak"] = ap[0.5], ap[0.75]
        yield scores


def peak_of(values: np.ndarray) -> float:
    """Return how sure a network is within an object, but for single pixels."""
    return float(np.percentile(values, 90))


def slope_of(grey: np.ndarray) -> np.ndarray:
    """Return how steep a plane (Y, X) is at each pixel."""
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    return np.hypot(*(cv2.Sobel(smooth, cv2.CV_32F, *d) for d in ((1, 0), (0, 1))))


def main() -> None:
    """Print the means."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for scores in scores_of(parser.parse_args().data):
        for name, ap in scores.items():
            found[name].append(ap)
    for name, aps in found.items():
        print(
            "{:>20}: {:.3f}, {:.3f} of {} images".format(
                name, *np.mean(aps, 0), len(aps)
            )
        )


if __name__ == "__main__":
    main()
