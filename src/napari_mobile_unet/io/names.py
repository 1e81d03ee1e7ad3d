"""Names of files: what belongs to what by its stem."""

from __future__ import annotations

from pathlib import Path

from napari_mobile_unet.io.paths import SUFFIXES, parts_of

LABELS = "_labels"
"""What the stem of a file of labels ends in."""


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
    """Return the label files in a folder by the stem of their image.

    They are those called ``<stem>_labels``, or where there is none all images.

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
                f"each image has one file of labels; {first} and {path} are of one "
                "stem; take one of them away"
            )
    return found


def image_files(folder: Path) -> list[Path]:
    """Return the image files in a folder, sorted.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no image in it.
    """
    found = []
    if folder.is_dir():
        found = [p for p in sorted(folder.iterdir()) if p.suffix.lower() in SUFFIXES]
    if not found:
        raise FileNotFoundError(
            f"a folder with images is needed; {folder} has none of "
            f"{', '.join(sorted(SUFFIXES))}; name another"
        )
    return found
