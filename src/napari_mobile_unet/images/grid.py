"""An array whose axes have names, and places in the world."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

import numpy as np

from napari_mobile_unet.images.axes import check_axes, guess_axes, without

if TYPE_CHECKING:
    from collections.abc import Sequence

UNIT = "pixel"
"""Unit of an axis that was not calibrated."""
AxesSource = Literal["given", "metadata", "shape"]
"""Who named the axes: the caller, the file, or a guess from the shape."""
Channel = int | Literal["mean", "max"]
"""One channel by its number, or all of them combined."""
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class NamedArray:
    """An array of any dimensions, its axes named and calibrated.

    Parameters
    ----------
    data : array
        NumPy, Dask or Zarr array (or memory map) of any real type.
    axes : str
        One letter of "PTCZYXS" for each dimension of ``data``, each at most once;
        Y and X are needed. S holds RGB or RGBA samples; alpha is not looked at.
    scale : tuple of float
        Distance between pixels in ``units``, for each axis but S; 1 by default.
    translate : tuple of float
        Place of the first pixel in ``units``, for each axis but S; 0 by default.
    units : tuple of str
        For each axis but S, a name such as "micrometer" or "second"; "pixel" by
        default.
    name : str
        Of the image.
    axes_source : {"given", "metadata", "shape"}
        Who named the axes.
    left_out : str
        What its file holds besides, in words.

    Raises
    ------
    ValueError
        If axes and shape do not fit, an axis is empty, or the type is not real.
    """

    data: Any = field(repr=False)
    axes: str
    scale: tuple[float, ...] = ()
    translate: tuple[float, ...] = ()
    units: tuple[str, ...] = ()
    name: str = "image"
    axes_source: AxesSource = "given"
    left_out: str = ""

    def __post_init__(self) -> None:
        """Check the fields, and fill the calibration that was left out."""
        check_axes(self.axes, self.data.shape)
        if np.dtype(self.data.dtype).kind not in "biuf":
            raise ValueError(
                f"an image holds real numbers; received {self.data.dtype}; "
                "convert it, for example to float32"
            )
        named = without(self.axes, "S")
        defaults = {"scale": 1.0, "translate": 0.0, "units": UNIT}
        for name, default in defaults.items():
            values = tuple(getattr(self, name)) or (default,) * len(named)
            if len(values) != len(named):
                raise ValueError(
                    f"{name} needs one value for each axis but S; received {values} "
                    f"for axes {self.axes!r}; give {len(named)}"
                )
            object.__setattr__(self, name, values)

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
    ) -> Self:
        """Return one of an array, its axes guessed if they are left out.

        Parameters
        ----------
        data, scale, translate, units, name, left_out
            As for the class; a list becomes a NumPy array.
        axes : str, optional
            In capitals or not; see ``guess_axes`` for what is taken if left out.
        rgb : bool, optional
            For the guess: whether the last axis holds RGB samples.
        axes_source : {"given", "metadata", "shape"}, optional
            Who named the axes.

        Raises
        ------
        ValueError
            If the axes cannot be guessed, or do not fit.
        """
        array = data if hasattr(data, "shape") else np.asarray(data)
        return cls(
            array,
            guess_axes(array.shape, rgb) if axes is None else axes.upper(),
            tuple(() if scale is None else map(float, scale)),
            tuple(() if translate is None else map(float, translate)),
            tuple(() if units is None else map(str, units)),
            name,
            axes_source or ("shape" if axes is None else "given"),
            left_out,
        )

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each axis, in the order of the data."""
        return dict(zip(self.axes, map(int, self.data.shape), strict=True))

    def along(self, axes: str, values: tuple[T, ...]) -> tuple[T, ...]:
        """Return those of ``scale``, ``translate`` or ``units`` for some axes."""
        known = dict(zip(without(self.axes, "S"), values, strict=True))
        return tuple(known[axis] for axis in without(axes, "S"))

    def on_axes(self, data: Any, axes: str) -> Self:
        """Return other data on some of these axes, where this image lies.

        Raises
        ------
        ValueError
            If the data do not have these axes.
        """
        return replace(
            self,
            data=data,
            axes=axes,
            scale=self.along(axes, self.scale),
            translate=self.along(axes, self.translate),
            units=self.along(axes, self.units),
        )

    def squeeze(self) -> Self:
        """Return it without axes of length one other than Y and X; nothing is read."""
        axes = "".join(a for a in self.axes if self.sizes[a] > 1 or a in "YX")
        if axes == self.axes:
            return self
        where = tuple(slice(None) if axis in axes else 0 for axis in self.axes)
        return self.on_axes(lazy(self.data)[where], axes)

    def channel(self, number: Channel) -> Self:
        """Return one channel, or all of them combined, without the axis C.

        Nothing is read; a Zarr array becomes a Dask array of the same chunks.

        Parameters
        ----------
        number : int, "mean" or "max"
            Of the channel; or the mean (float32) or the largest value of all of them.

        Raises
        ------
        ValueError
            If the channel does not exist.
        """
        if isinstance(number, str):
            return self._combined(number)
        count = self.sizes.get("C", 1)
        if not 0 <= number < count:
            raise ValueError(
                f"channel {number} does not exist: the image has "
                + (f"{count} channels, 0 to {count - 1}" if count > 1 else "one, 0")
            )
        if "C" not in self.axes:
            return self
        where = tuple(number if axis == "C" else slice(None) for axis in self.axes)
        return self.on_axes(lazy(self.data)[where], without(self.axes, "C"))

    def _combined(self, how: Literal["mean", "max"]) -> Self:
        if "C" not in self.axes:
            return self
        import dask.array as da  # half a second that few need

        axis = self.axes.index("C")
        channels: Any = da.asarray(lazy(self.data))
        if how == "max":
            data = channels.max(axis=axis)
        else:
            data = channels.mean(axis=axis, dtype=np.float32)
        return self.on_axes(data, without(self.axes, "C"))


def lazy(data: Any) -> Any:
    """Return an array whose slices are read only when they are asked for."""
    if isinstance(data, np.ndarray) or hasattr(data, "dask"):
        return data
    import dask.array  # half a second that few need

    dask_array: Any = dask.array  # typed in some of its releases only
    return dask_array.from_array(data, chunks=getattr(data, "chunks", None) or "auto")
