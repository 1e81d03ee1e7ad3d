"""The images that are shipped under ``sample_data/``, with their truth."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.later import pandas as pd

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack

SAMPLES = ("nuclei_zstack", "nuclei_timelapse")
"""Names of the shipped samples."""


@dataclass(frozen=True, eq=False)
class Sample:
    """An image with its truth.

    Parameters
    ----------
    image : Stack
        Grey values.
    labels : Stack of uint16
        The true objects, on the image's axes; one id is one object over all planes.
    lineage : pandas.DataFrame, optional
        Of a time-lapse, one row an object: label, begin and end (first and last
        frame, both included) and parent (0: none), as in the Cell Tracking
        Challenge's ``man_track.txt``.
    """

    image: Stack
    labels: Stack
    lineage: pd.DataFrame | None = None


def sample_path(name: str) -> Path:
    """Return where a file of ``sample_data/`` lies.

    Parameters
    ----------
    name : str
        The file's name, for example ``"nuclei_zstack.tif"``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> read_stack(sample_path("nuclei_zstack.tif")).axes
    'ZYX'
    """
    folder = Path(str(files("napari_mobile_unet_files") / "sample_data"))
    path = folder / name
    if not path.is_file():
        known = ", ".join(sorted(found.name for found in folder.glob("*.*")))
        raise FileNotFoundError(
            f"no sample file is called {name!r}; choose one of {known}"
        )
    return path


def read_sample(name: str) -> Sample:
    """Return a shipped sample as it was generated.

    Parameters
    ----------
    name : str
        One of ``SAMPLES``.

    Raises
    ------
    FileNotFoundError
        If there is no such sample.
    """
    image = sample_path(f"{name}.tif")
    lineage = image.with_name(f"{name}_lineage.csv")
    return Sample(
        image=read_stack(image),
        labels=read_stack(sample_path(f"{name}_labels.tif")),
        lineage=pd.read_csv(lineage) if lineage.is_file() else None,
    )
