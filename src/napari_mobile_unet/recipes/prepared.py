"""The steps that made a prepared image, in a file beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mobile_unet.images.sampling import content_digest
from napari_mobile_unet.io.names import stem_of
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.recipes.record import Record
from napari_mobile_unet.settings import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.images.stack import Stack


class Prepared(Record):
    """What was done to an image before it was written to a file."""

    provenance: Provenance
    """The source, and a recipe with the steps."""
    content: str
    """SHA-256 of parts of the prepared image, to tell it from others of its name."""


def steps_path(image: Path) -> Path:
    """Return the path of the steps of a prepared image."""
    return image.with_name(f"{stem_of(image)}_steps.json")


def prepared_provenance(path: Path, image: Stack) -> Provenance | None:
    """Return where a prepared image comes from; None for any other image.

    Parameters
    ----------
    path : Path
        The file.
    image : Stack
        Its content.

    Raises
    ------
    OSError
        If the file beside it cannot be read.
    """
    beside = steps_path(path)
    if not beside.is_file():
        return None
    try:
        known = Prepared.model_validate(read_json(beside, "a record of steps"))
    except ValueError:
        return None
    return known.provenance if known.content == content_digest(image) else None
