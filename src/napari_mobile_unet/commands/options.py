"""Options that commands share.

Importing this costs nothing, so that ``--help`` answers at once; the recipe that the
options describe is made in ``recipe``.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, get_args

import typer

from napari_mobile_unet.io.paths import zarr_root
from napari_mobile_unet.thresholding.choices import Method

THRESHOLDS = get_args(Method)
"""Ways to separate objects from the background by their grey values."""
GLOBAL = tuple(name for name in THRESHOLDS if name != "adaptive")
"""Those of them that find one value."""
MOST_PLANES = 100_000
"""Largest batch; more planes at a time only fill the memory."""
MOST_WORKERS = 1024
"""Most threads or processes."""


class Linking(StrEnum):
    """Ways to give one id to one object over Z or T."""

    none = "none"
    iou = "iou"
    laptrack = "laptrack"


class Form(StrEnum):
    """File formats of labels."""

    tif = "tif"
    zarr = "zarr"


class Scope(StrEnum):
    """What one threshold is computed from."""

    stack = "stack"
    plane = "plane"


class Naming(StrEnum):
    """Programs whose names the columns of a table may have."""

    ours = "ours"
    scikit_image = "scikit-image"
    imagej = "imagej"
    qupath = "qupath"
    cellprofiler = "cellprofiler"


class Foreground(StrEnum):
    """Which end of the grey values the objects are at."""

    auto = "auto"
    bright = "bright"
    dark = "dark"


RecipeChoice = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|NAME|JSON",
        help="Recipe: a JSON file, a name of the library, or JSON itself.",
    ),
]
Inputs = Annotated[list[Path], typer.Argument(metavar="INPUT...", show_default=False)]
Input = Annotated[Path, typer.Argument(metavar="INPUT", show_default=False)]
Axes = Annotated[
    str | None,
    typer.Option(metavar="AXES", help="One letter of PTCZYXS for each dimension."),
]
Channel = Annotated[
    str | None,
    typer.Option(
        metavar="N|mean|max|all",
        help="Channel, counted from 0; mean or max of all; or all side by side.",
    ),
]
Position = Annotated[
    int | None,
    typer.Option(min=0, help="Position, or image of several in a file, from 0."),
]
ForegroundSide = Annotated[
    Foreground | None,
    typer.Option(
        help="Objects are brighter or darker than the background; auto, the default: "
        "the side with fewer pixels."
    ),
]
Classes = Annotated[
    int | None,
    typer.Option(min=2, max=4, help="Classes of grey values, with Otsu's method."),
]
ObjectClasses = Annotated[
    str | None,
    typer.Option(
        metavar="N[,N...]|each",
        help="Classes that are objects, from 1, the darkest; each: all but the "
        "background's, one folder of results for each.",
    ),
]
BatchSize = Annotated[
    int | None, typer.Option(min=1, max=MOST_PLANES, help="Planes read together.")
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, max=MOST_WORKERS, help="Number of threads or processes."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace an existing output.")
]


def check_output(path: Path, overwrite: bool) -> None:
    """Refuse to replace an existing output unless that was asked for.

    Raises
    ------
    OSError
        If it exists, or is a folder where a file is to be written.
    """
    if path.is_dir() and zarr_root(path) is None:
        raise IsADirectoryError(
            f"Output must be a file: {path} is a folder; add a name"
        )
    if path.exists() and not overwrite:
        raise FileExistsError(f"Output already exists: {path}; use --overwrite")
