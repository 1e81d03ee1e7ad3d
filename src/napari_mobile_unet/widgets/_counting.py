"""Counts of grey values, in a thread: the plot fills as they come."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from qtpy.QtCore import QObject, Signal

from napari_mobile_unet.fitting import rarer_side, windows_of
from napari_mobile_unet.histogram import count_planes, iter_counts, luminance
from napari_mobile_unet.widgets._job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.histogram import Histogram
    from napari_mobile_unet.histogram_text import Side
    from napari_mobile_unet.stack import Stack
    from napari_mobile_unet.threshold import Threshold

EVERY = 0.15
"""Seconds between two states of a count that are shown."""


class Counted(NamedTuple):
    """What has been counted so far."""

    histogram: Histogram
    side: Side | None
    """Which side is the foreground in all planes, if that was asked."""
    share: float
    """Of all parts, those that are counted."""


class PlaneSplit(NamedTuple):
    """What a threshold does in one plane; NaN and 0 where nothing can be split."""

    number: int
    threshold: float
    separability: float


class Counting(QObject):
    """Counts planes, and looks for the threshold of each, one after the other.

    A count that is stale is given up within a plane, or a block of a large one.
    """

    counted = Signal(object)
    found = Signal(object)
    """A ``PlaneSplit``."""
    failed = Signal(str)
    ended = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._counting, self._surveying = Job(self), Job(self)
        self._stale = [threading.Event(), threading.Event()]
        self._counting.yielded.connect(self.counted)
        self._counting.failed.connect(self.failed)
        self._surveying.yielded.connect(self.found)
        self._surveying.failed.connect(self.failed)
        self._surveying.ended.connect(lambda _: self.ended.emit())

    def cancel(self) -> None:
        """Give up whatever is at work."""
        for stale in self._stale:
            stale.set()
        self._counting.cancel()
        self._surveying.cancel()

    def count(
        self,
        stack: Stack,
        numbers: Sequence[int],
        masks: Callable[[int], NDArray[Any]] | None = None,
        *,
        with_side: bool = False,
    ) -> None:
        """Count some planes, or what masks leave of them.

        Parameters
        ----------
        stack : Stack
            Of one channel, or RGB.
        numbers : sequence of int
            Of the planes.
        masks : callable, optional
            From the number of a plane to (Y, X), True where it is counted.
        with_side : bool
            Whether the side of the foreground is found over the whole stack first.
        """
        stale = self._renew(0)

        def counted() -> Iterator[Counted]:
            side = rarer_side(stack) if with_side else None
            total = len(numbers) * len(list(windows_of(stack)))
            before, latest = time.monotonic(), None
            counts = iter_counts(partial(_parts, stack, numbers, masks, stale))
            for done, latest in enumerate(counts, start=1):
                if stale.is_set():
                    return
                if time.monotonic() - before > EVERY:
                    before = time.monotonic()
                    yield Counted(latest, side, done / total)
            if latest is not None:
                yield Counted(latest, side, 1.0)

        self._counting.start(counted)

    def survey(self, stack: Stack, threshold: Threshold) -> None:
        """Find the threshold of each plane."""
        stale = self._renew(1)

        def found() -> Iterator[PlaneSplit]:
            for number in range(stack.n_planes):
                try:
                    split = threshold.split(
                        count_planes(partial(_parts, stack, [number], None, stale))
                    )
                except ValueError:  # nothing finite, or no threshold: it stays empty
                    yield PlaneSplit(number, float("nan"), 0.0)
                else:
                    yield PlaneSplit(number, split.threshold, split.separability)

        self._surveying.start(found)

    def stop_survey(self) -> None:
        """Give up looking at each plane."""
        self._stale[1].set()
        self._surveying.cancel()

    def _renew(self, which: int) -> threading.Event:
        self._stale[which].set()
        self._stale[which] = stale = threading.Event()
        return stale


def _parts(
    stack: Stack,
    numbers: Sequence[int],
    masks: Callable[[int], NDArray[Any]] | None,
    stale: threading.Event,
) -> Iterator[NDArray[Any]]:
    """Yield grey values, (Y, X) or in one row, until the count is stale.

    Raises
    ------
    ValueError
        If masks leave nothing.
    """
    seen = False
    for number in numbers:
        mask = None if masks is None else masks(number)
        for window in windows_of(stack):
            if stale.is_set():
                return
            part = luminance(stack.plane(number, window))
            if mask is not None:
                part = part[mask[window]][None]
            if part.size:
                seen = True
                yield part
    if not seen:
        raise ValueError(
            "a region must lie on the image, got one that covers none of its pixels; "
            "draw one over it"
        )
