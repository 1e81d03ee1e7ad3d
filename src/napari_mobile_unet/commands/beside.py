"""What the record beside a label file says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def classes_beside(labels: Path) -> tuple[str, ...]:
    """Return the names of the classes 1 to n that a label file holds.

    Empty if they are objects, or nothing is known of them.

    Parameters
    ----------
    labels : Path
        Such as ``cells_labels.tif``, with ``cells_recipe.json`` beside it.

    Raises
    ------
    OSError, ValueError
        If the record cannot be read.
    """
    from napari_mobile_unet.io.names import LABELS, stem_of
    from napari_mobile_unet.recipes.provenance import Provenance

    record = labels.with_name(f"{stem_of(labels).removesuffix(LABELS)}_recipe.json")
    made = Provenance.load(record) if record.is_file() else None
    return made.classes if made else ()
