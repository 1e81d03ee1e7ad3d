"""Measure many objects in three channels, beside scikit-image with the same columns.

    python benchmarks/measure.py [--objects 10000] [--side 4096] [--repeats 3]

Prints the seconds of both, taken in turn in one process, and those of the processor,
which other programs do not change; their ratios, and the largest difference between any
two values.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
from skimage.measure import regionprops_table

from napari_mobile_unet.images.channels import ChannelInfo
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.objects.columns import QUICK
from napari_mobile_unet.objects.measure import measure

NAMES = ("red", "green", "blue")
THEIRS = {
    "area": "area",
    "equivalent_diameter": "equivalent_diameter_area",
    "eccentricity": "eccentricity",
    "axis_major_length": "axis_major_length",
    "axis_minor_length": "axis_minor_length",
    "orientation": "orientation",
    "extent": "extent",
    "perimeter": "perimeter",
    **{f"centroid_{axis}": f"centroid-{n}" for n, axis in enumerate("yx")},
    **{f"bbox_{axis}_min": f"bbox-{n}" for n, axis in enumerate("yx")},
    **{f"bbox_{axis}_max": f"bbox-{n + 2}" for n, axis in enumerate("yx")},
    **{
        f"{name}_intensity_{channel}": f"intensity_{name}-{n}"
        for name in ("mean", "std", "min", "max", "median")
        for n, channel in enumerate(NAMES)
    },
}
"""Our columns, and scikit-image's of the same meaning."""


def make(objects: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return discs and ellipses side by side, and grey values (channels, Y, X)."""
    rng = np.random.default_rng(0)
    columns = int(np.ceil(np.sqrt(objects)))
    cell = side // columns
    y, x = np.mgrid[:cell, :cell] - (cell - 1) / 2
    labels = np.zeros((side, side), np.int32)
    for number in range(objects):
        row, column = divmod(number, columns)
        first, second = rng.uniform(0.25, 0.49, 2) * cell
        angle = rng.uniform(0, np.pi)
        along = y * np.cos(angle) + x * np.sin(angle)
        across = x * np.cos(angle) - y * np.sin(angle)
        inside = (along / first) ** 2 + (across / second) ** 2 <= 1
        place = np.s_[
            row * cell : (row + 1) * cell, column * cell : (column + 1) * cell
        ]
        labels[place][inside] = number + 1
    grey = rng.poisson(200, (3, side, side)).astype(np.uint16)
    return labels, grey + 100 * (labels > 0).astype(np.uint16)


def theirs(labels: np.ndarray, grey: np.ndarray) -> pd.DataFrame:
    """Return scikit-image's table with our columns, its sums and backgrounds added."""
    properties = sorted({name.split("-")[0] for name in THEIRS.values()})
    found = regionprops_table(labels, np.moveaxis(grey, 0, -1), ["label", *properties])
    table = pd.DataFrame({"label": found["label"]})
    for name, property_name in THEIRS.items():
        table[name] = found[property_name]
    table["circularity"] = 4 * np.pi * table["area"] / table["perimeter"] ** 2
    for channel, values in zip(NAMES, grey, strict=True):
        level = np.median(values[labels == 0])
        mean = table[f"mean_intensity_{channel}"]
        table[f"sum_intensity_{channel}"] = mean * table["area"]
        table[f"background_intensity_{channel}"] = level
        table[f"corrected_intensity_{channel}"] = mean - level
    return table


def main() -> None:
    """Time both, and compare what they measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    labels, grey = make(options.objects, options.side)
    image = Stack(grey, "CYX", channels=tuple(map(ChannelInfo, NAMES)))
    taken: dict[str, list[tuple[float, float]]] = {"ours": [], "scikit-image": []}
    for _ in range(options.repeats):
        began = time.perf_counter(), time.process_time()
        mine = measure(labels, image, groups=QUICK)
        between = time.perf_counter(), time.process_time()
        other = theirs(labels, grey)
        ended = time.perf_counter(), time.process_time()
        taken["ours"].append((between[0] - began[0], between[1] - began[1]))
        taken["scikit-image"].append((ended[0] - between[0], ended[1] - between[1]))
    assert set(mine) == set(other), set(mine) ^ set(other)
    apart = max(
        float(np.nanmax(np.abs(mine[name] - other[name]) / (1 + np.abs(other[name]))))
        for name in other
    )
    best = {name: np.min(seconds, axis=0) for name, seconds in taken.items()}
    ratios = best["scikit-image"] / best["ours"]
    side, columns = options.side, len(mine.columns)
    print(f"{len(mine)} objects on {side} × {side}, 3 channels, {columns} columns")
    for name, seconds in taken.items():
        print(f"{name}: {', '.join(f'{a:.2f} ({b:.2f})' for a, b in seconds)} s (CPU)")
    print(f"ratio of the best: {ratios[0]:.1f} (CPU {ratios[1]:.1f})")
    print(f"largest relative difference: {apart:.1e}")
    assert apart < 1e-6, "values differ"


if __name__ == "__main__":
    main()
