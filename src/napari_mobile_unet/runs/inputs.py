"""Which images a person means by folders, files and patterns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_mobile_unet.io.names import LABELS, stem_of
from napari_mobile_unet.io.paths import SUFFIXES, zarr_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ALL = "*"
"""The pattern of all images of a folder."""
RESULTS = (LABELS, "_overlay")
"""Ends of the stems of pictures that a run has made of an image beside them."""


@dataclass(frozen=True)
class Inputs:
    """Images, and files that were passed over."""

    files: tuple[Path, ...]
    """In order, each once."""
    left_out: tuple[tuple[Path, str], ...] = ()
    """Other files, and why each is none of them."""

    @property
    def said(self) -> str:
        """What was passed over, in one line; empty if nothing was."""
        if not self.left_out:
            return ""
        shown = [f"{path.name} ({reason})" for path, reason in self.left_out[:3]]
        more = len(self.left_out) - len(shown)
        rest = f" and {more} more" if more else ""
        return f"left out: {', '.join(shown)}{rest}"


def find_inputs(places: Iterable[Path], pattern: str = ALL) -> Inputs:
    """Return the images among files and in folders.

    Parameters
    ----------
    places : iterable of Path
        Files, which are taken as they are, Zarr folders among them, and folders.
    pattern : str
        What names of files in folders are like: "*.tif"; several are divided by ";",
        and "**/*.tif" looks into folders of the folder, too.

    Raises
    ------
    ValueError
        If there is no image at all, or the pattern is none.
    """
    places = list(places)
    found: dict[Path, Path] = {}
    left_out: list[tuple[Path, str]] = []
    for place in places:
        files = [place]
        if place.is_dir() and zarr_root(place) is None:
            inside = list(_matching(place, pattern))
            stems = {stem_of(path) for path in inside}
            reasons = {path: _no_image(path, stems) for path in inside}
            left_out += [(path, reason) for path, reason in reasons.items() if reason]
            # A folder without images is an input that will fail.
            files = [path for path, reason in reasons.items() if not reason] or files
        for path in files:
            if path.resolve() in found:
                left_out.append((path, "twice"))
            else:
                found[path.resolve()] = path
    if all(path.is_dir() and zarr_root(path) is None for path in found):
        raise ValueError(
            f"images are needed; {', '.join(map(str, places)) or 'nothing'} has none "
            f"like {pattern}; name files, another folder or another pattern"
        )
    return Inputs(tuple(found.values()), tuple(left_out))


def without_clashes(inputs: Inputs) -> Inputs:
    """Return images whose results do not overwrite each other, by stem the first."""
    first: dict[str, Path] = {}
    left_out = list(inputs.left_out)
    for path in inputs.files:
        before = first.setdefault(stem_of(path), path)
        if before is not path:
            left_out.append((path, f"its results would be called as {before.name}'s"))
    return Inputs(tuple(first.values()), tuple(left_out))


def _matching(folder: Path, pattern: str) -> Iterator[Path]:
    """Yield the files and Zarr folders of a folder; nothing hidden, nothing in Zarr."""
    seen: set[Path] = set()
    for part in [each.strip() for each in pattern.split(";") if each.strip()]:
        try:
            paths = sorted(folder.glob(part))
        except (ValueError, NotImplementedError, IndexError) as error:
            raise ValueError(
                f"a pattern is like *.tif, within its folder; received {part!r} "
                f"({error}); correct it"
            ) from error
        for path in paths:
            names = path.relative_to(folder).parts
            hidden = any(name.startswith(".") for name in names)
            inside = any(Path(name).suffix.lower() == ".zarr" for name in names[:-1])
            is_folder = path.is_dir() and path.suffix.lower() != ".zarr"
            if not (hidden or inside or is_folder or path in seen):
                seen.add(path)
                yield path


def _no_image(path: Path, stems: set[str]) -> str:
    """Return why a file of a folder is no image to work on; empty if it is one."""
    if path.suffix.lower() not in SUFFIXES:
        return "no image"
    stem = stem_of(path)
    made = any(
        stem.endswith(end) and stem.removesuffix(end) in stems for end in RESULTS
    )
    return "a result" if made else ""
