"""The journal that lies beside a label file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.digest import digest_of
from napari_mobile_unet.corrections.journal import SUFFIX, is_begun
from napari_mobile_unet.corrections.patches import Patched
from napari_mobile_unet.corrections.replay import base_of, fold
from napari_mobile_unet.io.names import stem_of

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.corrections.change import LabelArray


def journal_beside(path: Path) -> Path | None:
    """Return the journal of a label file's corrections, if one lies beside it."""
    journal = path.with_name(f"{stem_of(path)}{SUFFIX}")
    return journal if is_begun(journal) else None


def locked_in(labels: LabelArray, journal: Path) -> frozenset[int]:
    """Return the objects of labels that are locked at the end of a journal.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), which hold the corrections; axes of length one may be missing.
    journal : Path
        The journal.

    Raises
    ------
    OSError, ValueError
        If it cannot be read, or the labels are not those that it ends with.
    """
    folded = fold(journal)
    shape = folded.content.header.shape
    there = np.asarray(labels)
    same = _lengths(shape) == _lengths(there.shape)
    if same:
        there = there.reshape(shape)
        content = folded.content.header.content
        final = digest_of(Patched(there, folded.patches, final=True))
        same = base_of(folded, there) == content and digest_of(there) == final
    if not same:
        raise ValueError(
            "a journal tells what is locked in the labels that it ends with; "
            f"{journal} ends with others; export the corrected labels, or move the "
            "journal away"
        )
    return frozenset(np.intersect1d(there, sorted(folded.locks.ids)).tolist())


def _lengths(shape: tuple[int, ...]) -> list[int]:
    return [length for length in shape[:-2] if length > 1] + list(shape[-2:])
