"""A journal that begins anew with the labels as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mobile_unet.corrections.digest import digest_of
from napari_mobile_unet.corrections.history import MEMORY, History
from napari_mobile_unet.corrections.journal import Journal
from napari_mobile_unet.corrections.journal_lines import Content, sealed
from napari_mobile_unet.io.atomic import atomic_path

if TYPE_CHECKING:
    from napari_mobile_unet.corrections.session import Corrections


def compact(corrections: Corrections, memory: int = MEMORY) -> None:
    """Begin a session's journal anew with the labels as they are, and its history.

    For a journal that has grown too long. Call it when the labels have been saved: from
    then on the journal belongs to these, no longer to the automatic result. All labels
    are read once. A crash on the way does no harm: the old journal fits the saved
    labels, too.

    Parameters
    ----------
    corrections : Corrections
        The session; locks stay, and nothing can be undone afterwards.
    memory : int
        As for ``Corrections``.

    Raises
    ------
    OSError
        If the journal cannot be written; the old one is as it was then.
    """
    corrections.index.content = digest_of(corrections.labels)
    header = corrections.header()
    journal = None
    if corrections.journal:
        path = corrections.journal.path
        corrections.close()
        line, chain = sealed("labels", header, 0)
        with atomic_path(path) as beside:
            beside.write_bytes(line)
        journal = Journal(
            path, header, Content(header, [], len(line), chain, len(line))
        )
    corrections.take_up(History(memory), corrections.locks, journal)
