"""Speed beside other methods, from array to labels, and accuracy on the same folds.

    python benchmarks/peers.py [--images 16] [--repeats 3] [--data DATA]

Each method runs in a process of its own, with packages of its own under .benchmarks/.
Image after image is given to one method after the other, so that what else the machine
does falls on all of them. With --data, a folder that holds a folder for each kind of
image with images/ and labels/ in it, accuracy follows. The tables are printed and,
unless methods are left out, written between their marks in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import os
import runpy
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import psutil
from folds import iter_fold
from methods.workers import METHODS, MethodError, Worker
from tables import Timing, accuracy_table, machine, report, speed_table, versions

import napari_mobile_unet as nmu

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_mobile_unet.evaluation.metrics import Scores

    Missing = dict[str, str]

SAMPLES = Path(__file__).parents[1] / "sample_data" / "make.py"
"""The script that generates nuclei with their truth."""
SIZE, FIELD = 1024, 256
"""Sides of a generated image, and of one of the fields that it is made of."""


class Pair(NamedTuple):
    """Paths of an image and of its true labels, .npy."""

    image: Path
    truth: Path


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=16, help="generated, for speed")
    parser.add_argument("--repeats", type=int, default=3, help="0: no speed")
    parser.add_argument("--threads", type=int, default=2, help="of each method")
    parser.add_argument("--only", nargs="+", choices=[each.name for each in METHODS])
    parser.add_argument("--data", type=Path, help="annotated images, for accuracy")
    parser.add_argument("--fold", default="test", help="of the annotated images")
    chosen = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):  # what is started from here inherits it
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: chosen.threads])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        workers, missing = start(stack, chosen.only, chosen.threads)
        about = f"{versions(workers)}.\n{machine(chosen.threads)}"
        if chosen.repeats:
            pairs = generate(folder, chosen.images + 2)
            with meanwhile(workers) as others:
                timings = time_all(workers, missing, pairs, chosen.repeats)
            text = [
                speed_table(timings, missing, SIZE**2 / 1e6),
                f"{about}\n{others[0]}",
            ]
            report("speed", text, write=chosen.only is None)
        if chosen.data:
            scores = score_all(workers, missing, folder, chosen.data, chosen.fold)
            text = [accuracy_table(scores, missing), about]
            whole = chosen.only is None and chosen.fold == "test"
            report("accuracy", text, write=whole)


def start(
    stack: ExitStack, only: list[str] | None, threads: int
) -> tuple[list[Worker], Missing]:
    """Return the methods' processes, and why others are missing."""
    workers, missing = [], {}
    for method in METHODS:
        if only is None or method.name in only:
            try:
                workers.append(stack.enter_context(Worker(method, threads)))
            except MethodError as error:
                missing[method.title] = str(error)
    return workers, missing


