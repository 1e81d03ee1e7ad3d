"""Milliseconds of each correction, on planes from 512² to 8,192² and on a stack.

    python benchmarks/operations.py

Each is computed, written and followed by the index of objects; the labels are discs of
30 pixels. What napari takes to draw the result comes on top.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.operations.draw import draw_object
from napari_mobile_unet.corrections.operations.fit import resegment
from napari_mobile_unet.corrections.operations.merge import merge
from napari_mobile_unet.corrections.operations.numbers import relabel, separate_pieces
from napari_mobile_unet.corrections.operations.one_click import object_at
from napari_mobile_unet.corrections.operations.outline import redraw_outline
from napari_mobile_unet.corrections.operations.planes import copy_to
from napari_mobile_unet.corrections.operations.remove import delete
from napari_mobile_unet.corrections.operations.shape import (
    convex_hull,
    fill_holes,
    grow,
    shrink,
    smooth,
)
from napari_mobile_unet.corrections.operations.split import (
    cut_off,
    split_by_line,
    split_by_seeds,
    split_in_two,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_mobile_unet.corrections.change import Change, PlaneIndex

STEP, RADIUS, REPEATS = 44, 15, 9
SIZES: dict[str, tuple[int, ...]] = {
    "512²": (1, 512, 512),
    "2,048²": (1, 2048, 2048),
    "8,192²": (1, 8192, 8192),
    "100 × 512²": (100, 512, 512),
}


def main() -> None:
    """Time each operation on each size, and print the medians."""
    table: dict[str, dict[str, float]] = {}
    for size, shape in SIZES.items():
        labels, image = scene(shape)
        index = ObjectIndex.of(labels)
        for name, operation in operations(labels, index, image).items():
            table.setdefault(name, {})[size] = median_ms(labels, index, operation)
    print(f"{'milliseconds':20}", *(f"{name:>12}" for name in SIZES))
    for name, row in table.items():
        print(f"{name:20}", *(f"{row.get(size, np.nan):12.2f}" for size in SIZES))


def scene(shape: tuple[int, ...]) -> tuple[NDArray, NDArray]:
    """Return labels of discs on a grid, and an image of their first plane."""
    rows, columns = (np.arange(length) for length in shape[1:])
    disc = (rows[:, None] % STEP - STEP // 2) ** 2 + (
        columns % STEP - STEP // 2
    ) ** 2 <= RADIUS**2
    number = 1 + rows[:, None] // STEP * (shape[2] // STEP + 1) + columns // STEP
    plane = np.where(disc, number, 0).astype(np.int32)
    image = np.random.default_rng(0).normal(10, 2, plane.shape).astype(np.float32)
    image[disc] += 50
    labels = np.repeat(plane[None], shape[0], 0)
    labels[0, :STEP, :STEP] = 0  # where one is clicked
    return labels, image


def operations(
    labels: NDArray, index: ObjectIndex, image: NDArray
) -> dict[str, Callable[[], list[Change]]]:
    """Return the operations on the neighbourhood of one object, by name."""
    here: PlaneIndex = (0,)
    own = 2 + 3 * (labels.shape[2] // STEP + 1)
    row, column = (round(place) for place in index.centroid(own, here))
    given = labels, index
    line = [(row - 20, column), (row + 20, column)]
    around = [(row - 20, column + 20), (row, column + 28), (row + 10, column + 20)]
    bulge = [(row - 12, column), (row - 19, column + 4), (row - 11, column + 8)]
    box = [(row - 30, column - 30), (row + 30, column + 30)]
    found = labels[0, row - 30 : row + 31, column - 30 : column + 31] > 0
    planes = [(place,) for place in range(labels.shape[0])]
    chosen: dict[str, Callable[[], list[Change]]] = {
        "delete": lambda: delete(*given, [own], [here]),
        "merge two": lambda: merge(*given, [own, own + 1], [here]),
        "split by line": lambda: split_by_line(*given, own, line, here),
        "split by two seeds": lambda: split_by_seeds(
            *given, own, [(row, column - 5), (row, column + 5)], here
        ),
        "split in two": lambda: split_in_two(*given, own, here),
        "cut off": lambda: cut_off(*given, own, line, here),
        "draw": lambda: draw_object(*given, around, here),
        "redraw outline": lambda: redraw_outline(*given, own, bulge, here),
        "grow by 2": lambda: grow(*given, [own], 2, [here]),
        "shrink by 2": lambda: shrink(*given, [own], 2, [here]),
        "smooth": lambda: smooth(*given, [own], 2, [here]),
        "fill holes": lambda: fill_holes(*given, [own], [here]),
        "convex hull": lambda: convex_hull(*given, [own], [here]),
        "one-click object": lambda: object_at(
            *given, (STEP // 2, STEP // 2), here, image=image, diameter=2 * RADIUS
        ),
        "box anew": lambda: resegment(*given, box, here, found.astype(np.int32)),
        "another id": lambda: relabel(*given, own, None, [here]),
        "separate pieces": lambda: separate_pieces(*given, [own], [here]),
    }
    if len(planes) > 1:
        chosen |= {
            "delete on all planes": lambda: delete(*given, [own], planes),
            "copy to a plane": lambda: copy_to(*given, [1], (1,), [here]),
        }
    return chosen


def median_ms(
    labels: NDArray, index: ObjectIndex, operation: Callable[[], list[Change]]
) -> float:
    """Return the time of an operation with what follows it; labels stay as they are."""
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        changes = operation()
        before = [write(labels, index, change) for change in changes]
        times.append(time.perf_counter() - begin)
        for change, old in zip(changes, before, strict=True):
            labels[(*change.plane, *change.box)] = old
            index.update(labels, change.plane, change.start, change.labels, old)
    return 1000 * float(np.median(times))


def write(labels: NDArray, index: ObjectIndex, change: Change) -> NDArray:
    """Write a change and return what was there."""
    place = (*change.plane, *change.box)
    before = labels[place].copy()
    labels[place] = change.labels
    index.update(labels, change.plane, change.start, before, change.labels)
    return before


if __name__ == "__main__":
    main()
