"""What a person made of labels, and no run may change: locks, tombstones, planes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mobile_unet.corrections.delta import Place
from napari_mobile_unet.corrections.pixels import Id, Pixels
from napari_mobile_unet.corrections.record import JournalRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_mobile_unet.corrections.change import PlaneIndex

PlanePlaces = tuple[Place, ...]
"""A ``PlaneIndex`` in a record."""


class LockedObjects(ValueError):
    """A correction would change locked objects that it does not name.

    Parameters
    ----------
    text : str
        What was to be done.
    ids : iterable of int
        The objects.
    """

    def __init__(self, text: str, ids: Iterable[int]) -> None:
        self.ids = frozenset(ids)
        several = len(self.ids) > 1
        super().__init__(
            f"locked objects change only where they are chosen; “{text}” would change "
            f"{listed(self.ids)}, which {'are' if several else 'is'} locked; unlock "
            f"{'them' if several else 'it'}, or choose {'them' if several else 'it'} "
            "as well"
        )


class LockChange(JournalRecord):
    """What a step changes of the locks; exact both ways."""

    locked: tuple[Id, ...] = ()
    """Objects that become locked."""
    shapes: tuple[Pixels, ...] = ()
    """Their pixels before the step, so that a journal needs no other file to tell what
    a person locked."""
    unlocked: tuple[Id, ...] = ()
    """Objects that were locked, and are no longer."""
    buried: tuple[Pixels, ...] = ()
    """Tombstones as they are afterwards."""
    unearthed: tuple[Pixels, ...] = ()
    """Tombstones as they were before, where there was one."""
    finished: tuple[PlanePlaces, ...] = ()
    """Planes that are finished from now on."""
    reopened: tuple[PlanePlaces, ...] = ()
    """Planes that are no longer finished."""

    @property
    def empty(self) -> bool:
        """Whether it changes nothing."""
        return self == LockChange()

    @property
    def reversed(self) -> LockChange:
        """The change that undoes it."""
        return self.replace(
            locked=self.unlocked,
            unlocked=self.locked,
            buried=self.unearthed,
            unearthed=self.buried,
            finished=self.reopened,
            reopened=self.finished,
        )

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        pixels = (*self.shapes, *self.buried, *self.unearthed)
        return sum(len(each.packed) + 100 for each in pixels) + 16 * len(self.locked)


class LockState(JournalRecord):
    """All locks at one time, as they are saved."""

    ids: tuple[Id, ...] = ()
    """Of the locked objects."""
    tombstones: tuple[Pixels, ...] = ()
    """What a person deleted."""
    finished: tuple[PlanePlaces, ...] = ()
    """Planes that are finished."""


class Locks:
    """Which objects a person made their own, which they deleted, which planes are done.

    Parameters
    ----------
    state : LockState, optional
        Saved ones.

    Attributes
    ----------
    ids : set of int
        Of the locked objects.
    tombstones : dict
        By plane and id, the pixels that a person took from an object and left as
        background: all of them, where they deleted it.
    finished : set of tuple
        Planes that a person marked as finished.
    """

    def __init__(self, state: LockState | None = None) -> None:
        state = state or LockState()
        self.ids = set(state.ids)
        self.tombstones = {(each.plane, each.id): each for each in state.tombstones}
        self.finished = set(state.finished)

    @property
    def state(self) -> LockState:
        """What is to be saved."""
        return LockState(
            ids=tuple(sorted(self.ids)),
            tombstones=tuple(self.tombstones[key] for key in sorted(self.tombstones)),
            finished=tuple(sorted(self.finished)),
        )

    def tombstones_of(self, plane: PlaneIndex) -> list[Pixels]:
        """Return the tombstones of a plane."""
        return [stone for (own, _), stone in self.tombstones.items() if own == plane]

    def apply(self, change: LockChange, *, back: bool = False) -> None:
        """Follow a step, or its undoing."""
        if back:
            change = change.reversed
        self.ids.difference_update(change.unlocked)
        self.ids.update(change.locked)
        self.finished.difference_update(change.reopened)
        self.finished.update(change.finished)
        for stone in change.unearthed:
            del self.tombstones[stone.plane, stone.id]
        for stone in change.buried:
            self.tombstones[stone.plane, stone.id] = stone


def listed(ids: Iterable[int], most: int = 5) -> str:
    """Return ids as messages name them: "3, 5 and 9", or "3, 5, … (12 objects)"."""
    names = [str(own) for own in sorted(ids)] or ["no object"]
    if len(names) > most:
        return f"{', '.join(names[: most - 1])}, … ({len(names)} objects)"
    return " and ".join([", ".join(names[:-1]), names[-1]][len(names) < 2 :])
