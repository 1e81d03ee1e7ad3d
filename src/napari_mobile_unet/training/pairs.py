"""Which image belongs to which labels: files that share a stem."""

from __future__ import annotations

import glob
from pathlib import Path

from napari_mobile_unet.io.read import SUFFIXES


def find_files(place: str) -> dict[str, Path]:
    """Return the image files in a folder, or in all folders of a pattern, by stem.

    Raises
    ------
    ValueError
        If two files have one stem.
    FileNotFoundError
        If there is no such folder, or no image in it.
    """
    found: dict[str, Path] = {}
    for folder in sorted(glob.glob(place)):
        for path in sorted(Path(folder).iterdir()):
            if path.suffix.lower() not in SUFFIXES:
                continue
            if path.stem in found:
                raise ValueError(
                    f"file stems must differ; {found[path.stem]} and {path} share "
                    "one; rename one of them"
                )
            found[path.stem] = path
    if not found:
        raise FileNotFoundError(
            f"training needs folders with images; found none under {place!r}; "
            "name a folder, or a quoted pattern such as 'data/*/images'"
        )
    return found


def pair_files(images: str, labels: str) -> dict[str, tuple[Path, Path]]:
    """Return image and label file of each stem that both places have.

    Raises
    ------
    ValueError
        If no stem is in both.
    FileNotFoundError
        If a place has no image.
    """
    first, second = find_files(images), find_files(labels)
    pairs = {stem: (first[stem], second[stem]) for stem in first if stem in second}
    if not pairs:
        raise ValueError(
            f"an image and its labels must share their file stem; none of "
            f"{len(first)} in {images!r} is among {len(second)} in {labels!r}; "
            "rename them"
        )
    return pairs
