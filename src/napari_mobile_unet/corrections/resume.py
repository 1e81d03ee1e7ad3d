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
from napari_mobile_unet.corrections.journal_lines import returned
from napari_mobile_unet.corrections.replay import (
    base_of,
    check_shape,
    iter_fold,
    other_labels,
)
from napari_mobile_unet.corrections.session import Corrections
from napari_mobile_unet.corrections.writing import check_writable

if TYPE_CHECKING:
    from collections.abc import Collection, Generator

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


@dataclass(frozen=True, eq=False)
class Earlier:
    """An earlier session that was read and fits its labels, which are as they were.

    Parameters
    ----------
    labels : array of int
        The labels.
    index : ObjectIndex
        Of these labels.
    folded : Folded
        What the journal comes to.
    """

    labels: LabelArray
    index: ObjectIndex
    folded: Folded

    def go_on(self, memory: int = MEMORY) -> Resumed:
        """Bring the labels to where their journal ends, and go on from there.

        Parameters
        ----------
        memory : int
            As for ``Corrections``.
        """
        folded, header = self.folded, self.folded.content.header
        _bring_up(self.labels, self.index, folded)
        corrections = Corrections(
            self.labels, index=self.index, image=header.image, largest=folded.largest
        )
        folded.history.limit(memory)
        journal = Journal(folded.path, header, folded.content)
        corrections.take_up(folded.history, folded.locks, journal)
        return Resumed(corrections, folded.content.notes)


def resume(
    labels: LabelArray,
    journal: str | Path,
    *,
    index: ObjectIndex | None = None,
    images: Collection[str] = (),
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
    images : collection of str
        Checksums of images that the labels may be of, where any are known.
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
    index = ObjectIndex.of(labels) if index is None else index
    return returned(iter_earlier(labels, Path(journal), index, images)).go_on(memory)


def iter_earlier(
    labels: LabelArray,
    path: Path,
    index: ObjectIndex,
    images: Collection[str] = (),
) -> Generator[float, None, Earlier]:
    """Yield how much of a journal was read, 0 to 1; return the session to go on with.

    Nothing is changed yet. Parameters and errors are as for `resume`; the work of a
    thread can be cancelled.
    """
    check_writable(labels)
    folded = yield from iter_fold(path)
    header = folded.content.header
    check_shape(folded, labels)
    if images and header.image and header.image not in images:
        raise ValueError(
            f"a journal belongs to one image; {path} was written for another one, or "
            "the image has changed since; name the journal of these labels, or show "
            "their image"
        )
    if folded.patches.largest > np.iinfo(labels.dtype).max:
        raise ValueError(
            f"labels must hold the ids of their journal, up to "
            f"{folded.patches.largest}; these are {labels.dtype}; convert them to "
            f"{header.dtype}"
        )
    same = index.content == header.content
    if not same and base_of(folded, labels) != header.content:
        raise other_labels(path)
    return Earlier(labels, index, folded)


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
