"""How much work it is to correct an image until AP(0.5) is 0.95: a scripted person.

    python benchmarks/annotator.py DATA [--fold test] [--cache FOLDER]

The person looks at one object after the other and mends each that is wrong with one of
the operations: delete, split by one click in each true object, merge, take over a
candidate, delete and draw anew along the true outline (two operations), draw what was
missed. They follow the review queue, and draw what was missed when the doubtful ones
are done; or they go through the image row by row; or they do that with brush and eraser
alone. A stroke is then one straight drag with a brush a third as wide as a typical
object, and as many are counted as lie side by side over what has to change: choosing
label and brush, and mistakes, count nothing. Nobody knows before looking which objects
are wrong, but all stop as soon as the image is good enough.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from automatic import iter_automatic
from skimage.measure import find_contours

import napari_mobile_unet as nmu
from napari_mobile_unet.corrections.doubts import Evidence
from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.operations.draw import adopt, draw_object
from napari_mobile_unet.corrections.operations.merge import merge
from napari_mobile_unet.corrections.operations.parts import depth
from napari_mobile_unet.corrections.operations.remove import delete
from napari_mobile_unet.corrections.operations.split import split_by_seeds
from napari_mobile_unet.corrections.operations.window import pieces
from napari_mobile_unet.corrections.review import DOUBTFUL, ReviewQueue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automatic import Automatic
    from numpy.typing import NDArray

    from napari_mobile_unet.corrections.change import Change

ENOUGH, RIGHT = 0.95, 0.5
ROWS = 64
"""Height in pixels of the bands in which the image is read."""


class Work(NamedTuple):
    """What it took to correct one image."""

    looks: int
    operations: int
    good: bool


class Desk:
    """An image's labels while they are corrected, and the truth to do it by."""

    def __init__(self, image: Automatic) -> None:
        self.image, self.truth = image, image.truth
        self.labels = image.labels.copy()
        self.index = ObjectIndex.of(self.labels)
        self.true = ObjectIndex.of(self.truth)
        self.operations = 0
        self.brush = max(3.0, _diameter(self.true) / 3)

    @property
    def good(self) -> bool:
        """Whether the image is good enough."""
        return nmu.evaluate(self.labels, self.truth).ap[0.5] >= ENOUGH

    def do(self, changes: list[Change]) -> None:
        """Write the changes of one operation."""
        for change in changes:
            before = self.labels[change.box].copy()
            self.labels[change.box] = change.labels
            self.index.update(self.labels, (), change.start, before, change.labels)
        self.operations += 1

    def overlaps(self, own: int) -> dict[int, int]:
        """Return the pixels that an object shares with true ones."""
        box = self.index.box(own, ())
        return _counted(self.truth[box][self.labels[box] == own])

    def fragments(self, true: int) -> dict[int, int]:
        """Return the pixels that a true object shares with the objects there."""
        box = self.true.box(true, ())
        return _counted(self.labels[box][self.truth[box] == true])

    def fits(self, own: int, true: int, shared: int) -> bool:
        """Return whether an object is right."""
        union = self.index.count(own, ()) + self.true.count(true, ()) - shared
        return shared >= RIGHT * union

    def is_right(self, own: int) -> bool:
        """Return whether an object fits any true one."""
        return any(self.fits(own, *pair) for pair in self.overlaps(own).items())

    def is_missed(self, true: int) -> bool:
        """Return whether no object fits a true one."""
        return not any(
            self.fits(own, true, shared) for own, shared in self.fragments(true).items()
        )

    def mend(self, own: int) -> None:
        """Correct one wrong object."""
        shared = self.overlaps(own)
        covered = [
            true
            for true, count in shared.items()
            if count >= RIGHT * self.true.count(true, ()) and self.is_missed(true)
        ]
        if len(covered) > 1:
            self.split(own, covered)
            return
        best = max(shared, key=lambda true: shared[true], default=0)
        if not best or not self.is_missed(best):
            self.do(delete(self.labels, self.index, [own], [()]))
            return
        parts = [
            other
            for other, count in self.fragments(best).items()
            if count >= RIGHT * self.index.count(other, ())
        ]
        if own in parts and len(parts) > 1 and self._would_fit(parts, best):
            self.do(merge(self.labels, self.index, parts, [()]))
            return
        self.do(delete(self.labels, self.index, [own], [()]))
        self.draw(best)

    def split(self, own: int, covered: list[int]) -> None:
        """Split an object by a click in each true one, and mend what is still wrong."""
        box = self.index.box(own, ())
        mask = self.labels[box] == own
        start = box[0].start, box[1].start
        seeds = [
            np.add(_deepest(mask & (self.truth[box] == true)), start)
            for true in covered
        ]
        before = set(self.index.ids) - {own}
        self.do(split_by_seeds(self.labels, self.index, own, seeds, ()))
        for part in sorted(set(self.index.ids) - before):
            if part in self.index and not self.is_right(part):
                self.do(delete(self.labels, self.index, [part], [()]))
        for true in covered:
            if self.is_missed(true):
                self.draw(true)

    def draw(self, true: int) -> None:
        """Draw a true object along its outline, under others where there is room."""
        box = self.true.box(true, ())
        mask = np.pad(self.truth[box] == true, 1)
        outlines = find_contours(mask.astype(float), 0.5)
        outline = np.add(max(outlines, key=len), [box[0].start - 1, box[1].start - 1])
        room = np.count_nonzero((self.labels[box] == 0) & mask[1:-1, 1:-1])
        writes = "under" if room > 0.7 * self.true.count(true, ()) else "over"
        self.do(draw_object(self.labels, self.index, outline, (), writes=writes))

    def paint(self, true: int) -> None:
        """Make one true object with brush and eraser, and count the strokes."""
        box = self.true.box(true, ())
        mask = self.truth[box] == true
        shared = self.fragments(true)
        own = max(shared, key=lambda other: shared[other], default=0)
        taken = own and shared[own] >= RIGHT * self.index.count(own, ())
        own = own if taken else self.index.next_id
        after = self.labels.copy()
        after[box][mask] = own
        # What the kept object has outside of the true one is erased.
        after[(self.labels == own) & (self.truth != true)] = 0
        self._write(after)

    def erase(self, own: int) -> None:
        """Erase an object, and count the strokes."""
        self._write(np.where(self.labels == own, 0, self.labels))

    def _write(self, after: NDArray) -> None:
        changed = after != self.labels
        for value in np.unique(after[changed]):
            self.operations += _strokes(changed & (after == value), self.brush)
        before, self.labels = self.labels, after
        self.index.update(self.labels, (), (0, 0), before, after)

    def _would_fit(self, parts: list[int], true: int) -> bool:
        shared = sum(self.fragments(true)[part] for part in parts)
        area = sum(self.index.count(part, ()) for part in parts)
        return shared >= RIGHT * (area + self.true.count(true, ()) - shared)


