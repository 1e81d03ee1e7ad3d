"""One step of a history: what was done, in words and to the bit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from napari_mobile_unet.corrections.delta import Delta
from napari_mobile_unet.corrections.locks import LockChange
from napari_mobile_unet.corrections.record import JournalRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_mobile_unet.corrections.change import PlaneIndex


class Step(JournalRecord):
    """One step of a history: what was done, in words and to the bit."""

    seq: Annotated[int, Field(ge=1, lt=2**53)]
    """Number of the step, from 1."""
    kind: Annotated[str, Field(min_length=1, max_length=100)]
    """Which operation: "split", "paint"."""
    text: Annotated[str, Field(min_length=1, max_length=500)]
    """What it says to a person: "split 14"."""
    time: float = 0.0
    """Seconds since 1970."""
    args: dict[str, Any] = Field(default_factory=dict)
    """What the operation was given, to be read; replay needs the deltas alone."""
    locks: LockChange = LockChange()
    """What it changes of the locks."""
    deltas: tuple[Delta, ...] = ()
    """What it changes of the pixels; their boxes do not overlap."""

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return sum(delta.size for delta in self.deltas) + self.locks.size + 500

    @property
    def planes(self) -> list[PlaneIndex]:
        """Planes that it changes, in order."""
        marks = (*self.locks.finished, *self.locks.reopened)
        return sorted({*(delta.plane for delta in self.deltas), *marks})


def plain_args(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of JSON's types: NumPy's become such, others their names."""

    def plain(value: Any) -> Any:
        return value.tolist() if hasattr(value, "tolist") else str(value)

    text = json.dumps(dict(args), default=plain, ensure_ascii=False)
    found: dict[str, Any] = json.loads(as_utf8(text))
    return found


def as_utf8(text: str) -> str:
    """Return text without the lone surrogates that names of files may have."""
    return text.encode("utf-8", "replace").decode("utf-8")
