"""What a journal says of the labels that it begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_mobile_unet.corrections.draft import iter_shapes
from napari_mobile_unet.corrections.journal_lines import Header, versions

if TYPE_CHECKING:
    from napari_mobile_unet.corrections.change import LabelArray
    from napari_mobile_unet.corrections.index import ObjectIndex
    from napari_mobile_unet.corrections.locks import Locks


def header_of(
    labels: LabelArray,
    index: ObjectIndex,
    locks: Locks,
    image: str,
    provenance: dict[str, Any],
) -> Header:
    """Return the first line of a journal that begins with labels as they are."""
    marked = {own for plane in locks.finished for own in index.ids_in(plane)}
    return Header(
        version=1,
        shape=tuple(map(int, labels.shape)),
        dtype=str(labels.dtype),
        content=index.content,
        image=image,
        provenance=provenance,
        versions=versions(),
        largest=index.next_id - 1,
        locks=locks.state,
        shapes=tuple(iter_shapes(labels, index, sorted(locks.ids | marked))),
    )
