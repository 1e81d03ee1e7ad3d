"""What an output folder tells of an input: done, stopped, failed, or not begun."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari_mobile_unet.images.axes import without
from napari_mobile_unet.io.names import stem_of
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.runs.disk_store import DiskStore
from napari_mobile_unet.runs.outputs import Outputs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_mobile_unet.runs.log import Entry
    from napari_mobile_unet.runs.outputs import Format

State = Literal["waiting", "running", "stopped", "done", "failed"]


@dataclass(frozen=True)
class FileState:
    """How far an input is, and what was found in it."""

    state: State = "waiting"
    planes: int | None = None
    """That are done."""
    objects: int | None = None
    """Found in it; None where labels are classes, too."""
    confidence: float | None = None
    """Mean of all objects; None where nobody knows it."""
    seconds: float | None = None
    """That the run took."""
    reason: str = ""
    """Why it failed."""


def state_of(
    source: Path,
    folder: Path,
    form: Format = "tif",
    log: Mapping[Path, Entry] | None = None,
) -> FileState:
    """Return what an output folder tells of an input.

    Parameters
    ----------
    source : Path
        The image; it is not read.
    folder : Path
        Where its results go.
    form : {"tif", "zarr"}
        Of the labels.
    log : mapping of Path to Entry, optional
        As ``read_log`` returns it.
    """
    outputs = Outputs.of(source, folder, form)
    store = DiskStore(folder / f"{stem_of(source)}.run")
    entry = (log or {}).get(source.resolve())
    try:
        if done := store.exists and len(store.done):
            # Where a run is left, its results are not all in place.
            return FileState("stopped", planes=done)
    except OSError as error:
        return FileState("failed", reason=str(error))
    if not outputs.labels.exists():
        if entry is not None and entry.state == "failed":
            return FileState("failed", seconds=entry.seconds, reason=entry.reason)
        return FileState()
    objects, confidence = found_in(outputs.table)
    seconds = entry.seconds if entry is not None and entry.state == "done" else None
    record = Provenance.load(outputs.record) if outputs.record.exists() else None
    if record is not None and record.classes:
        objects = None
    planes = None if record is None else planes_of(record)
    return FileState("done", planes, objects, confidence, seconds)


def found_in(table: Path) -> tuple[int | None, float | None]:
    """Return the number of objects in a table, and their mean confidence.

    None for what the table does not tell.
    """
    try:
        known = pd.read_csv(table, usecols=lambda name: name in ("label", "confidence"))
        objects = int(known["label"].nunique())
    except (OSError, ValueError, KeyError):
        return None, None
    mean = float(known["confidence"].mean()) if "confidence" in known else math.nan
    return objects, None if math.isnan(mean) else mean


def planes_of(record: Provenance) -> int | None:
    """Return the number of planes of an image; None where its record is an old one."""
    if len(record.shape) != len(record.axes):
        return None
    sizes = dict(zip(record.axes, record.shape, strict=True))
    return math.prod(sizes[axis] for axis in without(record.axes, "CYXS"))
