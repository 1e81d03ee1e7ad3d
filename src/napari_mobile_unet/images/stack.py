"""The axis contract: any array with named axes, read as planes, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.assemble import assemble_labels, join_planes
from napari_mobile_unet.images.axes import check_axes, guess_axes, without
from napari_mobile_unet.images.grid import Grid
from napari_mobile_unet.images.lazy import as_lazy, combine
from napari_mobile_unet.images.pixels import refuse_mask
from napari_mobile_unet.images.reading import read_planes
from napari_mobile_unet.images.windows import WHOLE, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import DTypeLike

    from napari_mobile_unet.images.channels import ChannelInfo
    from napari_mobile_unet.types import AnyLabels, AxesSource, Channel, Plane


@dataclass(frozen=True, eq=False)
class Stack:
    """An image of any dimensions, seen as planes.

    Only what is asked for is read: a plane, or the planes of a batch.

    Parameters
    ----------
    data : array
        NumPy, Dask or Zarr array (or memory map) of any real type.
    grid : Grid
        An axis for each dimension of ``data``, and where its pixels lie; the axes
        alone will do. Y and X are needed; of RGBA samples, alpha is not looked at.
    name : str
        Of the image.
    axes_source : {"given", "metadata", "shape"}
        Who named the axes.
    left_out : str
        What its file holds besides, in words.
    notes : tuple of str
        What a person should know of how the file was understood.
    channels : tuple of ChannelInfo
        Names and colours along C, or of the one channel; empty if there are none.

    Raises
    ------
    ValueError
        If axes and shape do not fit, an axis is empty, the type is not real, or pixels
        are masked.

    Examples
    --------
    >>> stack = Stack(np.zeros((5, 2, 64, 48), np.uint8), "ZCYX")
    >>> stack.batch_axes, stack.n_planes, stack.plane_shape
    ('Z', 5, (64, 48))
    >>> stack.channel(1).plane(4).shape
    (64, 48)
    """

    data: Any = field(repr=False)
    grid: Grid
    name: str = "image"
    axes_source: AxesSource = "given"
    left_out: str = ""
    notes: tuple[str, ...] = ()
    channels: tuple[ChannelInfo, ...] = ()

    def __post_init__(self) -> None:
        """Check the fields."""
        if isinstance(self.grid, str):
            object.__setattr__(self, "grid", Grid(self.grid))
        check_axes(self.axes, self.data.shape)
        if np.dtype(self.data.dtype).kind not in "biuf":
            raise ValueError(
                f"an image must hold real numbers; received {self.data.dtype}; "
                "convert it, for example to float32"
            )
        refuse_mask(self.data)

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
        axes_source: AxesSource | None = None,
        left_out: str = "",
    ) -> Stack:
        """Return the stack of an array, its axes guessed if they are left out.

        Parameters
        ----------
        data, name, axes_source, left_out
            As for the class; a list becomes a NumPy array.
        axes : str, optional
            In capitals or not; see ``guess_axes`` for what is taken if left out.
        rgb : bool, optional
            For the guess: whether the last axis holds RGB samples.
        scale, translate, units : sequence, optional
            As for ``Grid``: one value for each axis but S.

        Raises
        ------
        ValueError
            If the axes cannot be guessed, or do not fit.
        """
        array = data if hasattr(data, "shape") else np.asarray(data)
        named = guess_axes(array.shape, rgb) if axes is None else axes.upper()
        check_axes(named, array.shape)
        grid = Grid(
            named,
            scale=() if scale is None else tuple(scale),
            translate=() if translate is None else tuple(translate),
            units=() if units is None else tuple(units),
        )
        source = axes_source or ("shape" if axes is None else "given")
        return cls(array, grid, name, source, left_out)

    @property
    def axes(self) -> str:
        """One letter for each dimension of the data."""
        return self.grid.axes

    @property
    def scale(self) -> tuple[float, ...]:
        """Distance between pixels in ``units``, for each axis but S."""
        return self.grid.scale

    @property
    def translate(self) -> tuple[float, ...]:
        """Centre of the first pixel in ``units``, for each axis but S."""
        return self.grid.translate

    @property
    def units(self) -> tuple[str, ...]:
        """Such as "micrometer", for each axis but S."""
        return self.grid.units

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each axis, in the order of the data."""
        return dict(zip(self.axes, map(int, self.data.shape), strict=True))

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
    def labels_grid(self) -> Grid:
        """Where labels of this image lie."""
        return self.grid.select(self.labels_axes)

    @property
    def labels_scale(self) -> tuple[float, ...]:
        """Scale of labels of this image."""
        return self.labels_grid.scale

    def on_axes(self, data: Any, axes: str) -> Stack:
        """Return other data on some of these axes, where this image lies.

        Raises
        ------
        ValueError
            If the image lacks one of the axes, or they do not fit the data.
        """
        return replace(self, data=data, grid=self.grid.select(axes))

    def squeeze(self) -> Stack:
        """Return it without axes of length one, but Y and X; nothing is read."""
        single = [axis for axis, size in self.sizes.items() if size == 1]
        where = dict.fromkeys(without("".join(single), "YX"), 0)
        return self._at(where) if where else self

    def channel(self, number: Channel) -> Stack:
        """Return one channel, or all of them combined, without the axis C.

        Nothing is read; a Zarr array becomes a Dask array of the same chunks.

        Parameters
        ----------
        number : int, "mean", "max" or "all"
            Of the channel; or the mean (float32) or the largest value of all of them;
            "all" keeps them as they are, and the axis C.

        Raises
        ------
        ValueError
            If the channel does not exist.
        """
        count = self.sizes.get("C", 1)
        if not isinstance(number, str) and not 0 <= number < count:
            raise ValueError(
                f"channel {number} does not exist: the image has "
                + (f"{count} channels, 0 to {count - 1}" if count > 1 else "one, 0")
            )
        if "C" not in self.axes or number == "all":
            return self
        if not isinstance(number, str):
            this = self.channels[number : number + 1]
            return replace(self._at({"C": number}), channels=this)
        data = combine(self.data, self.axes.index("C"), number)
        return replace(self.on_axes(data, without(self.axes, "C")), channels=())

    def _at(self, positions: dict[str, int]) -> Stack:
        """Return the part at these positions, without their axes; nothing is read."""
        where = tuple(positions.get(axis, slice(None)) for axis in self.axes)
        axes = without(self.axes, "".join(positions))
        return self.on_axes(as_lazy(self.data)[where], axes)

    def index(self, number: int) -> tuple[int, ...]:
        """Return a plane's position on the batch axes."""
        return tuple(map(int, np.unravel_index(number, self.batch_shape)))

    def plane(self, number: int, window: Window = WHOLE) -> Plane:
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
            (Y, X); with C or S, (Y, X, channels), the samples of a channel side by
            side. It may be a view of the data: do not write to it.
        """
        plane: Plane = read_planes(self, number, number + 1, window)[0]
        return plane if set("CS") & set(self.axes) else plane[..., 0]

    def batch(self, start: int, stop: int) -> Plane:
        """Return planes as (n, Y, X, channels); see ``read_planes``."""
        return read_planes(self, start, stop)

    def where(self, number: int) -> tuple[int | slice, ...]:
        """Return the index of one plane in an array on ``labels_axes``."""
        place = dict(zip(self.batch_axes, self.index(number), strict=True))
        return tuple(place.get(axis, slice(None)) for axis in self.labels_axes)

    def write_plane(self, labels: Any, number: int, plane: AnyLabels) -> None:
        """Write one plane (Y, X) into labels, NumPy or Zarr, on ``labels_axes``."""
        upright = self.axes.index("Y") < self.axes.index("X")
        labels[self.where(number)] = plane if upright else plane.T

    def assemble(
        self, planes: Iterable[AnyLabels], dtype: DTypeLike | None = None
    ) -> AnyLabels:
        """Return labels, given plane by plane, as one array on ``labels_axes``."""
        return assemble_labels(self, planes, dtype)

    def with_planes(self, planes: Iterable[Plane]) -> Stack:
        """Return a stack of planes made from these; see ``join_planes``."""
        data, grid = join_planes(self, planes)
        return replace(self, data=data, grid=grid)


def as_stack(
    image: Any, axes: str | None = None, channel: Channel | None = None
) -> Stack:
    """Return an image as a stack of one channel, the first by default, or of RGB.

    With the channel "all" it keeps all of them.

    Raises
    ------
    ValueError
        If the axes do not fit, or the channel does not exist.
    """
    stack = image if isinstance(image, Stack) else Stack.from_array(image, axes)
    return stack.channel(channel or 0)
