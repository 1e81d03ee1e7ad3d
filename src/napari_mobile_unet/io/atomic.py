"""Files and folders that are written whole or not at all, and never over an input."""

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
    """Yield a path to write to, and give what is there the final path after the block.

    If the block fails, what it wrote is removed and the final path is untouched. It is
    in a hidden folder beside the final path, and has the name of that.

    Parameters
    ----------
    path : Path
        Of a file or folder, which may exist; a folder is replaced with all that is
        in it.

    Raises
    ------
    OSError
        If the folder cannot be written to, or the disk is full.
    """
    place = None
    try:
        # Names have 255 bytes at most, of which the path may need all.
        place = Path(tempfile.mkdtemp(prefix=f".{path.stem[:20]}.", dir=path.parent))
        yield place / path.name
        if (place / path.name).is_file():
            _flush(place / path.name)
        _rename(place / path.name, path, place / "earlier.zarr")
    except OSError as error:
        if error.errno is None:  # of something else, such as an image that is read
            raise
        raise OSError(
            f"{path} cannot be written ({os.strerror(error.errno)}); "
            "name a folder that exists, is writable and has room"
        ) from error
    finally:
        if place:
            shutil.rmtree(place, ignore_errors=True)


def _flush(path: Path) -> None:
    """Have a file on the disk; after a power cut it could else be there and empty."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


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
    """Make the output folder where there is none, and check that it is writable.

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
            f"an output folder must be writable; {folder} is not "
            f"({os.strerror(error.errno or 0)}); name another folder"
        ) from error


def check_apart(output: Path, inputs: Iterable[Path]) -> None:
    """Refuse to write a result over an image that it is made of.

    Raises
    ------
    ValueError
        If the output is one of the inputs, or a folder around one.
    """
    for source in inputs:
        if output.resolve() in (source.resolve(), *source.resolve().parents):
            raise ValueError(
                f"an output must not replace an input; {output} is or holds {source}; "
                "name another output, or leave that input out"
            )
