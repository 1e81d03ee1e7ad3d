"""Where the results of one input go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import imageio.v3 as iio
import numpy as np

from napari_mobile_unet.exports.overlay import draw_montage
from napari_mobile_unet.io.atomic import atomic_path, check_apart
from napari_mobile_unet.io.names import LABELS, stem_of
from napari_mobile_unet.io.ome_zarr import is_image
from napari_mobile_unet.io.write import write_image, write_labels_into
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.pieces import extras_of, measure_by_planes
from napari_mobile_unet.runs.corrected import CorrectedLabels
from napari_mobile_unet.runs.numbered import iter_numbered
from napari_mobile_unet.runs.result import placed
from napari_mobile_unet.runs.views import NumberedLabels
from napari_mobile_unet.unet.confidence import confidence_message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.linking.settings import Link
    from napari_mobile_unet.recipes.provenance import AppliedCorrections, Provenance
    from napari_mobile_unet.runs.corrected import HandWork
    from napari_mobile_unet.runs.disk_store import DiskStore
    from napari_mobile_unet.types import Floats, Labels


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

    def check_free(self, store: DiskStore) -> None:
        """Refuse to replace earlier results, or a run that was stopped.

        Raises
        ------
        FileExistsError
            If there are any.
        """
        # Labels come last: without a run the others belong to labels of another
        # format.
        earlier = [self.labels, *([] if store.exists else [self.table, self.record])]
        if there := [path for path in earlier if path.exists()]:
            raise FileExistsError(
                f"Output already exists: {there[0]}; use --overwrite, or name another "
                "folder"
            )
        if not store.empty:
            raise FileExistsError(
                f"An unfinished run already exists: {store.folder}; use --resume to "
                "continue it, or --overwrite to start again"
            )


@dataclass(frozen=True)
class Done:
    """What was made of one input."""

    outputs: Outputs
    planes: int
    objects: int
    confidence_message: str = ""
    """What is to be said of objects left out, and of how far to trust the others."""
    corrections: AppliedCorrections | None = None
    """The corrections by hand that it holds."""
    classes: tuple[str, ...] = ()
    """Names of the classes 1 to n, if its labels are classes; then there are no
    objects."""


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
    # Of thousands each is looked at once: an output must be none of these.
    taken: dict[Path, Path] = {}
    for source in sources:
        whole = source.resolve()
        taken.update(dict.fromkeys((whole, *whole.parents), source))
    for source in sources:
        labels = Outputs.of(source, folder, form).labels
        if labels.suffix and labels.resolve() in taken:
            check_apart(labels, [taken[labels.resolve()]])


def write_results(
    store: DiskStore,
    stack: Stack,
    link: Link,
    provenance: Provenance,
    outputs: Outputs,
    overlay: bool = False,
    work: HandWork | None = None,
) -> Done:
    """Write labels, table and record of a finished run.

    Planes are gone through in order, one in memory at a time; twice where a person's
    corrections belong to the result. The table is that of ``measure``, with what the
    run knows besides.
    """
    corrected = None
    if work:
        own = [plane.ids for plane in iter_numbered(stack, store, link)]
        automatic = NumberedLabels(store.array, own, stack.batch_shape)
        place = store.folder / "corrected.zarr"
        numbers_stay = bool(provenance.classes)
        corrected = CorrectedLabels(automatic, work, place, classes=numbers_stay)
        applied = work.applied(corrected.exact)
        provenance = provenance.replace(corrections=applied)
    ids: list[Labels] = []
    seen = left_out = 0
    confidence: list[Floats] = []
    tables = []
    for plane in iter_numbered(stack, store, link):
        ids.append(plane.ids)
        objects = plane.objects
        if corrected:
            objects = corrected.table(stack, plane.number, objects)
        seen += len(objects)
        if "confidence" in plane.objects:
            confidence.append(plane.objects["confidence"].to_numpy())
            left_out += plane.found.left_out
        index = stack.index(plane.number)
        tables.append(placed(objects, index, stack.batch_axes))
    numbered = corrected or NumberedLabels(store.array, ids, stack.batch_shape)
    labels = stack.on_axes(numbered, stack.batch_axes + "YX")
    extras = extras_of(pd.concat(tables, ignore_index=True))
    table = measure_by_planes(labels, stack, extras)
    with atomic_path(outputs.table) as beside:
        table.to_csv(beside, index=False)
    if overlay:
        with atomic_path(outputs.overlay) as beside:
            iio.imwrite(beside, draw_montage(stack, labels), extension=".png")
    provenance.save(outputs.record)
    # The labels come last: where they are, all is.
    if outputs.labels.suffix:
        write_image(outputs.labels, labels, labels=True)
    else:
        write_labels_into(outputs.labels.parents[1], outputs.labels.name, labels)
    said = (
        confidence_message(np.concatenate(confidence), left_out) if confidence else ""
    )
    classes = provenance.classes
    return Done(
        outputs,
        stack.n_planes,
        0 if classes else seen,
        said,
        provenance.corrections,
        classes,
    )
