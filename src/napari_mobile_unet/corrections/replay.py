"""From a journal back to the labels: the pixels of its steps, never its operations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.corrections.digest import digest_of
from napari_mobile_unet.corrections.history import Entry, History
from napari_mobile_unet.corrections.journal_lines import (
    Content,
    Move,
    iter_journal,
    returned,
)
from napari_mobile_unet.corrections.locks import Locks
from napari_mobile_unet.corrections.patches import Patched, Patches
from napari_mobile_unet.corrections.step import Step
from napari_mobile_unet.images.pixels import labels_type
from napari_mobile_unet.parallel.cancel import checkpoint

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from napari_mobile_unet.corrections.change import Box, LabelArray, PlaneIndex
    from napari_mobile_unet.types import AnyLabels


@dataclass(frozen=True, eq=False)
class Folded:
    """What all lines of a journal come to.

    Parameters
    ----------
    path : Path
        The journal.
    content : Content
        The lines.
    history : History
        As it was after the last line.
    locks : Locks
        As they were after the last line.
    patches : Patches
        The pixels that it speaks of; among them all that is locked.
    """

    path: Path
    content: Content
    history: History
    locks: Locks
    patches: Patches

    @property
    def largest(self) -> int:
        """Ids up to this one were given."""
        return max(self.content.header.largest, self.patches.given)

    @property
    def last(self) -> int:
        """Number of the last step; 0 if there is none."""
        return self.history.last

    def locked(self, plane: PlaneIndex, box: Box) -> AnyLabels:
        """Return the ids of a box of a plane that are locked, 0 elsewhere."""
        shape = [side.stop - side.start for side in box]
        ids = self.patches.over(np.zeros(shape, np.uint64), plane, box)
        if plane in self.locks.finished:
            return ids
        return np.where(
            np.isin(ids, np.array(sorted(self.locks.ids), ids.dtype)), ids, 0
        )


def fold(path: Path) -> Folded:
    """Return what all lines of a journal come to; see `iter_fold`."""
    return returned(iter_fold(path))


def iter_fold(path: Path) -> Generator[float, None, Folded]:
    """Yield how much was read, 0 to 1; return what all lines of a journal come to.

    No labels are needed for that.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is none, or was edited or damaged.
    Cancelled
        If the work of the calling thread was cancelled.
    """
    content = yield from iter_journal(path)
    header = content.header
    folded = Folded(path, content, History(2**63), Locks(header.locks), Patches())
    try:
        for pixels in header.shapes:
            check_inside([(pixels.plane, pixels.box)], header.shape)
            folded.patches.state(pixels)
        for name, value in content.lines:
            checkpoint()
            _follow(folded, name, value)
    except (ValueError, KeyError) as error:
        raise ValueError(f"{path}: {error}") from error
    return folded


def base_of(folded: Folded, labels: LabelArray) -> str:
    """Return the checksum that labels had before the first step of a journal.

    The same, whether they hold none of the steps, some or all of them.
    """
    return digest_of(Patched(labels, folded.patches, final=False))


def replay(labels: LabelArray, journal: str | Path | Folded) -> AnyLabels:
    """Return labels with all corrections of a journal, equal to the bit.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), those that were corrected: an automatic result. Corrections that
        they hold already do no harm.
    journal : path-like or Folded
        The journal.

    Returns
    -------
    ndarray of int
        A new array of the labels' type, or of a wider one where ids need it.

    Raises
    ------
    OSError
        If the journal cannot be read.
    ValueError
        If it is damaged, or belongs to other labels; see ``fit.iter_fitted`` for these.
    """
    folded = journal if isinstance(journal, Folded) else fold(Path(journal))
    check_shape(folded, labels)
    if base_of(folded, labels) != folded.content.header.content:
        raise other_labels(folded.path)
    largest = np.iinfo(labels.dtype).max
    wide = labels_type(folded.patches.largest)
    kind = labels.dtype if folded.patches.largest <= largest else wide
    corrected: Any = np.array(labels, kind)
    for plane, tile in folded.patches.iter_tiles():
        part = corrected[(*plane, *tile.box)]
        known = tuple(slice(0, length) for length in part.shape)
        part[tile.known[known]] = tile.final[known][tile.known[known]]
    return np.asarray(corrected)


def check_shape(folded: Folded, labels: LabelArray) -> None:
    """Refuse labels of another shape than a journal speaks of.

    Raises
    ------
    ValueError
        If it is another one.
    """
    if tuple(labels.shape) != folded.content.header.shape:
        raise ValueError(
            "a journal belongs to labels of one shape; its labels have "
            f"{folded.content.header.shape}, these {tuple(labels.shape)}; name the "
            "journal of these labels"
        )


def other_labels(journal: Path) -> ValueError:
    """Return the error that a journal belongs to other labels."""
    return ValueError(
        f"a journal belongs to the labels that it begins with; {journal} was written "
        "for others, or something else has changed them since; name the journal of "
        "these labels, or bring what it locks over to them"
    )


def _follow(folded: Folded, name: str, value: Step | Move) -> None:
    """Follow a line of a journal."""
    if isinstance(value, Step):
        _check_step(value, folded)
        entry = Entry(value, False)
        for pixels in value.locks.shapes:
            folded.patches.state(pixels)
    else:
        history = folded.history
        found = history.next_undo if name == "undo" else history.next_redo
        if found is None or found.step.seq != value.seq:
            raise ValueError(
                f"step {value.seq} cannot be the next {name}; the journal contradicts "
                "itself: restore it from a copy"
            )
        entry = found
    for delta in entry.step.deltas:
        folded.patches.change(delta, back=entry.back)
    folded.locks.apply(entry.step.locks, back=entry.back)
    if isinstance(value, Step):
        folded.history.add(value)
    elif name == "undo":
        folded.history.undo()
    else:
        folded.history.redo()


def _check_step(step: Step, folded: Folded) -> None:
    """Refuse a step that does not follow those before, or does not fit the labels."""
    last = folded.last
    if step.seq <= last:
        raise ValueError(
            f"steps are numbered in order; {step.seq} comes after {last}; the journal "
            "contradicts itself: restore it from a copy"
        )
    shape = folded.content.header.shape
    pixels = (*step.locks.shapes, *step.locks.buried, *step.locks.unearthed)
    check_inside([(delta.plane, delta.box) for delta in step.deltas], shape)
    check_inside([(each.plane, each.box) for each in pixels], shape)


def check_inside(
    places: Iterable[tuple[PlaneIndex, Box]], shape: tuple[int, ...]
) -> None:
    """Refuse boxes that are not within labels.

    Raises
    ------
    ValueError
        If one is not.
    """
    *leading, height, width = shape
    for plane, (rows, columns) in places:
        number = len(plane) == len(leading) and all(
            index < length for index, length in zip(plane, leading, strict=True)
        )
        if not number or rows.stop > height or columns.stop > width:
            raise ValueError(
                f"a box from ({rows.start}, {columns.start}) to ({rows.stop}, "
                f"{columns.stop}) of plane {plane} is not within labels of shape "
                f"{shape}; restore what was saved from a copy"
            )
