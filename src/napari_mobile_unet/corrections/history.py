"""One order of all steps; what was undone is never lost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from napari_mobile_unet.corrections.step import Step

MEMORY = 256 * 2**20
"""Bytes that the steps of a history may take."""
DEEPEST = 10_000
"""Most entries of a history."""


class Entry(NamedTuple):
    """A step, or the undoing of one."""

    step: Step
    back: bool
    """Whether it undoes the step."""

    @property
    def reversed(self) -> Entry:
        """What undoes it."""
        return Entry(self.step, not self.back)

    @property
    def text(self) -> str:
        """What it says to a person."""
        return f"undo of {self.step.text}" if self.back else self.step.text


class History:
    """The steps in the order in which they were done.

    After an undo a new step does not drop what was undone: the undoings become entries
    themselves, so that undoing goes back through every state that there was. (The way
    of funtracks; Emacs has it, too.)

    Parameters
    ----------
    memory : int
        Bytes that steps may take; the oldest are forgotten first, the last never is.
    """

    def __init__(self, memory: int = MEMORY) -> None:
        self._memory = memory
        self._entries: list[Entry] = []
        self._position = 0
        self._uses: Counter[int] = Counter()
        self.size = 0
        """Bytes that the steps take."""
        self.last = 0
        """Number of the step that was added last."""

    def __len__(self) -> int:
        """Return how often one can undo."""
        return self._position

    @property
    def next_undo(self) -> Entry | None:
        """What the next undo does; None if there is nothing to undo."""
        return self._entries[self._position - 1].reversed if self._position else None

    @property
    def next_redo(self) -> Entry | None:
        """What the next redo does; None if there is nothing to redo."""
        at_end = self._position == len(self._entries)
        return None if at_end else self._entries[self._position]

    @property
    def done(self) -> list[Entry]:
        """What was done, oldest first, undone entries left out."""
        return self._entries[: self._position]

    @property
    def undone(self) -> list[Entry]:
        """What can be redone, next first."""
        return self._entries[self._position :]

    def add(self, step: Step) -> None:
        """Take in a step that was done."""
        undone = [entry.reversed for entry in reversed(self._entries[self._position :])]
        for entry in (*undone, Entry(step, False)):
            self._entries.append(entry)
            self._count(entry.step, 1)
        self._position = len(self._entries)
        self.last = step.seq
        self._forget()

    def limit(self, memory: int) -> None:
        """Take another number of bytes for steps, and forget those beyond it."""
        self._memory = memory
        self._forget()

    def undo(self) -> None:
        """Go back by one entry."""
        self._position -= 1

    def redo(self) -> None:
        """Go forward by one entry."""
        self._position += 1

    def _count(self, step: Step, by: int) -> None:
        before = self._uses[step.seq]
        self._uses[step.seq] += by
        if not before:
            self.size += step.size
        elif not self._uses[step.seq]:
            self.size -= step.size
            del self._uses[step.seq]

    def _forget(self) -> None:
        """Forget the oldest entries where there are too many."""
        excess = 0
        while excess < self._position - 1 and (
            self.size > self._memory or len(self._entries) - excess > DEEPEST
        ):
            self._count(self._entries[excess].step, -1)
            excess += 1
        del self._entries[:excess]
        self._position -= excess
