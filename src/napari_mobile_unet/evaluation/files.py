"""Label files, compared with the truth and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.evaluation.classes import evaluate_classes
from napari_mobile_unet.evaluation.errors import find_errors
from napari_mobile_unet.evaluation.labels import read_at, read_labels
from napari_mobile_unet.evaluation.metrics import evaluate
from napari_mobile_unet.images.axes import without
from napari_mobile_unet.images.parts import reordered
from napari_mobile_unet.io.names import LABELS, label_files, stem_of
from napari_mobile_unet.io.paths import zarr_root
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.objects.align import match_axes
from napari_mobile_unet.objects.measure import measure
from napari_mobile_unet.objects.pieces import extras_of, with_known

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from napari_mobile_unet.evaluation.classes import ClassScores
    from napari_mobile_unet.evaluation.errors import Errors
    from napari_mobile_unet.evaluation.metrics import Scores
    from napari_mobile_unet.images.stack import Stack


def iter_label_pairs(
    predicted: Path,
    truth: Path,
    axes: str | None = None,
    position: int | None = None,
) -> Iterator[tuple[Path, Stack, Stack]]:
    """Yield a file, its predicted labels, and the true ones; see ``match_axes``.

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
        found, true = match_axes(read_labels(first, axes, true, position), true)
        if "P" in true.axes:
            raise ValueError(
                "labels are evaluated in one position at a time; received "
                f"{true.sizes['P']} positions; choose one with --position"
            )
        yield first, found, true


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


def evaluate_class_labels(
    predicted: Stack, truth: Stack, names: Sequence[str] = ()
) -> ClassScores:
    """Return the scores of classes, with axes as for ``evaluate_labels``."""
    predicted = reordered(predicted, truth.axes)
    return evaluate_classes(np.asarray(predicted.data), np.asarray(truth.data), names)


def errors_of(predicted: Stack, truth: Stack) -> Errors:
    """Return what is wrong with labels, on the axes of the true ones."""
    predicted = reordered(predicted, truth.axes)
    return find_errors(np.asarray(predicted.data), np.asarray(truth.data))


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


def measure_labels(
    labels: Stack,
    image: Stack | None = None,
    groups: Collection[str] | None = None,
) -> pd.DataFrame:
    """Return the table of objects; see ``measure``.

    Parameters
    ----------
    labels, image : Stack
        On the same axes, in any order. Labels without a pixel size of their own have
        the image's: those that were drawn elsewhere often have none.
    groups : collection of str, optional
        Of columns; the usual ones by default.
    """
    if image is not None:
        labels = reordered(labels, image.labels_axes)
    return measure(labels, image, groups=groups)


def known_of(labels: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with what the run that made a label file told of its objects.

    Parameters
    ----------
    labels : Path
        Such as ``cells_labels.tif``, with ``cells_objects.csv`` beside it: the
        confidence of each object, the class and the parent where there are some.
    table : DataFrame
        Of these labels.

    Raises
    ------
    OSError, ValueError
        If there is no such file, or it is of other labels.
    """
    beside = labels.with_name(f"{stem_of(labels).removesuffix(LABELS)}_objects.csv")
    objects = pd.read_csv(beside)
    if "label" not in objects or set(objects["label"]) != set(table["label"]):
        raise ValueError(
            f"what is known of objects is read from the table of their run; {beside} "
            f"has other ids than {labels}; leave “known” out"
        )
    return with_known(table, extras_of(objects))
