"""Speed of the network, of decoding, of the table, and of the whole way to both.

    python benchmarks/speed.py [MODEL …] [--planes 4] [--size 1024] [--repeats 7]

They are timed in turn, again and again, in one process, so that what else the
machine does falls on all of them. Printed are medians with the quartiles around them,
and the processor's seconds for a megapixel, which are steadier on a busy machine.
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
    parser.add_argument("models", nargs="*", default=["nuclei"])
    parser.add_argument("--planes", type=int, default=4)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=7)
    chosen = parser.parse_args()
    sample = read_stack(sample_path("nuclei_timelapse.tif"))
    plane = sample.plane(0)
    times = [-(-chosen.size // length) for length in plane.shape]
    mosaic = np.tile(plane, times)[: chosen.size, : chosen.size]
    image = np.stack([mosaic] * chosen.planes)
    works: dict[str, Callable[[], object]] = {}
    for name in chosen.models:
        works |= works_of(name, image, mosaic)
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(chosen.repeats):
        for name, work in works.items():
            begun, used = time.perf_counter(), time.process_time()
            work()
            taken = time.perf_counter() - begun, time.process_time() - used
            seconds[name].append(taken)
    megapixels = image.size / 1e6
    print(f"{chosen.planes} planes of {chosen.size}²")
    for name, both in seconds.items():
        clock, processor = np.transpose(both)
        low, median, high = np.percentile(megapixels / clock, (25, 50, 75))
        busy = np.median(processor) / megapixels
        print(
            f"{name:44}{median:8.1f} Mpx/s  ({low:.1f} to {high:.1f})"
            f"{busy:9.4f} processor s/Mpx"
        )


def works_of(
    name: str, image: np.ndarray, mosaic: np.ndarray
) -> dict[str, Callable[[], object]]:
    """Return what is timed of a model, on a stack of equal planes."""
    model = load_model(name)
    limits = model.card.normalisation.limits(mosaic)
    normal = model.card.normalisation.apply(mosaic, limits)
    maps = predict(normal, model)
    # At the model's own scale: how much resizing costs depends on the image.
    recipe = nmu.Recipe(segment=nmu.UNet(model=name, diameter=model.card.diameter))
    decode_maps = partial(decode, maps, Objects(), model.card.decoding)
    found = decode_maps()
    print(f"{model.card.name}: {int(found.labels.max())} objects in a plane")
    works: dict[str, Callable[[], object]] = {
        "network": lambda: predict(normal, model),
        "decoding": decode_maps,
        "table": lambda: measure_plane(found.labels, mosaic),
    }

    def every_plane(work: Callable[[], object]) -> None:
        for _ in image:
            work()

    def whole() -> None:
        for _ in nmu.iter_segment(image, recipe, axes="TYX"):
            pass

    return {
        f"{model.card.name}, {what}": partial(every_plane, work)
        for what, work in works.items()
    } | {f"{model.card.name}, array to labels and table": whole}


if __name__ == "__main__":
    main()
