"""What stands in a journal: a header, then steps, undoings and redoings, line by line.

Each line is a JSON object that begins with a CRC-32 of itself and of all lines before
it. It is data: validated when it is read, bounded in size, and never code.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal, TypeVar

from pydantic import Field, ValidationError

from napari_mobile_unet.corrections.delta import Place
from napari_mobile_unet.corrections.locks import LockState
from napari_mobile_unet.corrections.pixels import Largest, Pixels
from napari_mobile_unet.corrections.record import JournalRecord
from napari_mobile_unet.corrections.step import Step
from napari_mobile_unet.parallel.cancel import checkpoint
from napari_mobile_unet.settings import explain

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

Value = TypeVar("Value")

SEAL = b'{"crc":"00000000",'
"""How a line begins, with its checksum in place of the zeros."""
LONGEST_LINE = 2**30
"""Bytes of a line; a longer one is no line of a journal."""


class Header(JournalRecord):
    """The first line of a journal: which labels it begins with."""

    version: Literal[1]
    """Version of the journal's layout."""
    shape: Annotated[tuple[Place, ...], Field(min_length=2, max_length=32)]
    """Of the labels."""
    dtype: Annotated[str, Field(max_length=20)]
    """Of the labels."""
    content: Annotated[str, Field(max_length=64)]
    """SHA-256 of the labels before the first step; see ``digest``."""
    image: Annotated[str, Field(max_length=64)] = ""
    """SHA-256 of parts of the image, where it is known."""
    provenance: dict[str, Any] = Field(default_factory=dict)
    """Where the labels come from, where that is known: to be read."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Of the packages that wrote it."""
    largest: Largest = 0
    """Ids up to this one were given before."""
    locks: LockState = LockState()
    """Locks before the first step."""
    shapes: tuple[Pixels, ...] = ()
    """Pixels of what is locked before the first step."""


class Move(JournalRecord):
    """That a step was undone, or redone."""

    seq: Place
    """Number of the step."""


class _Line(JournalRecord):
    """One line; one of its fields is there."""

    labels: Header | None = None
    step: Step | None = None
    undo: Move | None = None
    redo: Move | None = None


Line = tuple[str, Header | Step | Move]
"""What a line says: the field's name, and its value."""


@dataclass(frozen=True)
class Content:
    """What a journal says.

    Parameters
    ----------
    header : Header
        The labels that it begins with.
    lines : list
        Steps, and moves by the names "undo" and "redo", in order.
    length : int
        Bytes that are sound.
    chain : int
        Checksum of these.
    size : int
        Bytes that there are.
    notes : list of str
        What a person should be told.
    """

    header: Header
    lines: list[tuple[str, Step | Move]]
    length: int
    chain: int
    size: int
    notes: list[str] = field(default_factory=list)


def versions() -> dict[str, str]:
    """Return the versions of the packages that write a journal."""
    return {name: version(name) for name in ("napari-mobile-unet", "numpy")}


def iter_journal(path: Path) -> Generator[float, None, Content]:
    """Yield how much of a journal was read, 0 to 1; return what it says.

    A last line that is cut off, as a crash or a full disk may leave it, is passed
    over, and a note says so.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no journal, or was edited or damaged before its end.
    """
    header: Header | None = None
    lines: list[tuple[str, Step | Move]] = []
    notes: list[str] = []
    length = size = chain = number = 0
    whole = path.stat().st_size if path.is_file() else 0
    with _readable(path) as file:
        while line := file.readline(LONGEST_LINE):
            number += 1
            size += len(line)
            checkpoint()
            yield min(1.0, size / max(1, whole))
            sound = _opened(line, chain)
            if sound is None:
                if file.read(1):
                    raise ValueError(
                        f"a journal is only added to; line {number} of {path} was "
                        "edited or damaged, or one before it was taken out; restore "
                        f"the file from a copy, or delete line {number} and all after "
                        "it to go on from there"
                    )
                notes.append(
                    f"The last line of {path.name} was cut off when the program or "
                    "the disk stopped; all steps before it are there"
                )
                break
            chain, body = sound
            name, value = _parsed(body, path, number)
            length += len(line)
            if (header is None) != isinstance(value, Header):
                raise ValueError(
                    f"a journal begins with one line about its labels; line {number} "
                    f"of {path} is about {name}; restore the file from a copy"
                )
            if isinstance(value, Header):
                header = value
            else:
                lines.append((name, value))
    if header is None:
        raise ValueError(
            f"a journal begins with a line about its labels; {path} has none; name "
            "the journal that lies beside the labels"
        )
    return Content(header, lines, length, chain, size, notes)


def read_journal(path: Path) -> Content:
    """Return what a journal says; see `iter_journal`."""
    return returned(iter_journal(path))


def returned(work: Generator[Any, None, Value]) -> Value:
    """Go through a generator, and return what it returns."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            value: Value = end.value
            return value


def _readable(path: Path) -> BinaryIO:
    """Open a file to be read."""
    try:
        return path.open("rb")
    except OSError as error:
        raise type(error)(
            f"a journal of corrections is a file; {path} cannot be read "
            f"({error.strerror}); name another one"
        ) from error


def sealed(name: str, value: JournalRecord, chain: int) -> tuple[bytes, int]:
    """Return a line of a journal, and the checksum up to it.

    Parameters
    ----------
    name : str
        "labels", "step", "undo" or "redo".
    value : JournalRecord
        What it says.
    chain : int
        Checksum of the lines before.
    """
    body = f'"{name}":{value.to_line()}}}\n'.encode("utf-8", "backslashreplace")
    chain = zlib.crc32(body, chain)
    return f'{{"crc":"{chain:08x}",'.encode() + body, chain


def _opened(line: bytes, chain: int) -> tuple[int, bytes] | None:
    """Return the checksum up to a line, and what it says; None if it is not sound."""
    begin, body = line[: len(SEAL)], line[len(SEAL) :]
    chain = zlib.crc32(body, chain)
    if not body.endswith(b"}\n") or begin != f'{{"crc":"{chain:08x}",'.encode():
        return None
    return chain, b"{" + body


def _parsed(body: bytes, path: Path, number: int) -> Line:
    """Return what a sound line says."""
    try:
        line = _Line.model_validate_json(body)
    except ValidationError as error:
        raise ValueError(
            f"a journal holds what this program wrote; line {number} of {path} does "
            f"not ({explain(error)}); open it with the version that wrote it"
        ) from error
    said = [(name, value) for name, value in line if value is not None]
    if len(said) != 1:
        raise ValueError(
            f"a line of a journal says one thing; line {number} of {path} says "
            f"{len(said)}; restore the file from a copy"
        )
    return said[0]
