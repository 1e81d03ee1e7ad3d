"""Which files belong together, by the stems of their names; what a file is called."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from napari_mobile_unet.io.paths import SUFFIXES, parts_of

LABELS = "_labels"
"""End of the stem of a label file."""
LONGEST = 200
"""Most bytes of a name: file systems take 255, of which a suffix needs some."""
_FORBIDDEN = re.compile(r'[\x00-\x1f/\\:*?"<>|]|^\.|\.$')
"""What some file system refuses in a name, or hides."""
_RESERVED = re.compile(r"(con|prn|aux|nul|(com|lpt)\d)(\..*)?", re.IGNORECASE)
"""Names that are devices on Windows."""


def composed(name: str) -> str:
    """Return a name without blanks at its ends, with accents in their letters."""
    return unicodedata.normalize("NFC", name.strip())


def check_name(name: str, what: str) -> str:
    """Return a person's name for something, as a file or folder can have it anywhere.

    Parameters
    ----------
    name : str
        As it was typed.
    what : str
        What is called so, for the message: "recipe".

    Raises
    ------
    ValueError
        If some system has no file of that name.

    Examples
    --------
    >>> check_name(" my nuclei ", "model")
    'my nuclei'
    """
    name = composed(name)
    usable = name and not _FORBIDDEN.search(name) and not _RESERVED.fullmatch(name)
    if not usable or len(name.encode("utf-8", "replace")) > LONGEST:
        raise ValueError(
            f"a {what}'s name is that of its file, without any of / \\ : * ? \" < > | "
            f"and without a dot at its ends; received {name!r:.80}; choose another name"
        )
    return name


def stem_of(path: Path) -> str:
    """Return the name of a file without ``.ome.tif``, ``.tif`` and the like.

    That of a part of a Zarr folder has all names down to it.

    Examples
    --------
    >>> stem_of(Path("data/cells.ome.tif")), stem_of(Path("plate.zarr/A/1/0"))
    ('cells', 'plate_A_1_0')
    """
    name, *parts = parts_of(path)
    for suffix in (Path(name).suffix, ".ome"):
        if suffix and name.lower().endswith(suffix.lower()):
            name = name[: -len(suffix)]
    return "_".join([name, *parts])


def label_files(folder: Path) -> dict[str, Path]:
    """Return the label files in a folder, each under the stem of its image.

    These are the files named ``<stem>_labels``; where there is none, all images.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no image in it.
    ValueError
        If two files have one stem.
    """
    files = image_files(folder)
    found: dict[str, Path] = {}
    for path in [path for path in files if stem_of(path).endswith(LABELS)] or files:
        first = found.setdefault(stem_of(path).removesuffix(LABELS), path)
        if first is not path:
            raise ValueError(
                f"an image has one label file; {first} and {path} share a stem; "
                "move one of them elsewhere"
            )
    return found


def image_files(folder: Path) -> list[Path]:
    """Return the image files in a folder, sorted, without hidden ones.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no image in it.
    """
    found = []
    if folder.is_dir():
        visible = (p for p in folder.iterdir() if not p.name.startswith("."))
        found = sorted(p for p in visible if p.suffix.lower() in SUFFIXES)
    if not found:
        raise FileNotFoundError(
            f"a folder with images is needed; {folder} has no file of "
            f"{', '.join(sorted(SUFFIXES))}; name another folder"
        )
    return found
