"""Go on with corrections where an earlier session, or a crash, left them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.change import read_box
from napari_mobile_unet.corrections.history import MEMORY
from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.journal import Journal
from napari_mobile_unet.corrections.replay import (
    base_of,
    check_shape,
    fold,
    other_labels,
)
from napari_mobile_unet.corrections.session import Corrections
from napari_mobile_unet.corrections.writing import check_writable

if TYPE_CHECKING:
    from napari_mobile_unet.corrections.change import LabelArray
    from napari_mobile_unet.corrections.replay import Folded


@dataclass(frozen=True, eq=False)
class Resumed:
    """Corrections that go on.

    Parameters
    ----------
    corrections : Corrections
        The session; all that could be undone can still be.
    notes : list of str
        What a person should be told.
    """

    corrections: Corrections
    notes: list[str]


def resume(
    labels: LabelArray,
    journal: str | Path,
    *,
    index: ObjectIndex | None = None,
    image: str = "",
    memory: int = MEMORY,
) -> Resumed:
    """Bring labels to where their journal ends, and go on from there.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), as they were before the first step or after any later one; changed
        in place.
    journal : path-like
        The file.
    index : ObjectIndex, optional
        Of the labels, scanned already.
    image : str
        Checksum of the image, where it is known.
    memory : int
        As for ``Corrections``.

    Raises
    ------
    OSError
        If the journal cannot be read.
    ValueError
        If it is damaged, or belongs to other labels or another image; nothing has
        changed then.
    """
    path = Path(journal)
    check_writable(labels)
    folded = fold(path)
    header = folded.content.header
    check_shape(folded, labels)
    if image and header.image and image != header.image:
        raise ValueError(
            f"a journal belongs to one image; {path} was written for another one, or "
            "the image has changed since; name the journal of these labels"
        )
    if folded.patches.largest > np.iinfo(labels.dtype).max:
        raise ValueError(
            f"labels must hold the ids of their journal, up to "
            f"{folded.patches.largest}; these are {labels.dtype}; convert them to "
            f"{header.dtype}"
        )
    index = ObjectIndex.of(labels) if index is None else index
    same = index.content == header.content
    if not same and base_of(folded, labels) != header.content:
        raise other_labels(path)
    _bring_up(labels, index, folded)
    corrections = Corrections(
        labels, index=index, image=header.image, largest=folded.largest
    )
    folded.history.limit(memory)
    corrections.take_up(
        folded.history,
        folded.locks,
        Journal(path, header, folded.content),
    )
    return Resumed(corrections, folded.content.notes)


def _bring_up(labels: LabelArray, index: ObjectIndex, folded: Folded) -> None:
    """Give the pixels that a journal speaks of the ids that they have at its end."""
    height, width = labels.shape[-2:]
    for plane, tile in folded.patches.iter_tiles():
        rows, columns = tile.box
        box = (
            slice(rows.start, min(rows.stop, height)),
            slice(columns.start, min(columns.stop, width)),
        )
        before = read_box(labels, plane, box).copy()
        after = folded.patches.over(before, plane, box)
        if np.array_equal(before, after):
            continue
        labels[(*plane, *box)] = after
        index.update(labels, plane, (box[0].start, box[1].start), before, after)
