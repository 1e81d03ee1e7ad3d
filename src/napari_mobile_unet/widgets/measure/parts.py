"""Frames of labels measured one by one, and what changed in them measured anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.parallel.cancel import checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_mobile_unet.objects.measurement import Measurement


@dataclass(frozen=True, eq=False)
class Part:
    """A frame that was measured."""

    frame: int | None
    labels: NDArray[Any] | None
    """As they were then; None where they are too large to be kept."""
    table: pd.DataFrame


def order_of(frame: int | None) -> int:
    """Return the place of a frame among others."""
    return -1 if frame is None else frame


def iter_parts(measurement: Measurement, keep: bool) -> Iterator[Part]:
    """Measure one frame after the other."""
    for frame in measurement.frames:
        checkpoint()
        labels = measurement.read(frame)
        if keep:
            labels = labels.copy()  # somebody may paint meanwhile
        table = measurement.table(frame, labels)
        yield Part(frame, labels if keep else None, table)


def iter_changed(
    measurement: Measurement, parts: dict[int | None, Part]
) -> Iterator[Part]:
    """Measure the objects anew that differ from what was measured."""
    for frame, part in parts.items():
        checkpoint()
        assert part.labels is not None
        labels = measurement.read(frame).copy()
        differ = labels != part.labels
        if not differ.any():
            continue
        ids = set(pd.unique(labels[differ])) | set(pd.unique(part.labels[differ]))
        background = measurement.backgrounds(frame, labels)
        some = measurement.table(frame, labels, ids=ids - {0}, background=background)
        rest = part.table[~part.table["label"].isin(ids)]
        table = pd.concat([rest, some] if len(rest) else [some], ignore_index=True)
        table = table.sort_values("label", ignore_index=True)
        for suffix, value in background.items():
            # That of all objects, also of those that stayed as they were.
            level, less = (
                f"background_intensity{suffix}",
                f"corrected_intensity{suffix}",
            )
            table[less] += table[level] - value
            table[level] = value
        yield Part(frame, labels, table)
