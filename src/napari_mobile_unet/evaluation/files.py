"""Label files, compared with the truth and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.evaluation.labels import read_at, read_labels
from napari_mobile_unet.evaluation.metrics import evaluate
from napari_mobile_unet.images.axes import without
from napari_mobile_unet.images.parts import reordered
from napari_mobile_unet.io.atomic import atomic_path, check_apart
from napari_mobile_unet.io.names import label_files
from napari_mobile_unet.io.paths import zarr_root
from napari_mobile_unet.objects.align import match_axes
from napari_mobile_unet.objects.measure import measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pandas as pd

    from napari_mobile_unet.evaluation.metrics import Scores
    from napari_mobile_unet.images.stack import Stack


def iter_label_pairs(
    predicted: Path,
    truth: Path,
    axes: str | None = None,
    position: int | None = None,
) -> Iterator[tuple[Stack, Stack]]:
    """Yield predicted labels and the true ones of the same image; see ``match_axes``.

    Parameters
    ----------
    predicted, truth : Path
        Two label files; or two folders, whose files are matched by stem, where
        ``cell_labels.tif`` belongs to ``cell.png``. Truth that has no prediction
        is left aside, so that a fold can be compared with a whole data set.
    axes, position
        Of the labels; see ``read_labels``.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read, is no label image, or has no partner, or if the
        two differ in axes or size.
    """
    for first, second in _paired(predicted, truth):
        true = read_labels(second, axes, position=position)
        yield match_axes(read_labels(first, axes, true, position), true)


def _paired(predicted: Path, truth: Path) -> Iterator[tuple[Path, Path]]:
    if not predicted.is_dir() or zarr_root(predicted):
        yield predicted, truth
        return
    truths = label_files(truth)
    found = label_files(predicted)
    for stem, path in found.items():
        if stem not in truths:
            raise ValueError(
                f"each prediction needs a truth with the same stem; {path} has none in "
                f"{truth}; add {stem}.png or .tif there, or remove the prediction"
            )
    yield from ((path, truths[stem]) for stem, path in found.items())


def evaluate_labels(predicted: Stack, truth: Stack) -> Scores:
    """Return the scores of labels that have the axes of the true ones, in any order."""
    predicted = reordered(predicted, truth.axes)
    return evaluate(np.asarray(predicted.data), np.asarray(truth.data))


def read_to_measure(
    labels: Path,
    image: Path | None = None,
    axes: str | None = None,
    position: int | None = None,
) -> tuple[Stack, Stack | None]:
    """Return labels and the image that they were made of; see ``match_axes``.

    Parameters
    ----------
    labels : Path
        The label file.
    image : Path, optional
        The image that was labelled, for the grey values.
    axes : str, optional
        Of the image; of the labels where there is none.
    position : int, optional
        Which position is measured, where there is an axis P.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read, the two do not fit each other, or there are several
        positions and none is named.
    """
    if image is None:
        found, seen = read_labels(labels, axes, position=position), None
    else:
        seen = read_at(image, axes, position)
        named = without(axes.upper(), "CS") if axes else None
        try:
            found = read_labels(labels, named, seen, position)
        except ValueError:
            if position is None:
                raise
            found = read_labels(labels, named, seen)  # of that position alone
        found, seen = match_axes(found, seen)
    if "P" in found.axes:
        raise ValueError(
            "objects are measured in one position at a time; received "
            f"{found.sizes['P']} positions; choose one with --position"
        )
    return found, seen


def measure_labels(labels: Stack, image: Stack | None = None) -> pd.DataFrame:
    """Return the table of objects; see ``measure``.

    Parameters
    ----------
    labels, image : Stack
        On the same axes, in any order. Labels without a pixel size of their own have
        the image's: those that were drawn elsewhere often have none.
    """
    if image is not None:
        labels = reordered(labels, image.labels_axes)
    return measure(labels, image)


def check_table(output: Path, inputs: Iterable[Path]) -> None:
    """Refuse a table in another format, or over one of the inputs.

    Raises
    ------
    ValueError
        If the suffix is not .csv, or the output is an input.
    """
    if output.suffix.lower() != ".csv":
        raise ValueError(f"tables are written as .csv; received {output}; change it")
    check_apart(output, inputs)


def write_table(table: pd.DataFrame, output: Path) -> None:
    """Write a table as CSV, whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with atomic_path(output) as beside:
        table.to_csv(beside, index=False)
