"""The axis contract: any array with named axes, as planes, and back again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

AXES = "TCZYXS"
"""Time, channel, depth, height, width, and the samples of an RGB pixel."""

Source = Literal["given", "metadata", "shape"]
"""Where the axes of a stack are known from."""


@dataclass(frozen=True, eq=False)
class Stack:
    """An array, in memory or lazy, that knows what its axes mean.

    Parameters
    ----------
    data : array
        NumPy, Dask or Zarr; any real dtype. Never copied whole.
    axes : str
        A letter of ``AXES`` for each dimension, each at most once, Y and X among
        them. S has size 3 or 4; a fourth sample, alpha, is dropped.
    scale : tuple of float
        Size of a step along each axis but S, in ``units``.
    translate : tuple of float
        Position of the first element along each axis but S, in ``units``.
    units : tuple of str
        Of each axis but S.
    name : str
        What a person calls it.
    axes_source : {"given", "metadata", "shape"}
        Where the axes are known from; "shape" is a guess.

    Raises
    ------
    ValueError
        If axes, shape or dtype do not fit.
    """

    data: Any
    axes: str
    scale: tuple[float, ...]
    translate: tuple[float, ...]
    units: tuple[str, ...]
    name: str = "image"
    axes_source: Source = "given"

    def __post_init__(self) -> None:
        check_axes(self.axes, self.data.shape)
        if np.dtype(self.data.dtype).kind not in "buif":
            raise ValueError(
                f"an image must hold real numbers; {self.name} holds "
                f"{self.data.dtype}; take the real part or the magnitude"
            )

    @classmethod
    def from_array(
        cls,
        data: Any,
        axes: str | None = None,
        *,
        rgb: bool | None = None,
        scale: Sequence[float] | None = None,
        translate: Sequence[float] | None = None,
        units: Sequence[str] | None = None,
        name: str = "image",
        axes_source: Source | None = None,
    ) -> Stack:
        """Return an array as a stack; what is left out takes its default.

        Without ``axes`` they are guessed from the shape (see ``guess_axes``).
        """
        if not hasattr(data, "shape") or not hasattr(data, "dtype"):
            data = np.asarray(data)
        if axes is None:
            axes, known = guess_axes(data.shape, rgb), "shape"
        else:
            axes, known = axes.upper(), "given"
        count = len(axes.replace("S", ""))
        return cls(
            data,
            axes,
            scale=tuple(float(s) for s in scale or (1.0,) * count),
            translate=tuple(float(t) for t in translate or (0.0,) * count),
            units=tuple(units or ("pixel",) * count),
            name=name,
            axes_source=axes_source or known,  # type: ignore[arg-type]
        )

    @property
    def sizes(self) -> dict[str, int]:
        """Length along each axis, in the order of the data."""
        return dict(zip(self.axes, map(int, self.data.shape), strict=True))

    @property
    def batch_axes(self) -> str:
        """The axes that are flattened into planes: all but C, Y, X and S."""
        return "".join(axis for axis in self.axes if axis not in "CYXS")

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Lengths along the batch axes."""
        return tuple(self.sizes[axis] for axis in self.batch_axes)

    @property
    def n_planes(self) -> int:
        """Number of planes."""
        return prod(self.batch_shape)

    @property
    def plane_shape(self) -> tuple[int, int]:
        """Height and width of a plane."""
        return self.sizes["Y"], self.sizes["X"]

    @property
    def labels_axes(self) -> str:
        """The axes of its labels: without C and S, in the order of the data."""
        return self.axes.replace("C", "").replace("S", "")

    @property
    def labels_shape(self) -> tuple[int, ...]:
        """The shape of its labels."""
        return tuple(self.sizes[axis] for axis in self.labels_axes)

    @property
    def labels_scale(self) -> tuple[float, ...]:
        """``scale`` along the axes of its labels."""
        return self._along_labels(self.scale)

    @property
    def labels_translate(self) -> tuple[float, ...]:
        """``translate`` along the axes of its labels."""
        return self._along_labels(self.translate)

    @property
    def labels_units(self) -> tuple[str, ...]:
        """``units`` along the axes of its labels."""
        return self._along_labels(self.units)

    def _along_labels(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        spatial = self.axes.replace("S", "")
        return tuple(v for a, v in zip(spatial, values, strict=True) if a != "C")

    def channel(self, channel: int) -> Stack:
        """Return one channel of it, without the axis C.

        Raises
        ------
        ValueError
            If it has no such channel.
        """
        count = self.sizes.get("C", 1)
        if not 0 <= channel < count:
            has = (
                f"{count} channels, 0 to {count - 1}" if count > 1 else "one channel, 0"
            )
            raise ValueError(f"channel {channel} does not exist: {self.name} has {has}")
        if "C" not in self.axes:
            return self
        where: list[Any] = [slice(None)] * len(self.axes)
        where[self.axes.index("C")] = channel
        data = self.data
        if not isinstance(data, np.ndarray) and not hasattr(data, "dask"):
            import dask.array as da  # a Zarr array would be read whole

            data = da.from_array(data)
        return replace(
            self,
            data=data[tuple(where)],
            axes=self.axes.replace("C", ""),
            scale=self.labels_scale,
            translate=self.labels_translate,
            units=self.labels_units,
        )

    def index(self, number: int) -> tuple[int, ...]:
        """Return the position of a plane on the batch axes."""
        return tuple(int(i) for i in np.unravel_index(number, self.batch_shape))

    def plane(self, number: int) -> Array:
        """Return one plane, (Y, X) or (Y, X, channels); no other is read."""
        place = dict(zip(self.batch_axes, self.index(number), strict=True))
        where = tuple(place.get(axis, slice(None)) for axis in self.axes)
        left = "".join(axis for axis in self.axes if axis not in place)
        plane = np.asarray(self.data[where])
        if "S" in left:
            plane = plane.take(range(3), axis=left.index("S"))
        planes = flatten(plane, left)
        return planes[0, ..., 0] if planes.shape[-1] == 1 else planes[0]

    def iter_batches(self, size: int) -> Iterator[tuple[slice, Array]]:
        """Yield planes in order, ``size`` at a time: which, and (n, Y, X, channels)."""
        for start in range(0, self.n_planes, size):
            numbers = slice(start, min(start + size, self.n_planes))
            planes = [self.plane(n) for n in range(numbers.start, numbers.stop)]
            yield numbers, np.stack([np.atleast_3d(plane) for plane in planes])

    def assemble(self, planes: Iterable[Array], dtype: Any = None) -> Array:
        """Return planes of labels (Y, X), given in order, on the axes of its labels."""
        axes = self.batch_axes + "YX"
        stacked: Array | None = None
        for number, plane in enumerate(planes):
            if stacked is None:
                shape = (self.n_planes, *plane.shape)
                stacked = np.zeros(shape, dtype or plane.dtype)
            stacked[number] = plane
        assert stacked is not None  # a stack has at least one plane
        whole = stacked.reshape(*self.batch_shape, *stacked.shape[1:])
        return whole.transpose([axes.index(axis) for axis in self.labels_axes])

    def with_planes(self, planes: Sequence[Array]) -> Stack:
        """Return a stack of other planes in the same places, such as prepared ones.

        Their height, width and channels may differ; scale follows height and width.
        """
        first = planes[0]
        axes = self.batch_axes + "YX" + "S" * (first.ndim == 3)
        data = np.stack(planes).reshape(*self.batch_shape, *first.shape)
        height, width = self.plane_shape
        factor = {"Y": height / first.shape[0], "X": width / first.shape[1]}
        spatial = self.axes.replace("S", "")
        place = [spatial.index(axis) for axis in axes.replace("S", "")]
        return Stack(
            data,
            axes,
            scale=tuple(self.scale[i] * factor.get(spatial[i], 1.0) for i in place),
            translate=tuple(self.translate[i] for i in place),
            units=tuple(self.units[i] for i in place),
            name=self.name,
            axes_source=self.axes_source,
        )


def check_axes(axes: str, shape: Sequence[int]) -> None:
    """Refuse axes that do not fit a shape.

    Raises
    ------
    ValueError
        With the rule, what was received, and what to do.
    """
    example = f"such as axes='{suggest_axes(shape)}'" if 2 <= len(shape) <= 5 else ""
    received = f"received {axes!r} for shape {tuple(shape)}"
    if unknown := sorted(set(axes) - set(AXES)):
        raise ValueError(
            f"axes are letters of {AXES}; {received}, where {', '.join(unknown)} "
            f"is unknown; name each dimension, {example}"
        )
    if len(set(axes)) < len(axes) or len(axes) != len(shape):
        raise ValueError(
            f"axes name each dimension once; {received}; name each, {example}"
        )
    if not {"Y", "X"} <= set(axes):
        raise ValueError(f"axes must have Y and X; {received}; name each, {example}")
    if "S" in axes and shape[axes.index("S")] not in (3, 4):
        raise ValueError(
            f"S stands for the 3 or 4 samples of RGB; {received}; use C for channels"
        )
    if 0 in shape:
        raise ValueError(f"an image must have pixels; received shape {tuple(shape)}")


def suggest_axes(shape: Sequence[int], rgb: bool | None = None) -> str:
    """Return the likeliest axes of a shape, for a person to confirm or change."""
    if rgb is None:
        rgb = len(shape) > 2 and shape[-1] in (3, 4) and min(shape[-3:-1]) > 4
    usual = {2: "YX", 3: "ZYX", 4: "TZYX", 5: "TCZYX"}
    count = len(shape) - bool(rgb)
    if rgb and count == 3:
        return "ZYXS"
    return (usual.get(count) or AXES[:count]) + "S" * bool(rgb)


def guess_axes(shape: Sequence[int], rgb: bool | None = None) -> str:
    """Return the axes of a shape that leaves little doubt.

    2-D is YX, 3-D is ZYX, or YXS where the last axis has 3 or 4 elements and the
    others more, 4-D is ZYXS under the same condition.

    Raises
    ------
    ValueError
        If the shape could mean several things.
    """
    likely = suggest_axes(shape, rgb)
    if likely not in ("YX", "ZYX", "YXS", "ZYXS"):
        raise ValueError(
            f"axes of a {len(shape)}-D image {tuple(shape)} cannot be guessed; name "
            f"them, for example axes='{likely}'"
        )
    return likely


def flatten(array: Array, axes: str) -> Array:
    """Return an array as planes (N, Y, X, channels).

    T and Z, in the order of the array, become N; C and S become channels, C first.

    Raises
    ------
    ValueError
        If the axes do not fit.
    """
    check_axes(axes, array.shape)
    order = _order(axes)
    moved = array.transpose([axes.index(axis) for axis in order])
    batch = len(order) - 2 - sum(axis in "CS" for axis in order)
    height, width = moved.shape[batch : batch + 2]
    channels = prod(moved.shape[batch + 2 :])
    return moved.reshape(prod(moved.shape[:batch]), height, width, channels)


def unflatten(planes: Array, axes: str, shape: Sequence[int]) -> Array:
    """Return planes (N, Y, X, channels) as an array of these axes and this shape.

    The inverse of ``flatten``.

    Raises
    ------
    ValueError
        If planes, axes and shape do not fit each other.
    """
    check_axes(axes, shape)
    order = _order(axes)
    sizes = dict(zip(axes, shape, strict=True))
    moved = planes.reshape([sizes[axis] for axis in order])
    return moved.transpose([order.index(axis) for axis in axes])


def smallest_type(largest: int) -> type[np.unsignedinteger[Any]]:
    """Return the smallest unsigned type, of 16 bits at least, that holds an id."""
    return np.uint16 if largest < 2**16 else np.uint32


def _order(axes: str) -> str:
    """Return the axes with T and Z first, then Y, X, C, S."""
    batch = "".join(axis for axis in axes if axis not in "CYXS")
    return batch + "YX" + "".join(axis for axis in "CS" if axis in axes)
