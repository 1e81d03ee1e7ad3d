"""What we wrote to a layer, so that what anybody changed since is known."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_mobile_unet.types import AnyLabels

    Index = tuple[int | slice, ...]


class Written:
    """The planes that we wrote to the data of a layer.

    A plane counts as changed whoever changed it: a brush, an undo, another plugin, or
    code that assigned to the array. Safe to ask from any thread.

    Parameters
    ----------
    data : array
        NumPy or Zarr.
    where : callable
        From the number of a plane to its index in the data.
    """

    def __init__(self, data: Any, where: Callable[[int], Index]) -> None:
        self.data = data
        self._where = where
        self._sums: dict[int, int] = {}

    def read(self, number: int) -> AnyLabels:
        """Return a plane as it is now."""
        return np.asarray(self.data[self._where(number)])

    def put(
        self,
        number: int,
        plane: AnyLabels,
        *,
        shown: AnyLabels | None = None,
        follow: Callable[[AnyLabels], AnyLabels] | None = None,
    ) -> None:
        """Write a plane, but not over what somebody changed.

        Parameters
        ----------
        number : int
            Of the plane.
        plane : ndarray
            What is to be shown.
        shown : ndarray, optional
            What we wrote there before; nothing unless given, which is 0.
        follow : callable, optional
            From ids that somebody drew with to the ids that these objects have now.
        """
        now = self.read(number)
        theirs = now != (0 if shown is None else shown)
        plane = plane.astype(now.dtype, copy=False)
        self._sums[number] = _sum_of(plane)
        if theirs.any():
            plane = plane.copy()
            plane[theirs] = now[theirs] if follow is None else follow(now[theirs])
        self.data[self._where(number)] = plane

    def expect(self, number: int, plane: AnyLabels) -> None:
        """Take note of a plane that is in the data already."""
        self._sums[number] = _sum_of(plane)

    def is_changed(self, number: int) -> bool:
        """Return whether a plane is no longer as it was written."""
        return self._sums.get(number) != _sum_of(self.read(number))

    def changed(self) -> Iterator[int]:
        """Yield the numbers of planes that are no longer as they were written."""
        yield from (number for number in list(self._sums) if self.is_changed(number))


def _sum_of(plane: AnyLabels) -> int:
    return zlib.crc32(np.ascontiguousarray(plane).data)
