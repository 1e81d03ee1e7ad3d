"""What a path names: a file, or a part of a Zarr folder, and what it is called."""

from __future__ import annotations

import os
from pathlib import Path

PICTURES = {".png", ".jpg", ".jpeg", ".bmp"}
TIFF = {".tif", ".tiff"}
SUFFIXES = {*PICTURES, *TIFF, ".npy", ".zarr"}
"""Suffixes of the files (and, for .zarr, folders) that can be read."""
METADATA_FILES = ("zarr.json", ".zgroup", ".zarray")
"""Files of which each Zarr group or array has one: Zarr format 3 and 2."""


def zarr_root(path: Path) -> Path | None:
    """Return the ``.zarr`` folder that a path names or lies in, None without one.

    A folder that holds Zarr metadata may have any name. A file is no part of a Zarr
    folder, even if it lies in one, as results do.
    """
    if path.is_file():
        return None
    places = (path, *path.parents)
    root = next((p for p in places if p.suffix.lower() == ".zarr"), None)
    if root is None and any((path / name).is_file() for name in METADATA_FILES):
        whole = _absolute(path)  # it may be named from within the .zarr folder
        root = next((p for p in whole.parents if p.suffix.lower() == ".zarr"), path)
    return root


def parts_of(path: Path) -> tuple[str, ...]:
    """Return the name of a file; of a part of a Zarr folder, all names down to it.

    Examples
    --------
    >>> parts_of(Path("data/plate.zarr/A/1/0"))
    ('plate.zarr', 'A', '1', '0')
    """
    root = zarr_root(path)
    if root is None:
        return (_absolute(path).name,)
    root = _absolute(root)
    return (root.name, *_absolute(path).relative_to(root).parts)


def name_of(path: Path) -> str:
    r"""Return what an image is called in messages and records.

    Bytes of a file name that are not UTF-8 are shown as ``\xe9``, since neither XML
    nor JSON can hold them.

    Examples
    --------
    >>> name_of(Path("data/plate.zarr/A/1/0")), name_of(Path("data/cells.tif"))
    ('plate.zarr/A/1/0', 'cells.tif')
    """
    return os.fsencode("/".join(parts_of(path))).decode("utf-8", "backslashreplace")


def _absolute(path: Path) -> Path:
    """Return a path from the root of the file system, without ".." in it."""
    return Path(os.path.abspath(path))
