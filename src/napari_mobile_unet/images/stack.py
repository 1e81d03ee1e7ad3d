"""The axis contract: any array with named axes, read as planes, and back."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.axes import flatten, without
from napari_mobile_unet.images.grid import Channel, NamedArray, lazy
from napari_mobile_unet.images.windows import WHOLE, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import DTypeLike, NDArray


class Stack(NamedArray):
    """An image of any dimensions, seen as planes; made as a ``NamedArray`` is.

    Only what is asked for is read: a plane, or the planes of a batch.

    Examples
    --------
    >>> stack = Stack(np.zeros((5, 2, 64, 48), np.uint8), "ZCYX")
    >>> stack.batch_axes, stack.n_planes, stack.plane_shape
    ('Z', 5, (64, 48))
    >>> stack.channel(1).plane(4).shape
    (64, 48)
    """

    @property
    def batch_axes(self) -> str:
        """Axes that number the planes: all but C, Y, X and S."""
        return without(self.axes, "CYXS")

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Lengths of the batch axes."""
        return tuple(self.sizes[axis] for axis in self.batch_axes)

    @property
    def n_planes(self) -> int:
        """Number of planes."""
        return math.prod(self.batch_shape)

    @property
    def plane_shape(self) -> tuple[int, int]:
        """Height and width of a plane in pixels."""
        return self.sizes["Y"], self.sizes["X"]

    @property
    def labels_axes(self) -> str:
        """Axes of labels of this image: all but C and S."""
        return without(self.axes, "CS")

    @property
    def labels_shape(self) -> tuple[int, ...]:
        """Shape of labels of this image."""
        return tuple(self.sizes[axis] for axis in self.labels_axes)

    @property
    def labels_scale(self) -> tuple[float, ...]:
        """Scale of labels of this image."""
        return self.along(self.labels_axes, self.scale)

    @property
    def labels_translate(self) -> tuple[float, ...]:
        """Translation of labels of this image."""
        return self.along(self.labels_axes, self.translate)

    @property
    def labels_units(self) -> tuple[str, ...]:
        """Units of labels of this image."""
        return self.along(self.labels_axes, self.units)

    def index(self, number: int) -> tuple[int, ...]:
        """Return a plane's position on the batch axes."""
        return tuple(map(int, np.unravel_index(number, self.batch_shape)))

    def plane(self, number: int, window: Window = WHOLE) -> NDArray[Any]:
        """Return one plane, or a part of it.

        Parameters
        ----------
        number : int
            From 0 to ``n_planes - 1``, the last batch axis running fastest.
        window : tuple of slice
            Rows and columns; only their chunks are read.

        Returns
        -------
        ndarray
            (Y, X); with C or S, (Y, X, channels), the samples of a channel
            side by side. It may be a view of the data: do not write to it.
        """
        plane: NDArray[Any] = self._read(number, number + 1, window)[0]
        return plane if set("CS") & set(self.axes) else plane[..., 0]

    def batch(self, start: int, stop: int) -> NDArray[Any]:
        """Return the planes from ``start`` up to ``stop``.

        Returns
        -------
        ndarray
            (n, Y, X, channels), with one channel if there is neither C nor S.
        """
        # Neighbours on the last batch axis are read at one go, since they often
        # share a chunk.
        run = self.batch_shape[-1] if self.batch_shape else 1
        edges = [start, *range(start - start % run + run, stop, run), stop]
        parts = [self._read(*ends) for ends in pairwise(edges)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def iter_batches(self, size: int) -> Iterator[tuple[range, NDArray[Any]]]:
        """Yield the planes, some at a time; the next are read meanwhile.

        Parameters
        ----------
        size : int
            Planes in a batch, one at least; the last batch may hold fewer.

        Yields
        ------
        numbers : range
            Which planes these are.
        planes : ndarray
            As ``batch`` returns them.
        """
        if size < 1:
            raise ValueError(
                f"a batch holds one plane or more; received {size}; raise it"
            )
        starts = range(0, self.n_planes, size)
        spans = [range(s, min(s + size, self.n_planes)) for s in starts]
        with ThreadPoolExecutor(1, "mobile-unet reader") as reader:
            ahead = reader.submit(self.batch, spans[0].start, spans[0].stop)
            for span, following in zip_longest(spans, spans[1:]):
                planes = ahead.result()
                if following is not None:
                    ahead = reader.submit(self.batch, following.start, following.stop)
                yield span, planes

    def _read(self, start: int, stop: int, window: Window = WHOLE) -> NDArray[Any]:
        """Return planes that differ on the last batch axis only, (n, Y, X, C)."""
        where = dict.fromkeys(self.axes, slice(None))
        where["Y"], where["X"] = window
        for axis, position in zip(self.batch_axes, self.index(start), strict=True):
            where[axis] = slice(position, position + 1)
        if self.batch_axes:
            first = where[self.batch_axes[-1]].start
            where[self.batch_axes[-1]] = slice(first, first + stop - start)
        where |= {"S": slice(3)} if "S" in self.axes else {}  # without alpha
        try:
            block = np.asarray(self.data[tuple(where.values())])
        except MemoryError:
            raise
        except Exception as error:  # decoders raise anything, as in ``read_stack``
            raise OSError(
                f"planes {start} to {stop - 1} of {self.name} could not be read "
                f"({' '.join(str(error).split())}); copy the image again"
            ) from error
        # OpenCV refuses the foreign byte order that files may have.
        native = block.astype(block.dtype.newbyteorder("="), copy=False)
        return flatten(native, self.axes)

    def where(self, number: int) -> tuple[int | slice, ...]:
        """Return the index of one plane in an array on ``labels_axes``."""
        place = dict(zip(self.batch_axes, self.index(number), strict=True))
        return tuple(place.get(axis, slice(None)) for axis in self.labels_axes)

    def write_plane(self, labels: Any, number: int, plane: NDArray[Any]) -> None:
        """Write one plane (Y, X) into labels, NumPy or Zarr, on ``labels_axes``."""
        upright = self.axes.index("Y") < self.axes.index("X")
        labels[self.where(number)] = plane if upright else plane.T

    def assemble(
        self, planes: Iterable[NDArray[Any]], dtype: DTypeLike | None = None
    ) -> NDArray[Any]:
        """Return label planes put back onto the axes of the stack.

        Parameters
        ----------
        planes : iterable of ndarray
            ``n_planes`` of (Y, X) in order: an array (N, Y, X), or a generator.
        dtype : dtype, optional
            Of the result; that of the first plane if left out.

        Returns
        -------
        ndarray
            On ``labels_axes``.

        Raises
        ------
        ValueError
            If number or shape of the planes differ from the stack's.
        """
        labels: NDArray[Any] | None = None
        count = 0
        for count, plane in enumerate(planes, start=1):
            if plane.shape != self.plane_shape or count > self.n_planes:
                raise ValueError(
                    f"labels need {self.n_planes} planes of {self.plane_shape}; "
                    f"received {plane.shape} as plane {count}; resize or drop it"
                )
            if labels is None:
                labels = np.empty(self.labels_shape, dtype or plane.dtype)
            self.write_plane(labels, count - 1, plane)
        if labels is None or count < self.n_planes:
            raise ValueError(
                f"labels need {self.n_planes} planes; received {count}; "
                "give the missing ones, empty if need be"
            )
        return labels

    def with_planes(self, planes: Iterable[NDArray[Any]] | Any) -> Stack:
        """Return a stack of planes made from these, such as pre-processed ones.

        Parameters
        ----------
        planes : iterable of ndarray, or array
            ``n_planes`` of (Y, X) or (Y, X, channels), all of one shape; where it
            is not this stack's, they are taken to show the same field of view. An
            array of them all may be lazy, and stays so.

        Returns
        -------
        Stack
            On the batch axes, Y, X, and C or S if the planes have channels.
        """
        array = lazy(planes) if hasattr(planes, "shape") else np.stack(list(planes))
        colour = ("C" if "C" in self.axes else "S") if array.ndim == 4 else ""
        axes = self.batch_axes + "YX" + colour
        stack = self.on_axes(array.reshape(self.batch_shape + array.shape[1:]), axes)
        ratios = np.array(
            [
                self.sizes[axis] / stack.sizes[axis] if axis in "YX" else 1
                for axis in without(axes, "S")
            ]
        )
        # The edges of the field stay, so the centre of the first pixel moves.
        scale, first = np.array(stack.scale), np.array(stack.translate)
        moved = first + scale * (ratios - 1) / 2
        return replace(
            stack,
            scale=tuple((scale * ratios).tolist()),
            translate=tuple(moved.tolist()),
        )


def as_stack(
    image: Any, axes: str | None = None, channel: Channel | None = None
) -> Stack:
    """Return an image as a stack of one channel, the first by default, or of RGB.

    Raises
    ------
    ValueError
        If the axes do not fit, or the channel does not exist.
    """
    stack = image if isinstance(image, Stack) else Stack.from_array(image, axes)
    if "C" in stack.axes:
        return stack.channel(channel or 0)
    if channel and not isinstance(channel, str):
        raise ValueError(
            f"channel {channel} does not exist: an image with axes "
            f"{stack.axes} has one channel, 0"
        )
    return stack
