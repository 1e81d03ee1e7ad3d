"""Where the journal of a labels layer lies, and how an earlier one is taken up."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_data_path

from napari_mobile_unet.corrections.resume import resume
from napari_mobile_unet.corrections.saved import METADATA, SavedState, state_of
from napari_mobile_unet.corrections.session import Corrections
from napari_mobile_unet.widgets.layers.convert import FILE

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_mobile_unet.corrections.index import ObjectIndex

SUFFIX = "_corrections.jsonl"
"""Added to the stem of the file that labels were read from."""
MOST = 1000
"""Names that are tried for a journal."""


@dataclass(frozen=True, eq=False)
class Beginning:
    """What a session could begin with."""

    index: ObjectIndex
    journal: Path
    """Where the steps go."""
    earlier: Path | None
    """The journal of an earlier session with these labels, if there is one."""


def find_beginning(layer: Labels, index: ObjectIndex) -> Beginning:
    """Return where a layer's journal goes, and whether one is there already."""
    candidates = [*_recorded(layer), *_beside(layer), _by_content(layer, index)]
    earlier = next((path for path in candidates if path.is_file()), None)
    place = next(
        (path for path in candidates if _can_write(path.parent)), candidates[-1]
    )
    return Beginning(index, place, earlier)


def begin(
    layer: Labels, found: Beginning, *, go_on: bool
) -> tuple[Corrections, list[str]]:
    """Return a session on a layer's data, and what a person should be told.

    Parameters
    ----------
    layer : Labels
        The layer.
    found : Beginning
        As `find_beginning` returned it.
    go_on : bool
        Whether an earlier session is continued; otherwise its journal is kept, under
        another name.

    Raises
    ------
    OSError, ValueError
        If the labels cannot be written to, or the journal cannot be used.
    """
    if go_on and found.earlier is not None:
        resumed = resume(layer.data, found.earlier, index=found.index)
        return resumed.corrections, resumed.notes
    journal = _free(found.journal)
    journal.parent.mkdir(parents=True, exist_ok=True)
    made = layer.metadata.get("mobile_unet")
    saved = _saved(layer)
    there = tuple(own for own in saved.locks.ids if own in found.index)
    session = Corrections(
        layer.data,
        index=found.index,
        locks=saved.locks.replace(ids=there),
        journal=journal,
        provenance=made if isinstance(made, dict) else None,
        largest=saved.largest,
    )
    return session, []


def record(layer: Labels, session: Corrections) -> None:
    """Write a session's locks, and where its journal is, into the layer's metadata."""
    layer.metadata[METADATA] = state_of(session)


def _saved(layer: Labels) -> SavedState:
    """Return what a layer says of earlier corrections: nothing, if it is no record."""
    try:
        return SavedState.model_validate_json(json.dumps(layer.metadata[METADATA]))
    except (KeyError, TypeError, ValueError):
        return SavedState(version=1)


def journal_of(layer: Labels) -> Path | None:
    """Return the journal that a layer was corrected with, if it is there."""
    return next((path for path in _recorded(layer) if path.is_file()), None)


def _recorded(layer: Labels) -> list[Path]:
    name = _saved(layer).journal
    return [Path(name)] if name else []


def _beside(layer: Labels) -> list[Path]:
    name = layer.metadata.get(FILE) or layer.source.path
    if not isinstance(name, str) or not Path(name).exists():
        return []
    path = Path(name)
    stem = path.name
    for ending in (".tif", ".tiff", ".ome", ".zarr", ".npy", ".png"):
        stem = stem.removesuffix(ending)
    return [path.with_name(stem + SUFFIX)]


def _by_content(layer: Labels, index: ObjectIndex) -> Path:
    """Return the place of labels without a file: found again by their content."""
    folder = user_data_path("napari-mobile-unet") / "corrections"
    return folder / f"{index.content[:24]}{SUFFIX}"


def _can_write(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK)


def _free(path: Path) -> Path:
    """Return a name that no journal has: an earlier one is never written over."""
    stem = path.name.removesuffix(SUFFIX)
    names = (f"{stem}{f'_{n}' if n else ''}{SUFFIX}" for n in range(MOST))
    return next(free for name in names if not (free := path.with_name(name)).exists())
