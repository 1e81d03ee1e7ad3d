"""Which files hold objects of other programs, by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SEG = "_seg.npy"
"""How the names of Cellpose's files end."""
OBJECTS = {".zip", ".roi", ".geojson", ".json"}
"""Suffixes of files that hold outlines or runs of pixels."""


def holds_objects(path: Path) -> bool:
    """Return whether a file, by its name, is one of another program's objects."""
    return path.suffix.lower() in OBJECTS or path.name.lower().endswith(SEG)
