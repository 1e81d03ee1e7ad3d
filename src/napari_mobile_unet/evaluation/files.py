"""Label files compared with the truth, and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.evaluation.metrics import Scores, evaluate, pool
from napari_mobile_unet.io.atomic import atomic_path, check_apart
from napari_mobile_unet.io.names import label_files
from napari_mobile_unet.io.paths import zarr_root
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.objects.measure import measure

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
    if not predicted.is_dir() or zarr_root(predicted):
        return evaluate(read_labels(predicted), read_labels(truth)), 1
    truths = label_files(truth)
    scores = []
    for stem, path in label_files(predicted).items():
        if stem not in truths:
            raise ValueError(
                f"each prediction needs a truth of its stem; {path} has none in "
                f"{truth}; add {stem}.png or .tif there, or take the prediction away"
            )
        scores.append(evaluate(read_labels(path), read_labels(truths[stem])))
    return pool(scores), len(scores)


def read_labels(path: Path) -> NDArray[np.integer[Any]]:
    """Return a label file as one array of whole numbers, without axes of one."""
    return np.asarray(read_stack(path).squeeze().data)


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
    if output.suffix.lower() != ".csv":
        raise ValueError(f"tables are written as .csv; received {output}; change it")
    check_apart(output, [labels, *([image] if image else [])])
    found = read_stack(labels).squeeze()
    known = set(found.scale) != {1.0} or set(found.units) != {"pixel"}
    own = known or not image  # labels that were drawn elsewhere often have none
    table = measure(
        found.data,
        read_stack(image).squeeze() if image else None,
        axes=None if image else found.axes,
        scale=found.scale if own else None,
        units=found.units if own else None,
    )
    with atomic_path(output) as beside:
        table.to_csv(beside, index=False)
