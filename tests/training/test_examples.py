"""Images and labels of a training, as people store them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile

from napari_mobile_unet.training.examples import read_examples
from napari_mobile_unet.training.job import TrainingJob

if TYPE_CHECKING:
    from pathlib import Path

LABELS = np.zeros((64, 64), np.uint16)
LABELS[8:24, 8:24], LABELS[8:24, 30:46] = 7, 300


def job_of(folder: Path) -> TrainingJob:
    return TrainingJob(
        images=str(folder / "images"),
        labels=str(folder / "labels"),
        output=folder / "new",
        epochs=1,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with an image, and an empty one for its labels."""
    for kind in ("images", "labels"):
        (tmp_path / kind).mkdir()
    iio.imwrite(tmp_path / "images" / "a.png", (LABELS > 0).astype(np.uint8))
    return tmp_path


@pytest.mark.parametrize("form", ["png", "tif"])
def test_labels_are_read_however_they_are_stored(folder: Path, form: str) -> None:
    if form == "png":
        iio.imwrite(folder / "labels" / "a.png", LABELS)
    else:
        tifffile.imwrite(folder / "labels" / "a.tif", LABELS.astype(np.float32))
    (example,), _ = read_examples(job_of(folder))
    expected = np.select([LABELS == 7, LABELS == 300], [1, 2])
    np.testing.assert_array_equal(example.labels, expected)


def test_colours_are_no_labels(folder: Path) -> None:
    iio.imwrite(folder / "labels" / "a.png", np.zeros((64, 64, 3), np.uint8))
    with pytest.raises(ValueError, match=r"one id in each pixel; .*a\.png has colours"):
        read_examples(job_of(folder))
