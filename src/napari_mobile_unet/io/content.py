"""What a reader finds in a file, and the stack that it makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_mobile_unet.images.axes import check_axes, guess_axes, without
from napari_mobile_unet.images.channels import ChannelInfo
from napari_mobile_unet.images.grid import Grid
from napari_mobile_unet.images.lazy import as_lazy
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.calibration import AxisPlace, usable_places
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.types import AxesSource


class RequestError(ValueError):
    """What is wanted of a file is not in it, or cannot be had in this way."""


@dataclass
class Content:
    """What a reader finds in a file.

    Parameters
    ----------
    data : array
        The pixels; NumPy, Dask or Zarr.
    axes : str, optional
        A letter for each dimension; None if the file does not name them.
    rgb : bool, optional
        Whether the last dimension holds RGB samples, where the axes are not named.
    places : dict of str to AxisPlace
        Size and place of pixels along some of the axes, in the file's own units.
    left_out : list of str
        What else is in the file, and not read.
    notes : list of str
        What a person should know of how it was read.
    channels : tuple of ChannelInfo
        Names and colours of its channels.
    """

    data: Any
    axes: str | None = None
    rgb: bool | None = None
    places: dict[str, AxisPlace] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    channels: tuple[ChannelInfo, ...] = ()

    def leave_out_images(self, positions: list[int], why: str = "") -> None:
        """Note which images of a file are not read, and why they are not."""
        if positions:
            several = "s" * (len(positions) > 1)
            numbers = ", ".join(map(str, positions))
            self.left_out.append(
                f"{len(positions)} further image{several}{why} "
                f"(position{several} {numbers})"
            )

    def stack(self, name: str, axes: str | None = None) -> Stack:
        """Return it as a stack, whose planes are rows and columns in this order.

        Parameters
        ----------
        name : str
            Of the image.
        axes : str, optional
            Given by the person; these go before those of the file.

        Raises
        ------
        ValueError
            If the axes do not fit, or the pixels are not real numbers.
        """
        source: AxesSource = "given" if axes else "metadata" if self.axes else "shape"
        named = (axes or self.axes or guess_axes(self.data.shape, self.rgb)).upper()
        check_axes(named, self.data.shape)
        data, notes, upright = self.data, list(self.notes), upright_axes(named)
        if upright != named:
            data = as_lazy(data).transpose([named.index(axis) for axis in upright])
            notes.append(f"stored as {named}, read as {upright}")
        places, more = usable_places(
            {axis: place for axis, place in self.places.items() if axis in named}
        )
        along = [places.get(axis, AxisPlace()) for axis in without(upright, "S")]
        grid = Grid(
            upright,
            scale=tuple(place.step for place in along),
            translate=tuple(place.first for place in along),
            units=tuple(place.unit for place in along),
        )
        return Stack(
            data,
            grid,
            name,
            axes_source=source,
            left_out=" and ".join(self.left_out),
            notes=tuple(notes + more),
            channels=self._named_channels(named),
        )

    def _named_channels(self, axes: str) -> tuple[ChannelInfo, ...]:
        """Return names and colours, if there is one for each channel."""
        count = self.data.shape[axes.index("C")] if "C" in axes else 1 - ("S" in axes)
        known = any(channel != ChannelInfo() for channel in self.channels)
        return self.channels if known and len(self.channels) == count else ()


def upright_axes(axes: str) -> str:
    """Return axes with Y and X, in this order, behind all axes that number planes.

    So labels, which are written plane by plane, lie on the axes of their image.

    Examples
    --------
    >>> [upright_axes(axes) for axes in ("XY", "YXZ", "CYX", "YXC", "ZYXS")]
    ['YX', 'ZYX', 'CYX', 'YXC', 'ZYXS']
    """
    axes = axes.upper()
    if without(axes, "CS") == without(axes, "CYXS") + "YX":
        return axes
    return without(axes, "YXS") + "YX" + ("S" if "S" in axes else "")


def check_position(path: Path, position: int | None, count: int) -> None:
    """Refuse a position that a file does not have.

    Raises
    ------
    ValueError
        If the number is negative, or not below that of the images in the file.
    """
    if position is not None and not 0 <= position < count:
        raise RequestError(
            f"a position is a number from 0 to {count - 1} for {path}, which holds "
            f"{counted(count, 'image')}; received {position}; choose another"
        )
