"""A picture of what is right and wrong in a prediction, with its legend."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import imageio.v3 as iio
import numpy as np

from napari_mobile_unet.evaluation.errors import COLOURS, MEANINGS
from napari_mobile_unet.io.atomic import atomic_path, check_apart
from napari_mobile_unet.io.names import LABELS, stem_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_mobile_unet.evaluation.errors import Errors

    Picture = NDArray[np.uint8]

COLUMNS = 4
"""Planes side by side in the picture of a stack."""
MOST = 12
"""Planes in the picture of a stack."""
LONGEST = 2048
"""Largest height or width in pixels of a plane in the picture."""
LINE = 22
"""Height in pixels of a line of the legend."""


def draw_errors(verdicts: NDArray[np.uint8]) -> Picture:
    """Return a picture of the verdicts of ``find_errors``, with a legend below.

    Parameters
    ----------
    verdicts : ndarray of uint8
        (..., Y, X). Of a stack, evenly spaced planes are shown; of planes longer than
        ``LONGEST``, every second pixel or fewer.

    Returns
    -------
    ndarray of uint8
        (rows, columns, 3), RGB.
    """
    table = np.zeros((1 + max(COLOURS), 3), np.uint8)
    for verdict, colour in COLOURS.items():
        table[verdict] = colour
    step = -(-max(verdicts.shape[-2:]) // LONGEST)
    planes = verdicts.reshape(-1, *verdicts.shape[-2:])[:, ::step, ::step]
    count = min(MOST, len(planes))
    shown = np.linspace(0, len(planes) - 1, count).round().astype(int)
    pictures = [np.pad(table[planes[n]], ((1, 1), (1, 1), (0, 0))) for n in shown]
    columns = min(COLUMNS, count)
    pictures += [np.zeros_like(pictures[0])] * (-count % columns)
    rows = [
        np.hstack(pictures[start : start + columns])
        for start in range(0, len(pictures), columns)
    ]
    return _with_legend(np.vstack(rows))


def check_pictures(folder: Path, predicted: Path, truth: Path) -> None:
    """Refuse a folder for pictures of errors that is one of the inputs.

    Raises
    ------
    ValueError
        If it is, or is no folder.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(
            f"pictures are written to a folder; {folder} is none; name one"
        )
    check_apart(folder, (predicted, truth))


def write_errors(errors: Errors, folder: Path, name: str) -> Path:
    """Write the picture of errors, whole or not at all, and return where it is.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem_of(Path(name)).removesuffix(LABELS)}_errors.png"
    with atomic_path(path) as beside:
        iio.imwrite(beside, draw_errors(errors.labels), extension=".png")
    return path


def _with_legend(picture: Picture) -> Picture:
    """Return a picture with a line for each verdict below it."""
    width = max(picture.shape[1], 110)
    legend = np.zeros((LINE * len(MEANINGS) + 6, width, 3), np.uint8)
    for number, (verdict, word) in enumerate(MEANINGS.items()):
        foot = (number + 1) * LINE
        cv2.rectangle(legend, (6, foot - 14), (20, foot), COLOURS[verdict], -1)
        cv2.putText(
            legend,
            word,
            (28, foot - 2),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.5,
            (255, 255, 255),
            1,
            cv2.LINE_AA,
        )
    missing = width - picture.shape[1]
    return np.vstack([np.pad(picture, ((0, 0), (0, missing), (0, 0))), legend])
