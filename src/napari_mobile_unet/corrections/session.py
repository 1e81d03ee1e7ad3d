"""Labels that a person corrects: every change of them goes through one history."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from napari_mobile_unet.corrections.beginning import header_of
from napari_mobile_unet.corrections.delta import named
from napari_mobile_unet.corrections.done import Done
from napari_mobile_unet.corrections.draft import (
    Draft,
    check_apart,
    iter_shapes,
)
from napari_mobile_unet.corrections.history import MEMORY, Entry, History
from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.journal import Journal
from napari_mobile_unet.corrections.journal_lines import Header, Move
from napari_mobile_unet.corrections.locks import LockChange, Locks, LockState, listed
from napari_mobile_unet.corrections.pixels import Pixels
from napari_mobile_unet.corrections.step import Step, as_utf8, plain_args
from napari_mobile_unet.corrections.strokes import kept_off
from napari_mobile_unet.corrections.writing import (
    check_unchanged,
    check_writable,
    write_entry,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from napari_mobile_unet.corrections.change import Change, LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.delta import Delta


class Corrections:
    """Labels that a person corrects: every change of them goes through one history.

    Operations hand in what is to change (`do`), others what they wrote already
    (`stroke`); both can be undone, are written to the journal before they count as
    done, and lock what they changed.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr, that basic slices can write to; changed in place.
    index : ObjectIndex, optional
        Of the labels, scanned already; scanned now unless given.
    locks : LockState, optional
        Of an earlier session.
    journal : path-like, optional
        Where steps are written to; there must be no file. Without one, what was done
        is lost with the program.
    image : str
        Checksum of the image, where it is known; see ``images.sampling``.
    provenance : dict, optional
        Where the labels come from; written into the journal, to be read.
    largest : int
        Ids up to this one count as given.
    memory : int
        Bytes that the steps may take which can be undone.

    Raises
    ------
    ValueError
        If the labels cannot be written to, or are no labels.
    FileExistsError
        If there is a journal already; see ``replay.resume``.

    Examples
    --------
    >>> import numpy as np
    >>> from napari_mobile_unet.corrections.change import Change
    >>> labels = np.zeros((8, 8), np.uint16)
    >>> labels[2:5, 2:5] = 1
    >>> corrections = Corrections(labels)
    >>> done = corrections.do("delete", [Change((), (2, 2), np.zeros((3, 3), int))])
    >>> labels.any(), corrections.undo().text, labels.sum()
    (np.False_, 'undo of delete', np.uint64(9))
    """

    def __init__(
        self,
        labels: LabelArray,
        *,
        index: ObjectIndex | None = None,
        locks: LockState | None = None,
        journal: str | Path | None = None,
        image: str = "",
        provenance: Mapping[str, Any] | None = None,
        largest: int = 0,
        memory: int = MEMORY,
    ) -> None:
        check_writable(labels)
        self.labels = labels
        self.index = ObjectIndex.of(labels) if index is None else index
        self.index.reserve(largest)
        self.locks = Locks(locks)
        self.history = History(memory)
        self.journal: Journal | None = None
        self._image, self._provenance = image, dict(provenance or {})
        if journal is not None:
            self.journal = Journal(Path(journal), self.header())

    def take_up(self, history: History, locks: Locks, journal: Journal | None) -> None:
        """Go on with an earlier session, whose steps the labels hold."""
        self.history, self.locks, self.journal = history, locks, journal

    def header(self) -> Header:
        """Return the first line of a journal that begins with the labels as they are.

        They must be as they were when their index was made.
        """
        return header_of(
            self.labels, self.index, self.locks, self._image, self._provenance
        )

    def do(
        self,
        kind: str,
        changes: Iterable[Change],
        *,
        text: str = "",
        args: Mapping[str, Any] | None = None,
        on: Collection[int] = (),
        lock: bool = True,
        renamed: Mapping[int, int] | None = None,
        locks: LockState | None = None,
    ) -> Done | None:
        """Make changes, all of them or none.

        Parameters
        ----------
        kind : str
            Which operation: "split".
        changes : iterable of Change
            Boxes as they are to be; they do not overlap.
        text : str
            What it says to a person: "split 14"; the kind and ``on`` unless given.
        args : dict, optional
            What the operation was given, of JSON's types; to be read later.
        on : collection of int
            The objects that it is about: they change even if they are locked.
        lock : bool
            Whether a person did it: objects that changed are locked then, and what
            became background leaves a tombstone.
        renamed : mapping of int to int, optional
            New ids of objects that are only numbered anew: their locks go with them.
        locks : LockState, optional
            Locks that come with the changes.

        Returns
        -------
        Done or None
            What changed; None if nothing would.

        Raises
        ------
        ValueError
            If a change does not fit into the labels.
        LockedObjects
            If a locked object would change that is not among ``on``.
        OSError
            If the journal or the labels cannot be written; nothing has changed.
        """
        text = text or (f"{kind} {listed(on)}" if on else kind)
        draft = Draft(self.labels, self.index, self.locks, text, on, by_hand=lock)
        for change in changes:
            draft.add(change)
        check_apart(draft.boxes)
        follows = draft.lock_change(renamed, locks or LockState())
        return self._take(kind, text, follows, tuple(draft.deltas), args)

    def stroke(
        self,
        before: Sequence[Change],
        *,
        kind: str = "paint",
        text: str = "",
        on: Collection[int] = (),
    ) -> Done | None:
        """Take in what somebody else wrote into the labels already, such as a brush.

        Locked objects that it ran over are put back, within the same step.

        Parameters
        ----------
        before : sequence of Change
            Boxes as they were before; see ``strokes.before_points``.
        kind, text, on
            As for `do`; ``on`` holds the id that was painted, too.

        Returns
        -------
        Done or None
            What changed; None if nothing did.

        Raises
        ------
        ValueError
            If a box does not fit into the labels.
        OSError
            If the journal or the labels cannot be written; the boxes are as they were
            before the stroke.
        """
        check_apart([(old.plane, old.box) for old in before])
        locked = self.locks.ids - {int(own) for own in on}
        changes, put_back = kept_off(self.labels, before, locked)
        # From here on it is an operation like any other.
        for old in before:
            self.labels[(*old.plane, *old.box)] = old.labels.astype(self.labels.dtype)
        done = self.do(kind, changes, text=text, on=on)
        if done is None:
            return None
        return Done(done.entry, tuple(put_back))

    def lock(self, ids: Collection[int]) -> Done | None:
        """Lock objects: they are as they should be.

        Raises
        ------
        ValueError
            If there is no such object.
        """
        ids = {int(own) for own in ids}
        if missing := [own for own in ids if own not in self.index]:
            raise ValueError(
                f"only objects can be locked; there is none of the id "
                f"{listed(missing)}; choose one of the labels"
            )
        new = sorted(ids - self.locks.ids)
        shapes = tuple(iter_shapes(self.labels, self.index, new))
        change = LockChange(locked=tuple(new), shapes=shapes)
        return self._take("lock", f"lock {listed(ids)}", change)

    def unlock(self, ids: Collection[int]) -> Done | None:
        """Unlock objects: the next run may change them."""
        old = sorted(self.locks.ids.intersection(ids))
        change = LockChange(unlocked=tuple(old))
        return self._take("unlock", f"unlock {listed(ids)}", change)

    def finish(self, plane: PlaneIndex) -> Done | None:
        """Mark a plane as finished: no run changes any pixel of it."""
        if plane in self.locks.finished:
            return None
        shapes = (
            Pixels.of_object(self.labels, plane, own, self.index.box(own, plane))
            for own in self.index.ids_in(plane)
        )
        change = LockChange(finished=(plane,), shapes=tuple(shapes))
        return self._take("finish", f"finish plane {named(plane)}", change)

    def reopen(self, plane: PlaneIndex) -> Done | None:
        """Take back that a plane is finished."""
        if plane not in self.locks.finished:
            return None
        change = LockChange(reopened=(plane,))
        return self._take("reopen", f"reopen plane {named(plane)}", change)

    def undo(self) -> Done | None:
        """Undo what was done last.

        Returns
        -------
        Done or None
            What changed; None if there is nothing to undo.

        Raises
        ------
        ChangedOutside
            If something else wrote into the labels there; nothing has changed.
        OSError
            If the journal or the labels cannot be written; nothing has changed.
        """
        return self._move("undo", self.history.next_undo)

    def redo(self) -> Done | None:
        """Do again what was undone last; as `undo`."""
        return self._move("redo", self.history.next_redo)

    def close(self) -> None:
        """Have the journal on the disk, and let others have it."""
        if self.journal:
            self.journal.close()

    def _take(
        self,
        kind: str,
        text: str,
        locks: LockChange,
        deltas: tuple[Delta, ...] = (),
        args: Mapping[str, Any] | None = None,
    ) -> Done | None:
        """Take a step: into the journal, into the labels, into the history."""
        if not deltas and locks.empty:
            return None
        step = Step(
            seq=self.history.last + 1,
            kind=kind,
            text=as_utf8(text)[:500],
            time=time.time(),
            args=plain_args(args or {}),
            locks=locks,
            deltas=deltas,
        )
        self._write(Entry(step, False), "step", step)
        self.history.add(step)
        return Done(Entry(step, False))

    def _move(self, name: Literal["undo", "redo"], entry: Entry | None) -> Done | None:
        if entry is None:
            return None
        check_unchanged(self.labels, entry)
        self._write(entry, name, Move(seq=entry.step.seq))
        if name == "undo":
            self.history.undo()
        else:
            self.history.redo()
        return Done(entry)

    def _write(self, entry: Entry, name: str, line: Step | Move) -> None:
        """Write a line into the journal, and what it says into the labels."""
        if self.journal:
            self.journal.append(name, line)
        try:
            write_entry(self.labels, self.index, entry)
        except BaseException:
            if self.journal:
                self.journal.take_back()
            raise
        self.locks.apply(entry.step.locks, back=entry.back)
