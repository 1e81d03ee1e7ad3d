"""What is measured of which labels, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.axes import without
from napari_mobile_unet.images.lazy import as_lazy
from napari_mobile_unet.images.pixels import native
from napari_mobile_unet.images.units import PIXEL
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.columns import USUAL
from napari_mobile_unet.objects.frame import Frame
from napari_mobile_unet.objects.grey import background_of
from napari_mobile_unet.objects.grouped import Grouped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.objects.calibration import Calibration
    from napari_mobile_unet.types import AnyLabels

COLOURS = ("red", "green", "blue")
"""Names of the samples of RGB."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """What is measured: of which labels, in which channels, which columns.

    Parameters
    ----------
    labels : Stack
        Without channels and positions.
    calibration : Calibration
        Size of their pixels.
    channels : mapping of str to Stack, optional
        From what follows the name of a statistic, such as "_dapi", to grey values on
        the labels' axes, in any order.
    names : collection of str
        Of ``objects.columns.COLUMNS``.
    """

    labels: Stack
    calibration: Calibration
    channels: Mapping[str, Stack] = field(default_factory=dict)
    names: Collection[str] = USUAL

    @property
    def frames(self) -> list[int | None]:
        """The frames of a time-lapse; None, the only one, of other labels."""
        count = self.labels.sizes.get("T")
        return [None] if count is None else list(range(count))

    @property
    def spatial(self) -> str:
        """The axes of a frame."""
        return "ZYX" if "Z" in self.labels.axes else "YX"

    def iter_tables(self) -> Iterator[pd.DataFrame]:
        """Yield the table of each frame in turn; only that is read."""
        for frame in self.frames:
            yield self.table(frame, self.read(frame))

    def read(self, frame: int | None) -> AnyLabels:
        """Return the labels of a frame (Y, X) or (Z, Y, X)."""
        return take(self.labels, frame, self.spatial)

    def table(
        self,
        frame: int | None,
        labels: AnyLabels,
        *,
        ids: Collection[int] | None = None,
        background: Mapping[str, float] | None = None,
    ) -> pd.DataFrame:
        """Return the table of a frame's objects, in the order of their ids.

        Parameters
        ----------
        frame : int or None
            Of ``frames``.
        labels : ndarray of int
            All labels of it.
        ids : collection of int, optional
            Measure these only, and look at no more of the frame than they need.
        background : mapping, optional
            As ``backgrounds`` returns it, where that is known already.
        """
        if background is None:
            background = self.backgrounds(frame, labels)
        part, start = labels, (0,) * labels.ndim
        where: tuple[slice, ...] = (slice(None),) * labels.ndim
        if ids is not None:
            where = _around(chosen := np.isin(labels, list(ids)))
            part = np.where(chosen[where], labels[where], 0)
            start = tuple(side.start for side in where)
        objects = Grouped.of(part)
        columns: dict[str, NDArray[Any]] = {"label": objects.label}
        if frame is not None:
            columns["t"] = np.full(len(objects.label), frame)
            columns |= self._time(frame, len(objects.label))
        parts = Frame(objects, self.calibration, start)
        columns |= parts.columns(self.names)
        for suffix, channel in self.channels.items():
            values = take(channel, frame, self.spatial)[where]
            columns |= parts.grey({suffix: values}, self.names, background)
        return pd.DataFrame(columns)

    def backgrounds(self, frame: int | None, labels: AnyLabels) -> dict[str, float]:
        """Return the grey value of the background in each channel, if it is needed."""
        if not {"background_intensity", "corrected_intensity"} & set(self.names):
            return {}
        return {
            suffix: background_of(labels, take(channel, frame, self.spatial))
            for suffix, channel in self.channels.items()
        }

    def _time(self, frame: int, count: int) -> dict[str, NDArray[Any]]:
        """Return the time of a frame, if it is asked for and known."""
        grid = self.labels.grid
        place = grid.world_axes.index("T")
        unit = grid.units[place]
        if "time" not in self.names or unit == PIXEL:
            return {}
        return {f"time_{unit}": np.full(count, frame * grid.scale[place])}


def _around(mask: NDArray[np.bool_]) -> tuple[slice, ...]:
    """Return the smallest box that holds all of a mask, or the first pixel."""
    box = []
    for axis in range(mask.ndim):
        others = tuple(other for other in range(mask.ndim) if other != axis)
        found = np.flatnonzero(mask.any(others))
        box.append(slice(found[0], found[-1] + 1) if len(found) else slice(0, 1))
    return tuple(box)


def channels_of(image: Stack) -> list[tuple[str, Stack]]:
    """Return the channels of an image, each with its name, without the axes C and S.

    The samples of RGB are channels of their own: red, green and blue. Nothing is read.
    """
    axes = without(image.axes, "CS")
    found = []
    for channel in range(image.sizes.get("C", 1)):
        known = image.channels[channel].name if channel < len(image.channels) else ""
        for sample in range(min(image.sizes.get("S", 1), len(COLOURS))):
            at = {"C": channel, "S": sample}
            where = tuple(at.get(axis, slice(None)) for axis in image.axes)
            name = f"{known} {COLOURS[sample]}" if "S" in image.axes else known
            data = as_lazy(image.data)[where]
            found.append((name.strip(), image.on_axes(data, axes)))
    return found


def take(stack: Stack, frame: int | None, spatial: str) -> NDArray[Any]:
    """Return a frame of a stack without channels, on the spatial axes."""
    where = tuple(frame if axis == "T" else slice(None) for axis in stack.axes)
    left = stack.axes.replace("T", "")
    taken = native(np.asarray(stack.data[where]))
    return taken.transpose([left.index(axis) for axis in spatial])
