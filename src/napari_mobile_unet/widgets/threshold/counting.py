"""Counts of grey values, a part of the image at a time, to be shown as they come."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from napari_mobile_unet.images.sampling import windows_of
from napari_mobile_unet.parallel.cancel import checkpoint
from napari_mobile_unet.runs.fit import stack_foreground
from napari_mobile_unet.thresholding.histogram import count_planes, iter_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.thresholding.foreground import Foreground
    from napari_mobile_unet.thresholding.histogram import Histogram
    from napari_mobile_unet.thresholding.threshold import Threshold
    from napari_mobile_unet.types import Mask, Plane

INTERVAL = 0.15
"""Seconds between two states of a count that are shown."""


class Counted(NamedTuple):
    """What has been counted so far."""

    histogram: Histogram
    foreground: Foreground | None
    """Which side is the foreground in all planes, if that was asked."""
    share: float
    """Part of the pixels that are counted, from 0 to 1."""


class PlaneSplit(NamedTuple):
    """What a threshold does in one plane; NaN and 0 where nothing can be split."""

    number: int
    threshold: float
    separability: float


def iter_counted(
    stack: Stack,
    numbers: Sequence[int],
    masks: Callable[[int], Mask] | None = None,
    *,
    with_foreground: bool = False,
) -> Iterator[Counted]:
    """Yield the counts of some planes, from time to time and at the end.

    Parameters
    ----------
    stack : Stack
        Of one channel, or RGB.
    numbers : sequence of int
        Of the planes.
    masks : callable, optional
        From the number of a plane to (Y, X), True where it is counted.
    with_foreground : bool
        Whether the side of the foreground is found over the whole stack first.

    Raises
    ------
    ValueError
        If masks leave nothing, or there is no finite value.
    Cancelled
        If the work was cancelled: within a plane, or a block of a large one.
    """
    foreground = stack_foreground(stack) if with_foreground else None
    total = len(numbers) * len(list(windows_of(stack)))
    before, latest = time.monotonic(), None
    counts = iter_counts(partial(_iter_parts, stack, numbers, masks))
    for done, latest in enumerate(counts, start=1):
        if time.monotonic() - before > INTERVAL and done < total:
            before = time.monotonic()
            yield Counted(latest, foreground, done / total)
    if latest is not None:
        yield Counted(latest, foreground, 1.0)


def iter_plane_splits(stack: Stack, threshold: Threshold) -> Iterator[PlaneSplit]:
    """Yield what a threshold does in each plane on its own.

    Parameters
    ----------
    stack : Stack
        Of one channel, or RGB.
    threshold : Threshold
        How it is found.

    Raises
    ------
    Cancelled
        If the work was cancelled.
    """
    for number in range(stack.n_planes):
        parts = partial(_iter_parts, stack, [number])
        try:
            split = threshold.split(count_planes(parts))
        except ValueError:  # nothing finite, or no threshold: it stays empty
            yield PlaneSplit(number, float("nan"), 0.0)
        else:
            yield PlaneSplit(number, split.threshold, split.separability)


def _iter_parts(
    stack: Stack,
    numbers: Sequence[int],
    masks: Callable[[int], Mask] | None = None,
) -> Iterator[Plane]:
    """Yield grey values, (Y, X) or in one row."""
    found = False
    for number in numbers:
        mask = None if masks is None else masks(number)
        for window in windows_of(stack):
            checkpoint()
            part = stack.plane(number, window)
            if mask is not None:
                part = part[mask[window]][None]
            if part.size:
                found = True
                yield part
    if not found:
        raise ValueError(
            "a region must lie on the image, got one that covers none of its pixels; "
            "draw one over it"
        )
