"""Seconds that pre-processing steps take for a megapixel, by their radius.

    python benchmarks/steps.py [--size 512] [--repeats 3]

Planes of 8 bits, 16 bits and floats show the nuclei of a sample. Printed are the
shortest times, and beside them what the steps say of themselves (``Step.cost``).
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.preprocessing.steps import (
    Background,
    ColourSpace,
    Contrast,
    Denoise,
    Invert,
    Normalise,
    Resize,
)
from napari_mobile_unet.samples import sample_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.preprocessing.steps import Step

RADII = (1, 2, 3, 5, 10, 25, 50)
WIDE = (5, 15, 25, 50, 100, 250, 500)
STEPS: tuple[tuple[str, Step], ...] = (
    ("resize to half", Resize(factor=0.5)),
    ("resize to double", Resize(factor=2)),
    ("normalise, percentile", Normalise(scope="plane")),
    ("grey", ColourSpace()),
    *(
        (f"denoise, {method}, radius {radius}", Denoise(method=method, radius=radius))
        for method in ("gaussian", "median", "bilateral", "non-local means")
        for radius in RADII
    ),
    *(
        (
            f"background, {method}, radius {radius}",
            Background(method=method, radius=radius),
        )
        for method in ("white top-hat", "mean subtraction")
        for radius in WIDE
    ),
    ("contrast, CLAHE", Contrast()),
    ("contrast, gamma", Contrast(method="gamma")),
    ("invert", Invert()),
)


def planes_of(size: int) -> dict[str, NDArray[Any]]:
    """Return one plane in each of the types that steps work on."""
    nuclei = read_stack(sample_path("nuclei_zstack.tif")).plane(6)
    times = [-(-size // length) for length in nuclei.shape]
    mosaic = np.tile(nuclei, times)[:size, :size]
    share = mosaic / mosaic.max()
    return {
        "uint8": (share * 255).astype(np.uint8),
        "uint16": mosaic.astype(np.uint16),
        # No two pixels alike: what steps before leave of an image.
        "float32": (share + np.random.default_rng(0).random(share.shape) / 1e3).astype(
            np.float32
        ),
    }


def seconds(step: Step, plane: NDArray[Any], repeats: int) -> float:
    """Return the shortest time for a megapixel."""
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        step.apply(plane)
        times.append(time.perf_counter() - begun)
    return min(times) * 1e6 / plane.size


def main() -> None:
    """Print a table of steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    planes = planes_of(chosen.size)
    print(f"| step | {' | '.join(planes)} | says |")
    print(f"| --- |{' ---: |' * (len(planes) + 1)}")
    for name, step in STEPS:
        cells = [seconds(step, plane, chosen.repeats) for plane in planes.values()]
        print(f"| {name} | {' | '.join(f'{s:.3f}' for s in cells)} | {step.cost:.3f} |")


if __name__ == "__main__":
    main()
