"""Planes that are read together, and worked on one by one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from napari_mobile_unet.images.pixels import single_channel

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import Plane


class Batch:
    """Neighbouring planes, read at one go when the first of them is asked for.

    Where memory does not last for all of them, half of them are read at a time.

    Parameters
    ----------
    stack : Stack
        The image, of one channel or RGB.
    numbers : range
        Of the planes.
    first : int
        The plane that is wanted most; the others follow by their distance from it.
    """

    def __init__(self, stack: Stack, numbers: range, first: int = 0) -> None:
        self._stack, self.numbers = stack, numbers
        self.order = sorted(numbers, key=lambda number: abs(number - first))
        """The numbers in the order in which they are to be worked on."""
        self._reading = threading.Lock()
        self._planes: dict[int, Plane] | None = None
        self._halves: tuple[Batch, Batch] | None = None

    def take(self, number: int) -> Plane:
        """Return a plane, (Y, X) or (Y, X, 3), and let go of it; safe in any thread.

        Raises
        ------
        OSError
            If it cannot be read.
        MemoryError
            If memory does not last for a single plane.
        """
        with self._reading:
            if self._planes is None and self._halves is None:
                self._read()
            if self._planes is not None:
                return self._planes.pop(number)
            assert self._halves is not None
            first, second = self._halves
            return (first if number in first.numbers else second).take(number)

    def _read(self) -> None:
        numbers = self.numbers
        try:
            planes = self._stack.batch(numbers.start, numbers.stop)
        except MemoryError:
            if len(numbers) == 1:
                raise
            half = len(numbers) // 2
            self._halves = (
                Batch(self._stack, numbers[:half]),
                Batch(self._stack, numbers[half:]),
            )
            return
        # Copies: a view would keep the whole batch in memory until the last is done.
        alone = len(numbers) == 1
        self._planes = {
            number: single_channel(plane if alone else plane.copy())
            for number, plane in zip(numbers, planes, strict=True)
        }


def batches(stack: Stack, done: set[int], size: int, first: int = 0) -> list[Batch]:
    """Return the planes that are not done, in batches.

    Parameters
    ----------
    stack : Stack
        The image.
    done : set of int
        Planes that are left out.
    size : int
        Most planes of a batch, which are neighbours.
    first : int
        The plane to begin with; the others follow by their distance from it.
    """
    todo = [number for number in range(stack.n_planes) if number not in done]
    found, start = [], 0
    for stop in range(1, len(todo) + 1):
        ended = stop == len(todo) or todo[stop] != todo[stop - 1] + 1
        if ended or stop - start == size:
            found.append(Batch(stack, range(todo[start], todo[stop - 1] + 1), first))
            start = stop
    return sorted(found, key=lambda batch: abs(batch.order[0] - first))
