"""Values that stand in a journal: validated, bounded, and never code."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from pydantic import ConfigDict

from napari_mobile_unet.settings import Params

if TYPE_CHECKING:
    from collections.abc import Callable


class JournalRecord(Params):
    """A frozen value that refuses unknown keys; bytes are base64 in JSON."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    def to_line(self) -> str:
        """Return the value as JSON in one line, without what has its default."""
        return self.model_dump_json(exclude_defaults=True)


def unpack(
    packed: bytes, first: int, rest: Callable[[bytes], int]
) -> tuple[bytes, bytes]:
    """Return what zlib packed, which must have exactly the length that it should have.

    No more than that is ever unpacked, so that a few bytes cannot fill the memory.

    Parameters
    ----------
    packed : bytes
        By zlib.
    first : int
        Length of the first part.
    rest : function
        Returns the length of the second part, given the first one.

    Raises
    ------
    ValueError
        If it is damaged, shorter or longer.
    """
    reader = zlib.decompressobj()
    try:
        head = reader.decompress(packed, first)
        length = rest(head) if len(head) == first else 0
        # zlib takes 0 for no limit; one byte more shows that there is too much.
        tail = reader.decompress(reader.unconsumed_tail, length + 1)
    except zlib.error as error:
        raise ValueError(
            f"pixels in a journal are packed with zlib; these are damaged ({error}); "
            "restore the journal from a copy"
        ) from error
    if len(head) != first or len(tail) != length or not reader.eof:
        raise ValueError(
            f"pixels in a journal must fill their box; received {len(head)} and "
            f"{len(tail)} bytes; restore the journal from a copy"
        )
    return head, tail
