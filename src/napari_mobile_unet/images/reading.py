"""Planes read from a stack, some at a time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.images.axes import flatten
from napari_mobile_unet.images.pixels import native
from napari_mobile_unet.images.windows import WHOLE, Window

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import Plane


def read_planes(stack: Stack, start: int, stop: int, window: Window = WHOLE) -> Plane:
    """Return the planes from ``start`` up to ``stop``, or a part of each.

    Parameters
    ----------
    stack : Stack
        The image.
    start, stop : int
        Numbers of planes, from 0 to ``n_planes``.
    window : tuple of slice
        Rows and columns; only their chunks are read.

    Returns
    -------
    ndarray
        (n, Y, X, channels), in the byte order of this machine, without alpha; with
        one channel if there is neither C nor S. It may be a view of the data.

    Raises
    ------
    OSError
        If the data cannot be read.
    """
    # Neighbours on the last batch axis are read in one go, since they often share a
    # chunk.
    run = stack.batch_shape[-1] if stack.batch_shape else 1
    edges = [start, *range(start - start % run + run, stop, run), stop]
    parts = [_read_run(stack, *ends, window) for ends in pairwise(edges)]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _read_run(stack: Stack, start: int, stop: int, window: Window) -> Plane:
    """Return planes that differ on the last batch axis only, (n, Y, X, channels)."""
    where = dict.fromkeys(stack.axes, slice(None))
    where["Y"], where["X"] = window
    for axis, position in zip(stack.batch_axes, stack.index(start), strict=True):
        where[axis] = slice(position, position + 1)
    if stack.batch_axes:
        first = where[stack.batch_axes[-1]].start
        where[stack.batch_axes[-1]] = slice(first, first + stop - start)
    where |= {"S": slice(3)} if "S" in stack.axes else {}  # without alpha
    try:
        block = np.asarray(stack.data[tuple(where.values())])
    except MemoryError:
        raise
    except Exception as error:  # decoders raise anything, as in ``read_stack``
        raise OSError(
            f"planes {start} to {stop - 1} of {stack.name} could not be read "
            f"({' '.join(str(error).split())}); copy the image again"
        ) from error
    return flatten(native(block), stack.axes)
