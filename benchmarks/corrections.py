"""How long a correction takes, on labels of any size.

    python benchmarks/corrections.py

One and the same local edits are made, journalled and undone on labels from 512² to
8,192², with 125 to 32,000 objects: their time should not depend on the size. The scan
that begins a session goes through all pixels once, in the background.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.change import Change
from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.resume import resume
from napari_mobile_unet.corrections.session import Corrections
from napari_mobile_unet.corrections.strokes import before_points

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPES = [(512, 512), (2048, 2048), (100, 512, 512), (8192, 8192)]
CELL = 45
"""Distance of objects: 2,000 of them in 2,048²."""
RADIUS = 15
TARGET = 50
"""Milliseconds that a local edit may take."""


def disc(radius: int) -> np.ndarray:
    """Return a disc as a mask."""
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return y**2 + x**2 <= radius**2


def objects(shape: tuple[int, ...]) -> np.ndarray:
    """Return labels of discs on a grid, each with an id of its own."""
    labels = np.zeros(shape, np.int32)
    mask, own = disc(RADIUS), 0
    for plane in np.ndindex(shape[:-2]):
        for row in range(0, shape[-2] - CELL, CELL):
            for column in range(0, shape[-1] - CELL, CELL):
                own += 1
                size = 2 * RADIUS + 1
                part = labels[(*plane, *(slice(a, a + size) for a in (row, column)))]
                part[mask] = own
    return labels


class Edits:
    """Local edits of labels, at random places."""

    def __init__(self, corrections: Corrections) -> None:
        self.corrections, self.labels = corrections, corrections.labels
        self.random = np.random.default_rng(0)

    def _object(self) -> tuple[int, tuple[int, ...], tuple[slice, slice]]:
        """Return some object, its plane and its box."""
        index, shape = self.corrections.index, self.labels.shape
        while True:
            where = tuple(int(self.random.integers(n)) for n in shape)
            own = int(self.labels[where])
            if own:
                return own, where[:-2], index.box(own, where[:-2])

    def draw(self) -> None:
        """Draw a new disc of radius 30 over whatever is there."""
        size = 61
        shape = self.labels.shape
        plane = tuple(int(self.random.integers(n)) for n in shape[:-2])
        start = tuple(int(self.random.integers(n - size)) for n in shape[-2:])
        box = tuple(slice(first, first + size) for first in start)
        now = self.labels[(*plane, *box)]
        after = np.where(disc(30), self.corrections.index.next_id, now)
        touched = np.unique(now).tolist()
        self.corrections.do("draw", [Change(plane, start, after)], on=touched)

    def delete(self) -> None:
        """Delete an object."""
        own, plane, box = self._object()
        part = self.labels[(*plane, *box)]
        start = (box[0].start, box[1].start)
        change = Change(plane, start, np.where(part == own, 0, part))
        self.corrections.do("delete", [change], on=[own])

    def split(self) -> None:
        """Give the right half of an object a new id."""
        own, plane, box = self._object()
        part = self.labels[(*plane, *box)].copy()
        right = part[:, part.shape[1] // 2 :]
        right[right == own] = self.corrections.index.next_id
        change = Change(plane, (box[0].start, box[1].start), part)
        self.corrections.do("split", [change], on=[own])

    def stroke(self) -> None:
        """Take in a stroke of 20 dabs of a brush of radius 5."""
        own, plane, box = self._object()
        rows, columns = np.nonzero(disc(5))
        points = []
        for step in range(20):
            at = (
                *(np.full(len(rows), number) for number in plane),
                (rows + box[0].start).clip(0, self.labels.shape[-2] - 1),
                (columns + box[1].start + 2 * step).clip(0, self.labels.shape[-1] - 1),
            )
            points.append((at, self.labels[at].copy()))
            self.labels[at] = own
        self.corrections.stroke(before_points(self.labels, points), on=[own])


def timed(work: Callable[[], object]) -> float:
    """Return the milliseconds that work takes."""
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def measure(shape: tuple[int, ...], repeats: int, folder: Path) -> dict[str, float]:
    """Return the median milliseconds of each edit and its undoing, and the worst."""
    base = objects(shape)
    labels = base.copy()
    index = ObjectIndex()
    scan = timed(lambda: list(index.iter_scan(labels)))
    path = folder / f"{len(shape)}_{shape[-1]}.jsonl"
    corrections = Corrections(labels, index=index, journal=path)
    edits = Edits(corrections)
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(repeats):
        for edit in (edits.draw, edits.delete, edits.split, edits.stroke):
            found[edit.__name__].append(timed(edit))
            # Each edit finds the labels as they were: the same work at every size.
            found["undo"].append(timed(corrections.undo))
            found["redo"].append(timed(corrections.redo))
            found["undo"].append(timed(corrections.undo))
    while len(corrections.history):
        found["undo"].append(timed(corrections.undo))
    if not np.array_equal(labels, base):
        raise AssertionError("undone all the way, labels differ from the first ones")
    corrections.close()
    worst = max(max(times) for times in found.values())
    medians = {name: statistics.median(times) for name, times in found.items()}
    again = timed(lambda: resume(labels, path).corrections.close())
    return {
        **medians,
        "worst": worst,
        "scan": scan,
        "resume": again,
        "objects": len(index),
        "journal_kb": path.stat().st_size / 1000,
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=50, help="of each edit")
    repeats = parser.parse_args().repeats
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for shape in SHAPES:
            rows[shape] = measure(shape, repeats, Path(folder))
            print(" × ".join(map(str, shape)), end=": ")
            print(
                ", ".join(f"{name} {value:.2f}" for name, value in rows[shape].items())
            )
    edits = ("draw", "delete", "split", "stroke", "undo", "redo")
    small, large = rows[SHAPES[0]], rows[SHAPES[-1]]
    for edit in edits:
        print(
            f"{edit}: 8192² takes {large[edit] / small[edit]:.2f} times what 512² does"
        )
    slowest = max(row[edit] for row in rows.values() for edit in edits)
    print(f"slowest median {slowest:.2f} ms, target {TARGET} ms")
    if math.isnan(slowest) or slowest > TARGET:
        raise SystemExit("too slow")


if __name__ == "__main__":
    main()
