"""Speed of the network, of decoding, of the table, and of the whole way to both.

    python benchmarks/speed.py [--planes 4] [--size 1024] [--repeats 7]

They are timed in turn, again and again, in one process, so that what else the
machine does falls on all of them. Printed are medians with the quartiles around them.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import napari_mobile_unet as nmu
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.objects.measure import measure_plane
from napari_mobile_unet.samples import sample_path
from napari_mobile_unet.unet.decoding import decode
from napari_mobile_unet.unet.engine import predict
from napari_mobile_unet.unet.model import load_model

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> None:
    """Time network, decoding and segmentation on mosaics of a sample image."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--planes", type=int, default=4)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=7)
    chosen = parser.parse_args()
    sample = read_stack(sample_path("nuclei_timelapse.tif"))
    plane = sample.plane(0)
    times = [-(-chosen.size // length) for length in plane.shape]
    mosaic = np.tile(plane, times)[: chosen.size, : chosen.size]
    image = np.stack([mosaic] * chosen.planes)
    model = load_model("nuclei")
    limits = model.card.normalisation.limits(mosaic)
    normal = model.card.normalisation.apply(mosaic, limits)
    maps = predict(normal, model)
    # At the model's own scale: how much resizing costs depends on the image.
    recipe = nmu.Recipe(segment=nmu.UNet(diameter=model.card.diameter))

    def network() -> None:
        for _ in range(chosen.planes):
            predict(normal, model)

    decode_maps = partial(decode, maps, Objects(), model.card.decoding)
    found = decode_maps()

    def decoder() -> None:
        for _ in range(chosen.planes):
            decode_maps()

    def table() -> None:
        for _ in range(chosen.planes):
            measure_plane(found.labels, mosaic)

    def whole() -> None:
        for _ in nmu.iter_segment(image, recipe, axes="TYX"):
            pass

    works: dict[str, Callable[[], None]] = {
        "network": network,
        "decoding": decoder,
        "table": table,
        "array to labels and table": whole,
    }
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(chosen.repeats):
        for name, work in works.items():
            begun = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - begun)
    megapixels = image.size / 1e6
    count = int(nmu.segment(mosaic, recipe).max())
    print(f"{chosen.planes} planes of {chosen.size}², {count} objects in each")
    for name, taken in seconds.items():
        low, median, high = np.percentile(megapixels / np.array(taken), (25, 50, 75))
        print(f"{name:28}{median:8.1f} Mpx/s  ({low:.1f} to {high:.1f})")


if __name__ == "__main__":
    main()
