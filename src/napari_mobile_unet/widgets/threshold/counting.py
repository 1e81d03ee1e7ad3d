"""Counts of grey values, in a thread: the plot fills as they come."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from qtpy.QtCore import QObject, Signal

from napari_mobile_unet.images.sampling import windows_of
from napari_mobile_unet.runs.fit import rarer_side
from napari_mobile_unet.thresholding.histogram import iter_counts
from napari_mobile_unet.widgets.shared.job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.thresholding.histogram import Histogram
    from napari_mobile_unet.types import Side

EVERY = 0.15
"""Seconds between two states of a count that are shown."""


class Counted(NamedTuple):
    """What has been counted so far."""

    histogram: Histogram
    side: Side | None
    """Which side is the foreground in all planes, if that was asked."""
    share: float
    """Of all parts, those that are counted."""


class Counting(QObject):
    """Counts planes.

    A count that is stale is given up within a plane, or a block of a large one.
    """

    counted = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._job, self._stale = Job(self), threading.Event()
        self._job.yielded.connect(self.counted)
        self._job.failed.connect(self.failed)

    @property
    def running(self) -> bool:
        """Whether a count is at work."""
        return self._job.running

    def cancel(self) -> None:
        """Give up what is at work."""
        self._stale.set()
        self._job.cancel()

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
        self._stale.set()
        self._stale = stale = threading.Event()

        def counted() -> Iterator[Counted]:
            side = rarer_side(stack) if with_side else None
            total = len(numbers) * len(list(windows_of(stack)))
            before, latest = time.monotonic(), None
            counts = iter_counts(partial(iter_parts, stack, numbers, masks, stale))
            for done, latest in enumerate(counts, start=1):
                if stale.is_set():
                    return
                if time.monotonic() - before > EVERY:
                    before = time.monotonic()
                    yield Counted(latest, side, done / total)
            if latest is not None:
                yield Counted(latest, side, 1.0)

        self._job.start(counted)


def iter_parts(
    stack: Stack,
    numbers: Sequence[int],
    masks: Callable[[int], NDArray[Any]] | None,
    stale: threading.Event,
) -> Iterator[NDArray[Any]]:
    """Yield planes, (Y, X) or RGB, or what masks leave of them in one row each.

    It ends when the count is stale.

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
            part = stack.plane(number, window)
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
