"""Label files compared with the truth, and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.batch import LABELS, stem_of
from napari_mobile_unet.io import SUFFIXES, atomic_path, read_stack
from napari_mobile_unet.measurements import measure
from napari_mobile_unet.metrics import Scores, evaluate, pool

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


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
