"""Results in an output folder, as a report tells of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.io.names import LABELS, stem_of
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.classes import in_words
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari_mobile_unet.runs.log import Entry

RECORD = "_recipe.json"
"""End of the name of a record."""
_SIZE = re.compile(r"(area|volume)(_(?!px|voxels)\w+)?")
"""Columns with the size of an object: in pixels, or where these have a size in that."""


@dataclass(frozen=True)
class Result:
    """What was made of one image."""

    stem: str
    labels: Path
    record: Provenance
    table: pd.DataFrame
    """Labels, sizes and confidence of the objects."""
    entry: Entry | None
    """What the log tells of it."""

    @property
    def objects(self) -> int:
        """Number of its objects; 0 where its labels are classes."""
        return 0 if self.record.classes else int(self.table["label"].nunique())

    @property
    def found(self) -> str:
        """What was found, in a few words."""
        if self.record.classes:
            return in_words(self.record.classes)
        return counted(self.objects, "object")

    @cached_property
    def confidence(self) -> float:
        """Mean of its objects; NaN where nobody knows it."""
        known = self.table.get("confidence")
        return float(known.mean()) if known is not None and len(known) else np.nan

    @property
    def name(self) -> str:
        """What its image is called."""
        return Path(self.entry.source).name if self.entry else self.record.source

    @property
    def seconds(self) -> float | None:
        """How long it took; None where nobody knows."""
        entry = self.entry  # a later try may have failed, as with another recipe
        return entry.seconds if entry is not None and entry.state == "done" else None

    @property
    def size_column(self) -> str | None:
        """The column with the size of objects: one with a unit if there is one.

        None where labels are classes.
        """
        if self.record.classes:
            return None
        names = [str(n) for n in self.table if _SIZE.fullmatch(str(n))]
        return max(names, key=len, default=None)


def iter_results(folder: Path, log: Mapping[Path, Entry]) -> Iterator[Result]:
    """Yield what is whole in a folder: record, table and labels."""
    by_stem = {stem_of(path): entry for path, entry in log.items()}
    for record in sorted(folder.glob(f"*{RECORD}")):
        stem = record.name.removesuffix(RECORD)
        places = [folder / f"{stem}{LABELS}.{form}" for form in ("tif", "zarr")]
        places.append(folder / "labels" / f"{stem}{LABELS}")
        labels = next((place for place in places if place.exists()), None)
        known = Provenance.load(record)
        if labels is None or known is None:
            continue
        try:
            table = pd.read_csv(
                folder / f"{stem}_objects.csv",
                usecols=lambda name: (
                    name in ("label", "confidence") or bool(_SIZE.fullmatch(name))
                ),
            )
            table["label"]
        except (OSError, ValueError, KeyError):
            continue
        yield Result(stem, labels, known, table, by_stem.get(stem))
