"""Corrections carried over to another automatic result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.change import Change, iter_planes, read_box
from napari_mobile_unet.corrections.fit import FreeIds, fit_around
from napari_mobile_unet.parallel.cancel import checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_mobile_unet.corrections.change import Box, LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.done import Done
    from napari_mobile_unet.corrections.locks import Locks
    from napari_mobile_unet.corrections.replay import Folded
    from napari_mobile_unet.corrections.session import Corrections
    from napari_mobile_unet.types import AnyLabels


@dataclass(frozen=True, eq=False)
class Kept:
    """What a person made their own, and any automatic result must keep.

    Parameters
    ----------
    shape : tuple of int
        Of the labels.
    locks : Locks
        Which objects and planes that are, and what was deleted.
    locked : function
        Returns the ids of a plane, (Y, X), 0 where it is free.
    largest : int
        Ids up to this one were given.
    classes : bool
        Whether the labels are classes of pixels, whose numbers never change.
    """

    shape: tuple[int, ...]
    locks: Locks
    locked: Callable[[PlaneIndex], AnyLabels]
    largest: int
    classes: bool = False

    @classmethod
    def of(cls, corrections: Corrections) -> Kept:
        """Return what a session keeps, as its labels are when it is asked."""
        labels, locks = corrections.labels, corrections.locks

        def locked(plane: PlaneIndex) -> AnyLabels:
            ids = read_box(labels, plane, _whole(labels.shape))
            if plane in locks.finished:
                return ids.copy()
            return np.where(
                np.isin(ids, np.array(sorted(locks.ids), ids.dtype)), ids, 0
            )

        return cls(tuple(labels.shape), locks, locked, corrections.index.next_id - 1)

    @classmethod
    def of_journal(cls, folded: Folded, *, classes: bool = False) -> Kept:
        """Return what a journal keeps; its labels are not needed."""
        shape = folded.content.header.shape
        return cls(
            shape,
            folded.locks,
            lambda plane: folded.locked(plane, _whole(shape)),
            folded.largest,
            classes,
        )


def iter_fitted(new: LabelArray, kept: Kept) -> Iterator[tuple[PlaneIndex, AnyLabels]]:
    """Yield each plane of an automatic result with what a person made their own.

    Parameters
    ----------
    new : array of int
        (..., Y, X), read twice, plane by plane.
    kept : Kept
        What stays; see `fit.fit_around`.

    Yields
    ------
    plane : tuple of int
        Its index.
    labels : ndarray of int64
        (Y, X).

    Raises
    ------
    ValueError
        If the result has another shape.
    """
    if tuple(new.shape) != kept.shape:
        raise ValueError(
            f"corrections fit labels of their shape, {kept.shape}; received "
            f"{tuple(new.shape)}; make the labels from the same image"
        )
    whole, locks = _whole(kept.shape), kept.locks
    taken = set(locks.ids) | {own for _, own in locks.tombstones}
    for plane in locks.finished:
        taken.update(np.unique(kept.locked(plane)).tolist())
    largest = kept.largest
    for plane in iter_planes(kept.shape):
        largest = max(largest, int(read_box(new, plane, whole).max(initial=0)))
    ids = FreeIds(taken - {0}, largest)
    for plane in iter_planes(kept.shape):
        checkpoint()
        locked = kept.locked(plane)
        if plane in locks.finished:
            yield plane, locked.astype(np.int64)
        elif kept.classes:  # which have no outlines that others are fitted around
            found = read_box(new, plane, whole)
            yield plane, np.where(locked > 0, locked, found).astype(np.int64)
        else:
            stones = locks.tombstones_of(plane)
            yield plane, fit_around(read_box(new, plane, whole), locked, stones, ids)


def replace_by(corrections: Corrections, new: LabelArray) -> Done | None:
    """Put a new automatic result in the place of the old one, in one step.

    What is locked, deleted or finished stays as it is; see `fit.fit_around`.

    Parameters
    ----------
    corrections : Corrections
        The session.
    new : array of int
        (..., Y, X), of another run or another program.

    Raises
    ------
    ValueError
        If it has another shape, or ids that the labels cannot hold.
    OSError
        If the journal cannot be written; nothing has changed.
    """
    changes = (
        Change(plane, (0, 0), labels)
        for plane, labels in iter_fitted(new, Kept.of(corrections))
    )
    return corrections.do("replace", changes, text="new automatic labels", lock=False)


def bring_over(source: Kept, corrections: Corrections) -> Done | None:
    """Bring corrections over to labels of another run, in one step.

    Parameters
    ----------
    source : Kept
        Of the labels that were corrected, or of their journal.
    corrections : Corrections
        The session of the other labels.

    Raises
    ------
    ValueError
        If the labels have another shape, or cannot hold the ids.
    OSError
        If the journal cannot be written; nothing has changed.
    """
    changes = (
        Change(plane, (0, 0), labels)
        for plane, labels in iter_fitted(corrections.labels, source)
    )
    return corrections.do(
        "bring over",
        changes,
        text="bring corrections over",
        lock=False,
        on=corrections.locks.ids | source.locks.ids,
        locks=source.locks.state,
    )


def _whole(shape: tuple[int, ...]) -> Box:
    return slice(0, shape[-2]), slice(0, shape[-1])
