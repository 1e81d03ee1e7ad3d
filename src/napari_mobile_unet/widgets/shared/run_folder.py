"""Where a dock's runs are kept on disk, and found again after a crash."""

from __future__ import annotations

import math
import shutil
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from napari_mobile_unet.images.sampling import content_digest
from napari_mobile_unet.later import filelock
from napari_mobile_unet.runs.disk_store import DiskStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_mobile_unet.images.stack import Stack

KEPT_DAYS = 30
"""Days for which an unfinished run can be continued, at least."""
OLD = "old"
"""Name of the mark of a run that looked old."""


def runs_folder() -> Path:
    """Return the folder of all runs, in the person's cache."""
    return user_cache_path("napari-mobile-unet", ensure_exists=True) / "runs"


def new_store() -> DiskStore:
    """Return a store for a new run."""
    folder = runs_folder() / uuid.uuid4().hex
    folder.mkdir(parents=True)
    return DiskStore(folder)


def find_unfinished(stack: Stack) -> Iterator[DiskStore]:
    """Yield the latest run over this image that was not finished, if there is one.

    Parameters
    ----------
    stack : Stack
        The image, with all its channels; some planes are read if its shape and type
        are known.
    """
    content = ""
    shape, dtype = tuple(map(int, stack.data.shape)), str(stack.data.dtype)
    for store in _latest_first():
        try:
            identity, empty = store.identity, store.empty
        except (ValueError, OSError):
            continue
        if empty or (identity.shape, identity.dtype) != (shape, dtype):
            continue
        content = content or content_digest(stack)
        if identity.content == content and _is_free(store):
            yield store
            return


def forget_old() -> None:
    """Delete the runs that nobody has continued for a month.

    Where a clock is or was wrong, a run of today looks old, too. So one that looks old
    is marked, which counts as a change, and deleted if it looks old once more.
    """
    oldest = time.time() - KEPT_DAYS * 24 * 3600
    for store in _latest_first():
        if _changed(store.folder) < oldest and _is_free(store):
            with suppress(OSError):  # another window may delete it, too
                mark = store.folder / OLD
                shutil.rmtree(store.folder) if mark.exists() else mark.touch()


def _latest_first() -> list[DiskStore]:
    folders = [path for path in runs_folder().glob("*") if path.is_dir()]
    folders.sort(key=_changed, reverse=True)
    return [DiskStore(folder) for folder in folders]


def _changed(folder: Path) -> float:
    """Return when a run was worked on last, in seconds; infinite if it has gone."""
    try:
        return folder.stat().st_mtime
    except OSError:
        return math.inf


def _is_free(store: DiskStore) -> bool:
    """Return whether no other napari is at work on a run."""
    try:
        with filelock.FileLock(store.folder / "lock", timeout=0):
            return True
    except filelock.Timeout:
        return False
