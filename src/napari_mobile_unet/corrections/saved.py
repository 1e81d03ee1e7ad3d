"""What a session adds to its labels, to be kept in the metadata of their file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationError

from napari_mobile_unet.corrections.history import MEMORY
from napari_mobile_unet.corrections.index import ObjectIndex
from napari_mobile_unet.corrections.locks import LockState, listed
from napari_mobile_unet.corrections.pixels import Largest
from napari_mobile_unet.corrections.record import JournalRecord
from napari_mobile_unet.corrections.replay import check_inside
from napari_mobile_unet.corrections.resume import Resumed, resume
from napari_mobile_unet.corrections.session import Corrections
from napari_mobile_unet.settings import explain

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from napari_mobile_unet.corrections.change import LabelArray

METADATA = "mobile_unet_corrections"
"""Key of a labels layer's metadata that holds the state."""


class SavedState(JournalRecord):
    """What a session adds to its labels; the journal holds it as well."""

    version: Literal[1]
    """Version of the layout."""
    journal: Annotated[str, Field(max_length=4096)] = ""
    """Path of the journal; empty without one."""
    largest: Largest = 0
    """Ids up to this one were given."""
    locks: LockState = LockState()
    """What is locked, deleted or finished."""


def state_of(corrections: Corrections) -> dict[str, Any]:
    """Return what a session adds to its labels, of JSON's types alone."""
    journal = corrections.journal
    state = SavedState(
        version=1,
        journal=str(journal.path) if journal else "",
        largest=corrections.index.next_id - 1,
        locks=corrections.locks.state,
    )
    content: dict[str, Any] = state.model_dump(mode="json", exclude_defaults=True)
    return content


def reopen(
    labels: LabelArray,
    state: Mapping[str, Any],
    *,
    folder: Path | None = None,
    index: ObjectIndex | None = None,
    images: Collection[str] = (),
    memory: int = MEMORY,
) -> Resumed:
    """Go on with labels that were saved with their state.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), which the session may change.
    state : mapping
        Of `state_of`.
    folder : Path, optional
        Where the labels lie: their journal is looked for there, too.
    index, images, memory
        As for ``resume.resume``.

    Returns
    -------
    Resumed
        With the history of the journal. Where there is none, or it is one of other
        labels, with the locks alone and without a journal; the notes say so.

    Raises
    ------
    ValueError
        If the state is none, or does not fit the labels, or these cannot be changed.
    """
    try:
        saved = SavedState.model_validate_json(json.dumps(dict(state)))
    except (ValidationError, TypeError) as error:
        fault = explain(error) if isinstance(error, ValidationError) else error
        raise ValueError(
            f"the corrections saved with labels are what this program wrote; these are "
            f"not ({fault}); open the labels without them"
        ) from error
    notes = []
    for path in _places(saved.journal, folder):
        try:
            return resume(labels, path, index=index, images=images, memory=memory)
        except (ValueError, OSError) as error:
            notes.append(f"What can be undone begins anew: {error}")
    if saved.journal and not notes:
        notes.append(f"What can be undone begins anew: {saved.journal} is not there")
    stones = saved.locks.tombstones
    check_inside([(stone.plane, stone.box) for stone in stones], tuple(labels.shape))
    index = ObjectIndex.of(labels) if index is None else index
    if missing := [own for own in saved.locks.ids if own not in index]:
        notes.append(f"Locked objects are no longer there: {listed(missing)}")
    corrections = Corrections(
        labels,
        index=index,
        image=next(iter(images), ""),
        locks=saved.locks.replace(
            ids=tuple(own for own in saved.locks.ids if own in index)
        ),
        largest=saved.largest,
        memory=memory,
    )
    return Resumed(corrections, notes)


def _places(journal: str, folder: Path | None) -> list[Path]:
    """Return where a journal is: beside the labels, or where it was."""
    if not journal:
        return []
    path = Path(journal)
    beside = [folder / path.name] if folder else []
    return [place for place in (*beside, path) if place.is_file()][:1]
