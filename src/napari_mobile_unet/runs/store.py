"""Where a run keeps the planes that are done; here in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from napari_mobile_unet.types import Labels


class Found(Protocol):
    """What was found in one plane; in a folder it is read when it is asked for."""

    @property
    def labels(self) -> Labels:
        """(Y, X) of int32 on the image's own grid, 0 is background."""

    @property
    def objects(self) -> pd.DataFrame:
        """One row an object."""

    @property
    def left_out(self) -> int:
        """How many doubtful objects are not shown."""


@dataclass(frozen=True, eq=False)
class FoundInMemory:
    """What was found in one plane; see ``Found``."""

    labels: Labels
    objects: pd.DataFrame
    left_out: int = 0


class Store(Protocol):
    """The planes of one run that are done, each with its own labels 1 to n."""

    @property
    def done(self) -> set[int]:
        """Numbers of the planes that are done."""

    def canvas(self, number: int) -> Any:
        """Return an array (Y, X) of int32, all 0, to write a large plane's labels to.

        It is the plane's only when ``write`` comes after it.
        """

    def write(
        self, number: int, labels: Labels | None, objects: pd.DataFrame, left_out: int
    ) -> None:
        """Keep what was found in a plane; its labels may be on the canvas already."""

    def read(self, number: int) -> Found:
        """Return what was found in a plane."""


class MemoryStore:
    """A ``Store`` in memory.

    Parameters
    ----------
    plane_shape : tuple of int
        (Y, X) of the planes.
    """

    def __init__(self, plane_shape: tuple[int, int]) -> None:
        self._shape = plane_shape
        self._found: dict[int, FoundInMemory] = {}
        self._canvases: dict[int, Labels] = {}

    @property
    def done(self) -> set[int]:
        """Numbers of the planes that are done, and not taken."""
        return set(self._found)

    def canvas(self, number: int) -> Labels:
        """Return an array for a large plane's labels."""
        self._canvases[number] = np.zeros(self._shape, np.int32)
        return self._canvases[number]

    def write(
        self, number: int, labels: Labels | None, objects: pd.DataFrame, left_out: int
    ) -> None:
        """Keep what was found in a plane."""
        drawn = self._canvases.pop(number) if labels is None else labels
        self._found[number] = FoundInMemory(drawn, objects, left_out)

    def read(self, number: int) -> FoundInMemory:
        """Return what was found in a plane."""
        return self._found[number]

    def forget(self, number: int) -> None:
        """Let go of a plane that nobody asks for again."""
        del self._found[number]
