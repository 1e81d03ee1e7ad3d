"""Which image belongs to which labels: files that share a stem."""

from __future__ import annotations

import glob
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_mobile_unet.io.names import LABELS, image_files, stem_of
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

OVERLAY = "_overlay"
"""What the stem of a picture of labels over their image ends in."""
NAMED = 10
"""Pairs that are named one by one; of more of them only the first are."""


@dataclass(frozen=True)
class Pairs:
    """Images with their labels, and the files that have no partner.

    Parameters
    ----------
    files : dict
        Image and label file of each stem, in the order of the images.
    images_alone : tuple of Path
        Images without labels.
    labels_alone : tuple of Path
        Label files without an image.
    """

    files: dict[str, tuple[Path, Path]]
    images_alone: tuple[Path, ...] = ()
    labels_alone: tuple[Path, ...] = ()

    @property
    def description(self) -> str:
        """One line that names the pairs and every file that has no partner."""
        stems = list(self.files)
        more = len(stems) - NAMED
        parts = [
            f"{counted(len(stems), 'pair')} of image and labels: "
            + ", ".join(stems[:NAMED])
            + (f" and {more} more" if more > 0 else "")
        ]
        for alone, what, missing in (
            (self.images_alone, "image", "labels"),
            (self.labels_alone, "label file", "an image"),
        ):
            if alone:
                names = ", ".join(path.name for path in alone)
                parts.append(f"{counted(len(alone), what)} without {missing}: {names}")
        return "; ".join(parts)


def find_pairs(images: str, labels: str) -> Pairs:
    """Return the images and label files that belong together.

    The labels of ``cell.tif`` are called ``cell_labels``, as `segment` writes them, or
    ``cell``, with any suffix of an image. Images and labels may share one folder.

    Parameters
    ----------
    images, labels : str
        A folder; or a pattern with * that names several.

    Raises
    ------
    FileNotFoundError
        If a place has no image file.
    ValueError
        If two images, or two label files, have one stem; or if nothing belongs
        together.
    """
    image_of = _by_stem(_without_results(_find_files(images)))
    label_of = _by_stem(_find_files(labels))
    pairs: dict[str, tuple[Path, Path]] = {}
    for stem, image in image_of.items():
        own = label_of.get(f"{stem}{LABELS}") or label_of.get(stem)
        if own and own != image:
            pairs[stem] = image, own
    if not pairs:
        raise ValueError(
            "the labels of 'cell.tif' must be called 'cell_labels' or 'cell'; none of "
            f"{counted(len(image_of), 'image')} in {images!r} has a partner among "
            f"{counted(len(label_of), 'file')} in {labels!r}; rename them"
        )
    paired = {own for _, own in pairs.values()} | set(image_of.values())
    return Pairs(
        files=pairs,
        images_alone=tuple(
            image for stem, image in image_of.items() if stem not in pairs
        ),
        labels_alone=tuple(
            path
            for stem, path in label_of.items()
            # Beside labels may lie their image, and a picture of both.
            if f"{stem.removesuffix(OVERLAY)}{LABELS}" not in label_of
            and path not in paired
        ),
    )


def _find_files(place: str) -> list[Path]:
    """Return the image files in a folder, or in all folders of a pattern.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no image in it.
    """
    folders = [place] if Path(place).is_dir() else sorted(glob.glob(place))
    found: list[Path] = []
    for folder in folders:
        with suppress(FileNotFoundError):  # another of the pattern may have some
            found += image_files(Path(folder))
    if not found:
        raise FileNotFoundError(
            f"training needs folders with images; found none under {place!r}; "
            "name a folder, or a quoted pattern such as 'data/*/images'"
        )
    return found


def _by_stem(files: Iterable[Path]) -> dict[str, Path]:
    """Return the files by their stem.

    Raises
    ------
    ValueError
        If two files have one stem.
    """
    found: dict[str, Path] = {}
    for path in files:
        first = found.setdefault(stem_of(path), path)
        if first is not path:
            raise ValueError(
                f"file stems must differ; {first} and {path} share one; "
                "rename one of them"
            )
    return found


def _without_results(files: list[Path]) -> list[Path]:
    """Return the files without the labels and overlays of others among them."""
    stems = {stem_of(path) for path in files}
    results = {f"{stem}{ending}" for stem in stems for ending in (LABELS, OVERLAY)}
    return [path for path in files if stem_of(path) not in results]
