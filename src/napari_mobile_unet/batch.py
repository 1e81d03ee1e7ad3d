"""From files to files: each input gives labels, a table and a record."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import imageio.v3 as iio
import numpy as np

from napari_mobile_unet.io import SUFFIXES, atomic_path, read_stack, write_labels
from napari_mobile_unet.measurements import measure
from napari_mobile_unet.metrics import Scores, evaluate, pool
from napari_mobile_unet.overlay import draw_montage
from napari_mobile_unet.pipeline import as_stack, iter_segment, table_of
from napari_mobile_unet.recipe import Provenance, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_mobile_unet.stack import Stack

Format = Literal["tif", "zarr"]

LABELS = "_labels"
"""What the stem of a file of labels ends in."""


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
            labels=folder / f"{stem}{LABELS}.{form}",
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


def evaluate_files(predicted: Path, truth: Path) -> tuple[Scores, int]:
    """Compare label files with the truth.

    Parameters
    ----------
    predicted, truth : Path
        Two label files; or two folders, whose files are matched by stem, where
        ``cell_labels.tif`` belongs to ``cell.png``. Truth that has no prediction
        is left aside, so that a fold can be compared with a whole data set.

    Returns
    -------
    Scores
        Of all images together.
    int
        Number of images compared.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read, is no label image, or has no partner.
    """
    if not predicted.is_dir() or predicted.suffix == ".zarr":
        return evaluate(read_labels(predicted), read_labels(truth)), 1
    truths = {stem_of(path): path for path in image_files(truth)}
    found = image_files(predicted)
    labels = [path for path in found if stem_of(path).endswith(LABELS)] or found
    scores = []
    for path in labels:
        stem = stem_of(path).removesuffix(LABELS)
        if stem not in truths:
            raise ValueError(
                f"each prediction needs a truth of its stem; {path} has none in "
                f"{truth}; add {stem}.png or .tif there, or take the prediction away"
            )
        scores.append(evaluate(read_labels(path), read_labels(truths[stem])))
    return pool(scores), len(scores)


def read_labels(path: Path) -> NDArray[np.integer[Any]]:
    """Return a label file as one array of whole numbers."""
    return np.asarray(read_stack(path).data)


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


def measure_file(labels: Path, output: Path, image: Path | None) -> None:
    """Write the table of a label file's objects.

    Parameters
    ----------
    labels : Path
        The label file.
    output : Path
        The table, CSV.
    image : Path, optional
        The image that was labelled, for the grey values.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read or written, or the two do not fit each other.
    """
    found = read_stack(labels)
    table = measure(
        found.data,
        read_stack(image) if image else None,
        axes=None if image else found.axes,
        scale=found.scale,
        units=found.units,
    )
    with atomic_path(output) as beside:
        table.to_csv(beside, index=False)