def main() -> None:
    """Correct the images of a fold in three ways, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fold", default="test")
    parser.add_argument("--cache", type=Path, default=Path(".benchmarks/automatic"))
    chosen = parser.parse_args()
    ways = {
        "queue and operations": follow_queue,
        "row by row, operations": lambda desk: read_rows(desk, brush=False),
        "row by row, brush and eraser": lambda desk: read_rows(desk, brush=True),
    }
    works: dict[str, list[Work]] = {name: [] for name in ways}
    for image in iter_automatic(chosen.data, chosen.fold, chosen.cache):
        for name, way in ways.items():
            desk = Desk(image)
            looks = 0 if desk.good else way(desk)
            works[name].append(Work(looks, desk.operations, desk.good))
    print("way                            images  good  untouched  operations  looks")
    for name, work in works.items():
        table = np.array(work)
        untouched = np.count_nonzero(table[:, 0] == 0)
        means = table.mean(0)
        print(
            f"{name:30}{len(work):7}{int(table[:, 2].sum()):6}{untouched:11}"
            f"{means[1]:12.1f}{means[0]:7.1f}"
        )


def follow_queue(desk: Desk) -> int:
    """Correct by the review queue, and return how much was looked at."""
    image = desk.image
    evidence = Evidence(
        image.confidence, image.grey, other=image.otsu, left_out=image.left_out
    )
    queue = ReviewQueue.of(desk.labels, desk.index, evidence)
    waiting = queue.waiting
    doubtful = [item for item in waiting if item.doubt >= DOUBTFUL]
    looks = 0

    def look(items: list) -> Iterator[int]:
        for item in items:
            if not item.candidate and item.own not in desk.index:
                continue  # merged, or gone with another
            before = desk.operations
            if not item.candidate:
                if not desk.is_right(item.own):
                    desk.mend(item.own)
            elif _wanted(desk, item.own):
                box = queue.box(item)
                changes = adopt(
                    desk.labels, desk.index, image.left_out, box, item.own, ()
                )
                desk.do(changes)
            yield desk.operations - before

    def draw_missed() -> Iterator[int]:
        for true in desk.true.ids:
            if desk.is_missed(true):
                desk.draw(true)
                yield 1

    for part in (look(doubtful), draw_missed(), look(waiting[len(doubtful) :])):
        for operations in part:
            looks += 1
            if operations and desk.good:
                return looks
    return looks


def read_rows(desk: Desk, *, brush: bool) -> int:
    """Correct row by row, and return how much was looked at."""
    places = [(desk.index.centroid(own, ()), own, False) for own in desk.index.ids]
    places += [
        (desk.true.centroid(true, ()), true, True)
        for true in desk.true.ids
        if desk.is_missed(true)
    ]
    places.sort(key=lambda place: (place[0][0] // ROWS, place[0][1]))
    looks = 0
    for _, own, missing in places:
        if (missing and not desk.is_missed(own)) or (
            not missing and own not in desk.index
        ):
            continue  # mended together with another
        looks += 1
        before = desk.operations
        if missing:
            # An object lies on it as a rule, and is mended when it is looked at.
            if brush:
                desk.paint(own)
            elif not any(
                count >= RIGHT * desk.index.count(other, ())
                or count >= RIGHT * desk.true.count(own, ())
                for other, count in desk.fragments(own).items()
            ):
                desk.draw(own)
        elif not desk.is_right(own):
            if not brush:
                desk.mend(own)
            else:
                shared = desk.overlaps(own)
                wanted = [true for true in shared if desk.is_missed(true)]
                for true in wanted:
                    desk.paint(true)
                if not wanted:
                    desk.erase(own)
        if desk.operations > before and desk.good:
            return looks
    for true in filter(desk.is_missed, desk.true.ids):
        looks += 1
        (desk.paint if brush else desk.draw)(true)
        if desk.good:
            return looks
    for own in desk.index.ids:  # what was left of others
        if not desk.is_right(own):
            looks += 1
            (desk.erase if brush else desk.mend)(own)
            if desk.good:
                return looks
    return looks


def _wanted(desk: Desk, own: int) -> bool:
    """Return whether a candidate that was left out fits a true object without one."""
    there = desk.image.left_out == own
    for true, shared in _counted(desk.truth[there]).items():
        union = np.count_nonzero(there) + desk.true.count(true, ()) - shared
        if shared >= RIGHT * union and desk.is_missed(true):
            return bool((desk.labels[there] == 0).any())
    return False


def _strokes(region: NDArray, brush: float) -> int:
    """Return how many strokes side by side cover each piece of a region."""
    count, found = pieces(region)
    total = 0
    for number in range(1, count + 1):
        places = np.argwhere(found == number).astype(np.float32)
        _, sides, _ = cv2.minAreaRect(places)
        total += int(np.ceil((min(sides) + 1) / brush))
    return total


def _deepest(mask: NDArray) -> NDArray:
    framed = np.pad(mask, 1)
    return np.array(np.unravel_index(depth(framed).argmax(), framed.shape)) - 1


def _counted(ids: NDArray) -> dict[int, int]:
    found, counts = np.unique(ids[ids > 0], return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _diameter(index: ObjectIndex) -> float:
    areas = [index.count(own, ()) for own in index.ids]
    return float(np.sqrt(4 / np.pi * np.median(areas))) if areas else 0.0


if __name__ == "__main__":
    main()
