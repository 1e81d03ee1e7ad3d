"""Whether the confidence of an object says how likely it is right.

    python benchmarks/confidence.py DATA [--fold test] [--plot reliability.png]

An object is right if it shares an IoU of 0.5 or more with a true one. Printed are the
area under the ROC curve of confidence against that, the expected calibration error
(Guo et al. 2017, https://arxiv.org/abs/1706.04599), and the table that it comes from.
DATA and folds are as for accuracy.py; the model was calibrated on "validation".
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from folds import iter_fold
from matplotlib.figure import Figure
from scipy.stats import rankdata

import napari_mobile_unet as nmu
from napari_mobile_unet.objects.overlap import iou_matrix

BINS = np.linspace(0, 1, 11)


def main() -> None:
    """Compare confidence with the truth, over all objects of the fold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="nuclei")
    parser.add_argument("--fold", default="test")
    parser.add_argument("--plot", type=Path)
    chosen = parser.parse_args()
    recipe = nmu.Recipe(segment=nmu.UNet(model=chosen.model, min_confidence=0))
    confidence, right = [], []
    for _, image, truth in iter_fold(chosen.data, chosen.fold):
        (plane,) = nmu.iter_segment(image, recipe)
        iou = iou_matrix(plane.labels, truth).toarray().max(axis=1, initial=0)
        confidence.append(plane.objects["confidence"].to_numpy())
        right.append(iou >= 0.5)
    chance, hit = np.concatenate(confidence), np.concatenate(right)
    table = reliability(chance, hit)
    shares = table[:, 2] / len(hit)
    error = float((shares * np.abs(table[:, 0] - table[:, 1])).sum())
    print(f"{len(hit)} objects, {hit.mean():.1%} right")
    print(f"AUROC {auroc(chance, hit):.3f}, expected calibration error {error:.3f}")
    print("confidence  right  objects")
    for expected, found, count in table:
        print(f"{expected:10.2f}{found:7.2f}{int(count):9}")
    if chosen.plot:
        draw(table, chosen.plot)


def reliability(chance: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return mean confidence, share of right ones, and number, for each tenth."""
    which = np.digitize(chance, BINS[1:-1])
    return np.array(
        [
            (chance[which == bin_].mean(), right[which == bin_].mean(), count)
            for bin_ in range(len(BINS) - 1)
            if (count := int((which == bin_).sum()))
        ]
    )


def auroc(chance: np.ndarray, right: np.ndarray) -> float:
    """Return how often a right object has more confidence than a wrong one."""
    ranks, count = rankdata(chance), int(right.sum())
    wins = ranks[right].sum() - count * (count + 1) / 2
    return float(wins / (count * (len(right) - count)))


def draw(table: np.ndarray, path: Path) -> None:
    """Draw the reliability diagram."""
    figure = Figure(figsize=(4, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    axes.plot(table[:, 0], table[:, 1], marker="o", color="#0072B2")
    axes.set(xlabel="confidence", ylabel="share of right objects", aspect="equal")
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
