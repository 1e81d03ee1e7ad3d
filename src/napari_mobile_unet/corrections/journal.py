"""A file beside labels that every step is written to before it counts as done.

Lines are only ever added, so that nothing that was done is lost if the program is
killed, the disk fills up or the power goes.
"""

from __future__ import annotations

import errno
import io
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from napari_mobile_unet.corrections.journal_lines import LONGEST_LINE, SEAL, sealed
from napari_mobile_unet.later import filelock

if TYPE_CHECKING:
    from pathlib import Path

    from napari_mobile_unet.corrections.journal_lines import Content, Header
    from napari_mobile_unet.corrections.record import JournalRecord

SUFFIX = "_corrections.jsonl"
"""How the name of a journal ends; the labels' stem comes before."""
SYNC = 1.0
"""Seconds after which what was written is on the disk, whatever happens to it."""


class NotRecorded(OSError):
    """A journal could not be written to; the correction was not made."""


class _Taken(OSError):
    """The journal is no longer this session's: why, and what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


class Journal:
    """Writes a journal. Its file is made with the first line.

    Parameters
    ----------
    path : Path
        The file. There must be none, unless it is gone on with.
    header : Header
        The labels that it begins with.
    read : Content, optional
        What was read, where a journal is gone on with. A last line that is not whole is
        cut off.

    Raises
    ------
    FileExistsError
        If there is a journal that would be written over.
    """

    def __init__(self, path: Path, header: Header, read: Content | None = None) -> None:
        self.path, self._header = path, header
        self._length, self._chain = (read.length, read.chain) if read else (0, 0)
        self._size = read.size if read else 0
        if not read:
            _check_none(path)
        self._file: io.FileIO | None = None
        self._torn = self._size > self._length
        self._before = self._length, self._chain
        # One thread may take it, and another one let it go.
        lock = path.with_name(f".{path.name}.lock")
        self._lock = filelock.FileLock(lock, thread_local=False)
        self._dirty, self._closing = threading.Event(), threading.Event()
        self._fault: OSError | None = None
        self._syncing: threading.Thread | None = None

    def append(self, name: str, value: JournalRecord) -> None:
        """Write a line; after a crash of the program it is there.

        Parameters
        ----------
        name : str
            "step", "undo" or "redo".
        value : JournalRecord
            What it says.

        Raises
        ------
        NotRecorded
            If it cannot be written; the file is as it was before.
        """
        try:
            if self._fault:
                raise self._fault
            file = self._file or self._open()
            head, chain = b"", self._chain
            if not self._length:
                head, chain = sealed("labels", self._header, chain)
            line, chain = sealed(name, value, chain)
            if max(len(head), len(line)) > LONGEST_LINE:
                raise OSError(errno.EFBIG, "a step takes more than 1 GiB")
            self._write(file, head + line)
        except OSError as error:
            self._fault = None
            reason = os.strerror(error.errno or 0)
            remedy = "free space there, or save the labels and go on elsewhere"
            if isinstance(error, _Taken):
                reason, remedy = error.reason, error.remedy
            raise NotRecorded(
                "a correction is written to its journal before it is made; "
                f"{self.path} cannot be written ({reason}), so nothing was changed; "
                + remedy
            ) from error
        self._before = self._length, self._chain
        self._length += len(head + line)
        self._size = self._length
        self._chain = chain
        self._dirty.set()

    def take_back(self) -> None:
        """Take back the last line, whose step could not be made after all."""
        self._length, self._chain = self._before
        self._size = self._length
        self._torn = True
        with suppress(OSError):  # the next line tries again
            if self._file:
                self._cut(self._file)

    def sync(self) -> None:
        """Have all lines on the disk; after a power cut they are there.

        Raises
        ------
        OSError
            If the disk fails, or the file is no longer there.
        """
        if self._file is None:
            return
        here = os.fstat(self._file.fileno())
        if not (self.path.exists() and os.path.samestat(here, self.path.stat())):
            raise _Taken(
                "it was moved or deleted", "put it back, or save the labels now"
            )
        if self._dirty.is_set():
            self._dirty.clear()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Have all lines on the disk, and let others have the journal.

        Raises
        ------
        OSError
            If the disk fails, or the file is no longer there.
        """
        self._closing.set()
        if self._syncing:
            self._syncing.join()
        if self._file is None:
            return
        try:
            self.sync()
        finally:
            self._file.close()
            self._file = None
            with suppress(OSError):  # Windows deletes no file that is open
                os.unlink(self._lock.lock_file)
            self._lock.release()

    def _open(self) -> io.FileIO:
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise _Taken(
                "another window or program corrects the same labels",
                "close that one, and open the labels again",
            ) from error
        try:
            if not self._length:
                _check_none(self.path)
            elif self.path.stat().st_size != self._size:
                raise _Taken(
                    "another window or program has gone on with it since",
                    "open the labels again",
                )
            file = io.FileIO(self.path, "r+" if self._length else "w")
            file.seek(self._length)
        except OSError:
            self._lock.release()
            raise
        self._closing.clear()
        self._syncing = threading.Thread(
            target=self._keep_synced, name="mobile-unet journal", daemon=True
        )
        self._syncing.start()
        self._file = file
        return file

    def _write(self, file: io.FileIO, data: bytes) -> None:
        """Write bytes at the end: all of them, or none."""
        if self._torn:
            self._cut(file)
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            self._torn = True
            with suppress(OSError):
                self._cut(file)
            raise

    def _cut(self, file: io.FileIO) -> None:
        """Cut off a line that is not whole; that needs no room on the disk."""
        file.truncate(self._length)
        file.seek(self._length)
        self._torn = False

    def _keep_synced(self) -> None:
        while not self._closing.wait(SYNC):
            try:
                self.sync()
            except OSError as error:
                self._fault = error  # which the next line reports


def is_begun(path: Path) -> bool:
    """Return whether a file holds more than a journal's first line that was cut off.

    Before its first line is whole nothing was done; such a file may be written over.
    """
    if not path.is_file():
        return False
    with path.open("rb") as file:
        first = file.readline(LONGEST_LINE)
    return first.endswith(b"\n") or not SEAL.startswith(first[:8])


def _check_none(path: Path) -> None:
    """Refuse to write over a file, unless nothing was done in it."""
    if is_begun(path):
        raise FileExistsError(
            f"a new history needs a new journal; {path} exists; continue it, or move "
            "it elsewhere"
        )
