"""What came of each input, in a file beside the results; the last word counts.

Results tell what is done. They tell neither why an input failed, nor where it is, nor
how long it took.
"""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from napari_mobile_unet.recipes.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

LOG = "segment_log.jsonl"
"""Name of the file; one line an input and time."""

logger = logging.getLogger(__name__)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class Entry(Record):
    """What came of one input."""

    source: str
    """The image, from the root."""
    state: Literal["done", "failed"]
    seconds: float
    """That it took."""
    reason: str = ""
    """Why it failed."""
    at: str = Field(default_factory=_now)
    """When, in UTC."""


def write_entry(folder: Path, entry: Entry) -> None:
    """Add a line; where that cannot be, the results count without it."""
    line = entry.to_json().encode("utf-8") + b"\n"
    try:
        # In one go at the end: two runs into one folder may do it at a time.
        file = os.open(folder / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            os.write(file, line)
        finally:
            os.close(file)
    except OSError as error:
        logger.warning("%s is not written: %s", folder / LOG, error)


def read_log(folder: Path) -> dict[Path, Entry]:
    """Return the last entry of each input; lines that are damaged are passed over."""
    try:
        lines = (folder / LOG).read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    return {Path(entry.source): entry for entry in _entries(lines)}


def _entries(lines: Iterable[str]) -> Iterable[Entry]:
    for line in lines:
        try:
            yield Entry.from_json(line)
        except ValueError:
            continue
