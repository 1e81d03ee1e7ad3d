"""Where the journal of a labels layer lies, and how an earlier one is taken up."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_data_path

from napari_mobile_unet.corrections.journal import is_begun
from napari_mobile_unet.corrections.resume import Earlier, iter_earlier
from napari_mobile_unet.corrections.saved import METADATA, SavedState, state_of
from napari_mobile_unet.corrections.session import Corrections
from napari_mobile_unet.images.sampling import content_digest
from napari_mobile_unet.widgets.layers.convert import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari.layers import Labels

    from napari_mobile_unet.corrections.index import ObjectIndex
    from napari_mobile_unet.images.stack import Stack

SUFFIX = "_corrections.jsonl"
"""Added to the stem of the file that labels were read from."""
TELL = 0.2
"""Seconds after which it is told how much of a journal was read."""
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
    images: tuple[str, ...] = ()
    """Checksums of the visible images of the labels' size, the uppermost first."""


def find_beginning(
    layer: Labels, index: ObjectIndex, images: Sequence[Stack] = ()
) -> Beginning:
    """Return where a layer's journal goes, and whether one is there already.

    Parameters
    ----------
    layer : Labels
        The layer.
    index : ObjectIndex
        Of its labels.
    images : sequence of Stack
        The visible images of their size, the uppermost first; parts are read.
    """
    candidates = [*_recorded(layer), *_beside(layer), _by_content(layer, index)]
    earlier = next((path for path in candidates if is_begun(path)), None)
    place = next(
        (path for path in candidates if _can_write(path.parent)), candidates[-1]
    )
    known = tuple(content_digest(image) for image in images)
    return Beginning(index, place, earlier, known)


def begin(layer: Labels, found: Beginning) -> Corrections:
    """Return a new session on a layer's data; an earlier journal is kept as it is.

    Parameters
    ----------
    layer : Labels
        The layer.
    found : Beginning
        As `find_beginning` returned it.

    Raises
    ------
    OSError, ValueError
        If the labels cannot be written to, or the journal cannot be made.
    """
    journal = _free(found.journal)
    journal.parent.mkdir(parents=True, exist_ok=True)
    made = layer.metadata.get("mobile_unet")
    saved = _saved(layer)
    there = tuple(own for own in saved.locks.ids if own in found.index)
    return Corrections(
        layer.data,
        index=found.index,
        locks=saved.locks.replace(ids=there),
        journal=journal,
        image=found.images[0] if found.images else "",
        provenance=made if isinstance(made, dict) else None,
        largest=saved.largest,
    )


def iter_take_up(
    layer: Labels, found: Beginning, images: Sequence[Stack]
) -> Iterator[float | Earlier]:
    """Yield now and then how much of an earlier journal was read; at last its session.

    Parameters
    ----------
    layer : Labels
        The layer.
    found : Beginning
        With a journal.
    images : sequence of Stack
        The visible images of the layer's size.

    Raises
    ------
    OSError, ValueError
        If the labels cannot be written to, or the journal cannot be read, or is not of
        these labels or of another image.
    """
    assert found.earlier is not None
    known = [content_digest(image) for image in images]
    reading = iter_earlier(layer.data, found.earlier, found.index, known)
    told = time.monotonic()
    while True:
        try:
            share = next(reading)
        except StopIteration as end:
            yield end.value
            return
        if time.monotonic() - told > TELL:
            told = time.monotonic()
            yield share


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
    return next((path for path in _recorded(layer) if is_begun(path)), None)


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