def generate(folder: Path, count: int) -> list[Pair]:
    """Return images of nuclei with their truth: mosaics of fields that all differ."""
    fields = (SIZE // FIELD) ** 2
    apart = 1000  # more than the nuclei of a field
    nuclei_timelapse = runpy.run_path(str(SAMPLES))["nuclei_timelapse"]
    pairs = []
    for number in range(count):
        tiles = [nuclei_timelapse(fields * number + n, 1) for n in range(fields)]
        truths = [tile.labels.plane(0).astype(np.int32) for tile in tiles]
        numbered = [
            np.where(each, each + apart * n, 0) for n, each in enumerate(truths)
        ]
        image = mosaic([tile.image.plane(0) for tile in tiles])
        pairs.append(save(folder, f"generated_{number}", image, mosaic(numbered)))
    return pairs


def mosaic(tiles: list[np.ndarray]) -> np.ndarray:
    """Return square tiles side by side, as a square."""
    side = round(len(tiles) ** 0.5)
    rows = [tiles[first : first + side] for first in range(0, len(tiles), side)]
    return np.block(rows)


def save(folder: Path, name: str, image: np.ndarray, truth: np.ndarray) -> Pair:
    """Return where an image and its truth are, once they are there."""
    pair = Pair(folder / f"{name}_image.npy", folder / f"{name}_truth.npy")
    np.save(pair.image, image)
    np.save(pair.truth, truth)
    return pair


def time_all(
    workers: list[Worker], missing: Missing, pairs: list[Pair], repeats: int
) -> dict[Worker, list[Timing]]:
    """Return how long each method took; one that breaks down becomes missing.

    The last two images are for those that learn; a turn to warm up is not counted.
    """
    *pairs, first, second = pairs
    timings = defaultdict(list)
    for worker in list(workers):
        with kept(worker, workers, missing):
            worker.ask("train", [first, second])
    for repeat in range(-1, repeats):
        for turn in range(len(pairs) if repeat >= 0 else 1):
            for worker, images in list(due(workers, turn, len(pairs))):
                with kept(worker, workers, missing):
                    answer = worker.ask("segment", [pairs[n] for n in images])
                    if repeat >= 0:
                        timings[worker].append(Timing(repeat, images, **answer))
    return {worker: timings[worker] for worker in workers}


@contextmanager
def kept(worker: Worker, workers: list[Worker], missing: Missing) -> Iterator[None]:
    """Move a method to the missing ones if it breaks down in here."""
    try:
        yield
    except MethodError as error:
        workers.remove(worker)
        missing[worker.title] = str(error)


@contextmanager
def meanwhile(workers: list[Worker]) -> Iterator[list[str]]:
    """Say in the end how much of the processor others than the methods had."""
    ours = [psutil.Process(worker.process.pid) for worker in workers]

    def now() -> tuple[float, float, float]:
        machine = psutil.cpu_times()
        mine = [each.cpu_times() for each in ours if each.is_running()]
        return (
            time.perf_counter(),
            machine.user + machine.system + getattr(machine, "nice", 0.0),
            sum(each.user + each.system for each in mine),
        )

    said: list[str] = []
    begun = now()
    yield said
    seconds, busy, mine = np.subtract(now(), begun)
    said.append(f"Other processes took {(busy - mine) / seconds:.2f} cores meanwhile.")


def due(
    workers: list[Worker], turn: int, count: int
) -> Iterator[tuple[Worker, tuple[int, ...]]]:
    """Yield the methods whose turn it is, with the images that each is given."""
    for worker in workers:
        if worker.method.whole and not turn:
            yield worker, tuple(range(count))
        elif not worker.method.whole and turn < worker.method.at_most:
            yield worker, (turn,)


def score_all(
    workers: list[Worker], missing: Missing, folder: Path, data: Path, fold: str
) -> dict[Worker, dict[str, list[Scores]]]:
    """Return the scores of each method for each kind of image."""
    training = [
        save(folder, f"training_{number}", each.image.data, each.truth)
        for number, each in enumerate(iter_fold(data, "training"))
    ]
    scores: dict[Worker, dict[str, list[Scores]]] = {}
    for worker in list(workers):
        if not worker.method.scored:
            continue
        if worker.weights == "random":
            missing[worker.title] = "its weights cannot be had"
            continue
        with kept(worker, workers, missing):
            worker.ask("train", training)
            scores[worker] = score(worker, folder, data, fold)
    return scores


def score(
    worker: Worker, folder: Path, data: Path, fold: str
) -> dict[str, list[Scores]]:
    """Return the scores of a trained method for each kind of image."""
    found = defaultdict(list)
    for kind, image, truth in iter_fold(data, fold):
        pair = save(folder, "scored", image.data, truth)
        worker.ask("segment", [pair], labels=str(folder / "found"))
        labels = np.load(folder / "found0.npy")
        found[kind].append(nmu.evaluate(labels, truth))
    return found


if __name__ == "__main__":
    main()
