"""From files to files: each input gives labels, a table and a record."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import imageio.v3 as iio
import numpy as np

from napari_mobile_unet.io import atomic_path, read_stack, write_labels
from napari_mobile_unet.overlay import draw_montage
from napari_mobile_unet.pipeline import as_stack, iter_segment, table_of
from napari_mobile_unet.recipe import Provenance, Recipe
from napari_mobile_unet.stack import Stack

Format = Literal["tif", "zarr"]


@dataclass(frozen=True)
class Outputs:
    """Where the results of one input go."""

    labels: Path
    table: Path
    record: Path
    overlay: Path

    @classmethod
    def of(cls, source: Path, folder: Path, form: Format = "tif") -> Outputs:
        """Return the paths for an input; named after its stem."""
        stem = stem_of(source)
        return cls(
            labels=folder / f"{stem}_labels.{form}",
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


def stem_of(path: Path) -> str:
    """Return the name of a file without ``.ome.tif``, ``.tif`` and the like."""
    name = path.name
    for suffix in (path.suffix, ".ome"):
        name = name.removesuffix(suffix) if suffix else name
    return name


def check_stems(sources: Sequence[Path]) -> None:
    """Refuse inputs whose results would overwrite each other.

    Raises
    ------
    ValueError
        If two inputs share a stem.
    """
    seen: dict[str, Path] = {}
    for source in sources:
        first = seen.setdefault(stem_of(source), source)
        if first is not source:
            raise ValueError(
                f"results are named after their input; {first} and {source} share the "
                f"stem {stem_of(source)!r}; rename one or run them into two folders"
            )


def check_folder(folder: Path) -> None:
    """Make the output folder, and see that it can be written to.

    Raises
    ------
    OSError
        If it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(
            f"the output folder must be writable; {folder} is not "
            f"({os.strerror(error.errno or 0)}); name another"
        ) from error


def segment_file(
    source: Path,
    folder: Path,
    recipe: Recipe,
    *,
    axes: str | None = None,
    batch_size: int | None = None,
    form: Format = "tif",
    overwrite: bool = False,
    overlay: bool = False,
    opened: Callable[[Stack], None] = lambda stack: None,
    advanced: Callable[[int, int], None] = lambda done, planes: None,
) -> Done:
    """Segment one file and write its results; each whole, or not at all.

    Parameters
    ----------
    source : Path
        The image.
    folder : Path
        Where the results go.
    recipe : Recipe
        What is done.
    axes, batch_size
        As for ``iter_segment``.
    form : {"tif", "zarr"}
        Of the labels.
    overwrite : bool
        Whether earlier results may be replaced.
    overlay : bool
        Whether a picture of the outlines is written too.
    opened, advanced
        Called with the stack that was read, and with the planes done and in all.

    Raises
    ------
    OSError, ValueError
        If the image cannot be read, the recipe does not fit it, or a result
        exists or cannot be written.
    """
    outputs = Outputs.of(source, folder, form)
    if outputs.labels.exists() and not overwrite:
        raise FileExistsError(
            f"results are not replaced unasked; {outputs.labels} exists; "
            "name another folder or add --overwrite"
        )
    image = read_stack(source, axes)
    opened(image)
    stack = as_stack(image, None, recipe)
    fixed = recipe.replace(channel=None)
    planes = np.zeros((stack.n_planes, *stack.plane_shape), np.int32)
    results = []
    for result in iter_segment(stack, fixed, batch_size=batch_size):
        planes[result.number] = result.labels
        results.append(result)
        advanced(len(results), stack.n_planes)
    table = table_of(results, stack.batch_axes)
    if overlay:
        with atomic_path(outputs.overlay) as beside:
            iio.imwrite(beside, draw_montage(stack, planes), extension=".png")
    with atomic_path(outputs.table) as beside:
        table.to_csv(beside, index=False)
    Provenance.of(recipe, image).save(outputs.record)
    # The labels come last: where they are, all is.
    write_labels(outputs.labels, stack.assemble(planes), stack)
    return Done(outputs, stack.n_planes, len(table))
