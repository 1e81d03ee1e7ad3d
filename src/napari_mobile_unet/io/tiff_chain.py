"""The chain of pages in a TIFF file, each of which names the place of the next one."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tifffile


def check_chain(file: tifffile.TiffFile) -> None:
    """Refuse a file whose pages go round in a circle, which tifffile would follow.

    Where the chain breaks off, tifffile says so.

    Raises
    ------
    OSError
        If a page comes twice.
    """
    form, handle = file.tiff, file.filehandle
    offset: int = file.pages.first.offset
    seen: set[int] = set()
    try:
        while 0 < offset < handle.size:
            if offset in seen:
                raise OSError(
                    f"pages of a TIFF file follow each other; in {handle.path} that at "
                    f"byte {offset} comes again; copy the file again"
                )
            seen.add(offset)
            handle.seek(offset)
            (tags,) = struct.unpack(form.tagnoformat, handle.read(form.tagnosize))
            handle.seek(offset + form.tagnosize + tags * form.tagsize)
            (offset,) = struct.unpack(form.offsetformat, handle.read(form.offsetsize))
    except struct.error:
        return
