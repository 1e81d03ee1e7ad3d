"""What a run will take: looked at before the first plane, and said."""

from __future__ import annotations

import math
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from napari_mobile_unet.images.windows import BLOCK, MARGIN, is_large, middle_window
from napari_mobile_unet.parallel.cores import process_cores
from napari_mobile_unet.parallel.executors import AHEAD
from napari_mobile_unet.runs.fit import in_parts
from napari_mobile_unet.runs.plane import segment_plane
from napari_mobile_unet.unet.segment import UNet
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.runs.fit import Fitted
    from napari_mobile_unet.runs.runner import RunOptions

BATCH_BYTES = 2**26
"""Planes are read together up to this size."""
MOST_PLANES = 16
"""Planes read together at most."""
PIECES = 4
"""Batches for each worker, at least, where there are planes enough."""
OWN_BYTES = 2**28
"""Memory of the process itself, with the network loaded."""
WORKING_BYTES = 52
"""Memory that one pixel takes while it is segmented: grey values, maps,
watershed, labels. Measured on planes of 2,048² and 4,000², and on blocks of 8,000²."""
TRIAL = 512
"""Height and width of the window that is segmented to see how long it takes."""
GIB = 2**30


@dataclass(frozen=True)
class Estimate:
    """What a run will take.

    Parameters
    ----------
    planes : int
        Number of planes.
    megapixels : float
        Of all planes.
    batch_size : int
        Planes read together.
    workers : int
        At work at a time; fewer than asked for where memory is short.
    memory, free : float
        GiB needed and free.
    seconds : float
        How long it will take, from a trial on one window.
    """

    planes: int
    megapixels: float
    batch_size: int
    workers: int
    memory: float
    free: float
    seconds: float

    def __str__(self) -> str:
        """Return it in one line."""
        return (
            f"{counted(self.planes, 'plane')}, "
            f"{self.megapixels:.1f} megapixels; about {self.memory:.1f} GiB of memory "
            f"needed, {self.free:.1f} free; {self.workers} at a time in batches of "
            f"{self.batch_size}; about {duration(self.seconds)}"
        )


def choose_batch_size(stack: Stack, workers: int = 1) -> int:
    """Return how many planes are best read together.

    Small planes are read by the batch, but not so many that some workers have
    nothing left to do; planes that share a chunk are read at one go.
    """
    plane = _plane_bytes(stack)
    share = -(-stack.n_planes // (PIECES * workers))
    fitting = max(1, min(MOST_PLANES, BATCH_BYTES // plane, share))
    chunks = getattr(stack.data, "chunks", None)
    if not chunks or not stack.batch_axes:
        return fitting
    depth = chunks[stack.axes.index(stack.batch_axes[-1])]
    depth = int(depth[0] if isinstance(depth, tuple) else depth)  # Dask lists all
    if depth * plane > 4 * BATCH_BYTES:
        return fitting
    return max(depth, fitting // depth * depth)


def estimate(
    stack: Stack,
    fitted: Fitted,
    options: RunOptions,
    folder: Path | None = None,
) -> Estimate:
    """Return what a run will take; with fewer workers where memory is short.

    Parameters
    ----------
    stack : Stack
        The image.
    fitted : Fitted
        The recipe fitted to it.
    options : RunOptions
        How many workers there are to be, and how many planes are read together.
    folder : Path, optional
        Where the labels go, if not to memory.

    Raises
    ------
    MemoryError
        If memory does not last for one plane at a time.
    OSError
        If there is no room for the labels in the folder.
    """
    height, width = stack.plane_shape
    workers = options.workers or process_cores()
    best = options.batch_size or choose_batch_size(stack, workers)
    planes = min(best, stack.n_planes)
    blocks = AHEAD * (BLOCK + 2 * MARGIN) ** 2
    pixels = blocks if is_large(stack.plane_shape) else height * width
    read = pixels if is_large(stack.plane_shape) else pixels * planes
    each = pixels * WORKING_BYTES + read * _plane_bytes(stack) / (height * width)
    free = psutil.virtual_memory().available
    if each > free:
        raise MemoryError(
            f"one plane of {height} × {width} needs about {each / GIB:.1f} GiB of "
            f"memory; {free / GIB:.1f} are free; close other programs, read fewer "
            "planes together, or crop the image"
        )
    able = int(min(workers, free // each, math.ceil(stack.n_planes / planes)))
    megapixels = stack.n_planes * height * width / 1e6
    if folder is not None:
        _check_room(folder, megapixels)
    return Estimate(
        planes=stack.n_planes,
        megapixels=megapixels,
        batch_size=planes,
        workers=able,
        memory=(OWN_BYTES + able * each) / GIB,
        free=free / GIB,
        seconds=_seconds(stack, fitted) * megapixels,
    )


def _check_room(folder: Path, megapixels: float) -> None:
    # Labels compress to less than a tenth; they are written twice.
    free, needed = shutil.disk_usage(folder).free, megapixels * 1e6 * 4 * 2 / 10
    if needed > free:
        raise OSError(
            f"labels need about {needed / GIB:.1f} GiB in {folder}; {free / GIB:.1f} "
            "are free; make room or name another folder"
        )


def _plane_bytes(stack: Stack) -> int:
    height, width = stack.plane_shape
    samples = 3 if "S" in stack.axes else stack.sizes.get("C", 1)
    return int(height * width * stack.data.dtype.itemsize * samples)


def _seconds(stack: Stack, fitted: Fitted) -> float:
    """Return the seconds that a megapixel takes, from a window in the middle."""
    window = middle_window(stack.plane_shape, TRIAL)
    plane = stack.plane(stack.n_planes // 2, window)
    recipe = fitted.recipe
    if isinstance(recipe.segment, UNet) and plane.shape[:2] != stack.plane_shape:
        recipe = recipe.replace(segment=in_parts(recipe.segment))
        fitted = fitted.replace(recipe=recipe)
    times = []
    for _ in range(2):  # the first one loads the model
        begun = time.perf_counter()
        segment_plane(plane, fitted)
        times.append(time.perf_counter() - begun)
    return min(times) * 1e6 / float(plane.shape[0] * plane.shape[1])


def duration(seconds: float) -> str:
    """Return a time as exact as it takes to wait for it: "42 s", "3 min", "2.5 h"."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"
