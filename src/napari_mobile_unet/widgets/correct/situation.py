"""What a tool is used on, and what it wants to be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_mobile_unet.corrections.change import Change, LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.session import Corrections
    from napari_mobile_unet.types import AnyLabels, Plane
    from napari_mobile_unet.widgets.correct.plane_maps import Maps


@dataclass(frozen=True)
class Situation:
    """What a tool is used on."""

    session: Corrections
    plane: PlaneIndex
    """The one that is looked at."""
    planes: list[PlaneIndex]
    """Those that the scope means."""
    ids: tuple[int, ...]
    """The chosen objects, or the one under the pointer, or under a line's middle."""
    points: tuple[tuple[float, float], ...] = ()
    """Rows and columns of the gesture."""
    image: Callable[[], Plane | None] = lambda: None
    """Grey values of the plane, if there is an image beside the labels."""
    others: Callable[[], list[LabelArray]] = list
    """Other labels of the same size that are to be seen, the uppermost first."""
    found: AnyLabels | None = None
    """(rows, columns), what lies in a box that was segmented anew."""
    maps: Callable[[], Maps | None] = lambda: None
    """What the model sees in the plane, if that is known and wanted."""
    confidence: Callable[[], Mapping[int, float]] = dict
    """Confidence of objects by id, as far as it is known."""
    smallest: int = 0
    """Area in pixels, for the tool that chooses smaller objects."""
    doubtful_below: float = 0
    """Confidence, for the tool that chooses objects below it."""

    @property
    def own(self) -> int:
        """The object that the tool is about; 0 if there is none."""
        return self.ids[0] if self.ids else 0


@dataclass(frozen=True)
class Edit:
    """What a tool wants to be done."""

    changes: list[Change]
    text: str
    """What it says to a person."""
    on: frozenset[int] = frozenset()
    """The objects that it is about, which change even if they are locked."""


@dataclass(frozen=True)
class Choice:
    """What a tool wants to be chosen; nothing is changed."""

    ids: tuple[int, ...]
    text: str
    """What it says to a person."""
