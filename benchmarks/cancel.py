"""How soon a run over one large plane stops after Cancel.

    python benchmarks/cancel.py [--size 6000] [--times 5]

Printed are the seconds from the cancellation, at a random moment of the run, to its
end: the median, and the longest.
"""

from __future__ import annotations

import argparse
import random
import statistics
import threading
import time

import numpy as np

import napari_mobile_unet as nmu
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.parallel.cancel import Cancelled, cancellable
from napari_mobile_unet.runs.fit import fit
from napari_mobile_unet.runs.runner import iter_run
from napari_mobile_unet.runs.store import MemoryStore
from napari_mobile_unet.samples import sample_path


def main() -> None:
    """Cancel a run again and again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=6000)
    parser.add_argument("--times", type=int, default=5)
    chosen = parser.parse_args()
    plane = read_stack(sample_path("nuclei_timelapse.tif")).plane(0)
    times = [-(-chosen.size // length) for length in plane.shape]
    image = np.tile(plane, times)[: chosen.size, : chosen.size]
    stack = nmu.Stack.from_array(image, "YX")
    fitted = fit(stack, nmu.Recipe())
    begun = time.perf_counter()
    for _ in iter_run(stack, fitted, MemoryStore(stack.plane_shape)):
        pass
    whole = time.perf_counter() - begun
    waits = []
    for seed in range(chosen.times):
        stop = threading.Event()
        moment = random.Random(seed).uniform(0.05, 0.9) * whole
        asked: list[float] = []

        def cancel(stop: threading.Event = stop, asked: list[float] = asked) -> None:
            asked.append(time.perf_counter())
            stop.set()

        timer = threading.Timer(moment, cancel)
        timer.start()
        with cancellable(stop):
            try:
                list(iter_run(stack, fitted, MemoryStore(stack.plane_shape)))
            except Cancelled:
                waits.append(time.perf_counter() - asked[0])
        timer.cancel()
    print(
        f"{chosen.size}²: the whole run {whole:.1f} s; cancelled {len(waits)} times, "
        f"stopped after {statistics.median(waits):.2f} s (longest {max(waits):.2f} s)"
    )


if __name__ == "__main__":
    main()
