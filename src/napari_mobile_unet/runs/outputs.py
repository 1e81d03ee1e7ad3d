"""Where the results of one input go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari_mobile_unet.io.atomic import check_apart
from napari_mobile_unet.io.names import LABELS, stem_of
from napari_mobile_unet.io.ome_zarr import is_image

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


Format = Literal["tif", "zarr"]
Existing = Literal["refuse", "overwrite", "resume"]


@dataclass(frozen=True)
class Outputs:
    """Where the results of one input go.

    Into a folder; or, where the output is the OME-Zarr image itself, into that: its
    labels are then those of NGFF.
    """

    labels: Path
    table: Path
    record: Path
    overlay: Path

    @classmethod
    def of(cls, source: Path, folder: Path, form: Format = "tif") -> Outputs:
        """Return the paths for an input; named after its stem."""
        stem = stem_of(source)
        inside = folder.resolve() == source.resolve() and is_image(folder)
        name = f"{stem}{LABELS}"
        return cls(
            labels=folder / "labels" / name if inside else folder / f"{name}.{form}",
            table=folder / f"{stem}_objects.csv",
            record=folder / f"{stem}_recipe.json",
            overlay=folder / f"{stem}_overlay.png",
        )


@dataclass(frozen=True)
class Done:
    """What was made of one input."""

    outputs: Outputs
    planes: int
    objects: int
    doubts: str = ""
    """What is to be said of objects left out, and of how far to trust the others."""


def check_results(sources: Sequence[Path], folder: Path, form: Format = "tif") -> None:
    """Refuse inputs whose results would overwrite each other, or one of the inputs.

    Raises
    ------
    ValueError
        If two inputs share a stem, or one is called as another's labels will be.
    """
    seen: dict[str, Path] = {}
    for source in sources:
        first = seen.setdefault(stem_of(source), source)
        if first is not source:
            raise ValueError(
                f"results are named after their input; {first} and {source} share the "
                f"stem {stem_of(source)!r}; rename one or run them into two folders"
            )
    for source in sources:
        outputs = Outputs.of(source, folder, form)
        if outputs.labels.suffix:
            check_apart(outputs.labels, sources)
