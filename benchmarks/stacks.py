"""Memory, speed and safety of long runs, each in processes of their own.

    python benchmarks/stacks.py memory [--planes 100 1000 4000]
    python benchmarks/stacks.py cluster [--planes 200]
    python benchmarks/stacks.py kill [--planes 60] [--times 10]
    python benchmarks/stacks.py large [--size 20000]

memory: peak resident memory and speed of `mobile-unet segment` on longer and longer
stacks. cluster: one and two workers of a Dask cluster, one of which is killed. kill:
a run killed at random moments and gone on with. large: one huge plane in blocks.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import zarr

import napari_mobile_unet as nmu
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.samples import sample_path

SEGMENT = [sys.executable, "-m", "napari_mobile_unet", "segment"]
SIZE = 512


def write_stack(path: Path, planes: int, size: int = SIZE) -> Path:
    """Write a Zarr stack of nuclei that move on from plane to plane."""
    plane = read_stack(sample_path("nuclei_timelapse.tif")).plane(0)
    times = [-(-size // length) for length in plane.shape]
    field = np.tile(plane, times)[:size, :size]
    array = zarr.create_array(
        path,
        shape=(planes, size, size),
        chunks=(1, min(size, 1024), min(size, 1024)),
        dtype=field.dtype,
        dimension_names=["t", "y", "x"],
    )
    for number in range(planes):
        array[number] = np.roll(field, (3 * number, 5 * number), (0, 1))
    return path


def run(image: Path, out: Path, *options: str) -> tuple[float, float]:
    """Segment in a process; return its seconds and its peak memory in MiB."""
    begun = time.perf_counter()
    child = subprocess.Popen([*SEGMENT, str(image), "-o", str(out), *options])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"segment ended with {child.returncode}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def digest(out: Path) -> str:
    """Return a short hash of the labels in a folder."""
    labels = read_stack(next(out.glob("*_labels.*")))
    found = hashlib.sha256()
    for number in range(labels.n_planes):
        found.update(labels.plane(number).astype(np.uint32).tobytes())
    return found.hexdigest()[:16]


def memory(folder: Path, planes: list[int]) -> None:
    """Print peak memory and speed for stacks of growing length."""
    for count in planes:
        image = write_stack(folder / f"stack_{count}.zarr", count)
        out = folder / f"out_{count}"
        seconds, peak = run(image, out, "--format", "zarr", "--quiet")
        print(
            f"{count:5} planes: {peak:7.0f} MiB, {seconds:7.1f} s, "
            f"{1000 * seconds / count:6.1f} ms a plane",
            flush=True,
        )


def cluster(folder: Path, planes: int) -> None:
    """Print the speed of one and of two workers, and see a killed one survived."""
    from distributed import LocalCluster

    image = write_stack(folder / "stack.zarr", planes)
    expected = hashlib.sha256()
    for result in nmu.iter_segment(read_stack(image)):
        expected.update(result.labels.astype(np.uint32).tobytes())
    print(f"in this process: {expected.hexdigest()[:16]}", flush=True)
    taken = {}
    for workers, kill in ((1, False), (2, False), (2, True)):
        out = folder / f"out_{workers}_{kill}"
        with LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=None
        ) as local:
            address = ["--executor", local.scheduler_address, "--batch-size", "4"]
            begun = time.perf_counter()
            with subprocess.Popen(
                [*SEGMENT, str(image), "-o", str(out), "--quiet", *address]
            ) as child:
                if kill:
                    time.sleep(0.6 * taken[2])
                    victim = local.workers[0].process.pid
                    psutil.Process(victim).kill()
            taken[workers] = seconds = time.perf_counter() - begun
        died = ", one killed" if kill else ""
        print(
            f"{workers} worker(s){died}: {seconds:.1f} s, exit {child.returncode}, "
            f"{digest(out)}",
            flush=True,
        )


def kill(folder: Path, planes: int, times: int) -> None:
    """Kill runs at random moments, go on with them, and compare what comes."""
    image = write_stack(folder / "stack.zarr", planes)
    seconds, _ = run(image, folder / "whole", "--quiet")
    print(f"undisturbed: {seconds:.1f} s, {digest(folder / 'whole')}", flush=True)
    chance = random.Random(0)
    for number in range(times):
        out = folder / f"killed_{number}"
        moment = chance.uniform(0.2, 0.95) * seconds
        with subprocess.Popen(
            [*SEGMENT, str(image), "-o", str(out), "--quiet"]
        ) as child:
            time.sleep(moment)
            child.send_signal(signal.SIGKILL)
        left = list((out / "stack.run" / "planes").glob("[0-9]*.npy"))
        run(image, out, "--quiet", "--resume")
        print(f"killed at {moment:.1f} s, {len(left)} done: {digest(out)}", flush=True)


def large(folder: Path, size: int) -> None:
    """Print memory and speed for a huge plane and for an ordinary one."""
    for side in (2048, size):
        image = write_stack(folder / f"plane_{side}.zarr", 1, side)
        out = folder / f"out_{side}"
        seconds, peak = run(image, out, "--format", "zarr", "--quiet")
        megapixels = side * side / 1e6
        print(
            f"{side}²: {peak:.0f} MiB, {seconds:.1f} s, "
            f"{seconds / megapixels:.3f} s a megapixel",
            flush=True,
        )


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("memory", "cluster", "kill", "large"))
    parser.add_argument("--planes", type=int, nargs="+")
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--size", type=int, default=20_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if chosen.what == "memory":
            memory(folder, chosen.planes or [100, 1000, 4000])
        elif chosen.what == "cluster":
            cluster(folder, (chosen.planes or [200])[0])
        elif chosen.what == "kill":
            kill(folder, (chosen.planes or [60])[0], chosen.times)
        else:
            large(folder, chosen.size)


if __name__ == "__main__":
    main()
