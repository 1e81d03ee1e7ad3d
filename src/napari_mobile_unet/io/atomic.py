"""Files that are written whole or not at all, where there is room, over no input."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a path beside the final one, and rename it there after the block.

    If the block fails, what it wrote is removed and the final path is untouched.

    Raises
    ------
    OSError
        If the folder cannot be written to, or the disk is full.
    """
    place = None
    try:
        place = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        yield place / path.name
        _rename(place / path.name, path, place / "earlier.zarr")
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())
        raise OSError(
            f"{path} cannot be written ({reason}); "
            "name a folder that exists, is writable and has room"
        ) from error
    finally:
        if place:
            shutil.rmtree(place, ignore_errors=True)


def _rename(new: Path, path: Path, aside: Path) -> None:
    """Give a file or folder its final name; what had it is lost only after that."""
    if not path.is_dir():
        new.replace(path)
        return
    path.replace(aside)  # a folder is not replaced in one go
    try:
        new.replace(path)
    except OSError:
        aside.replace(path)
        raise


def check_folder(folder: Path) -> None:
    """Make the output folder, and see that it can be written to.

    Raises
    ------
    OSError
        If it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(
            f"the output folder must be writable; {folder} is not "
            f"({os.strerror(error.errno or 0)}); name another"
        ) from error


def check_apart(output: Path, inputs: Iterable[Path]) -> None:
    """Refuse to write a result over what it is made of.

    Raises
    ------
    ValueError
        If the output is one of the inputs, or a folder around one.
    """
    for source in inputs:
        if output.resolve() in (source.resolve(), *source.resolve().parents):
            raise ValueError(
                f"a result is not written over its input; {output} is or holds "
                f"{source}; write elsewhere, or leave that out of the inputs"
            )
