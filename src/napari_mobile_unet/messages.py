"""Errors in one line, for the command line and the window alike."""

from __future__ import annotations

import errno

INPUT_ERRORS = (ValueError, OSError, MemoryError)
"""What unusable input raises; anything else is a fault of ours and shows as such."""
NO_ROOM = (errno.ENOSPC, errno.EFBIG)
"""What the system says where a file cannot grow."""


def one_line(error: BaseException) -> str:
    """Return an error's message in one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, MemoryError):
        # NumPy's own message names no remedy.
        own = type(error) is MemoryError and bool(error.args)
        return text if own else "Out of memory; choose a smaller part of the image"
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        own = not text.startswith("[Errno")
        return text if own else f"{error.strerror}; free space, or name another folder"
    if isinstance(error, ValueError):
        from pydantic import ValidationError  # slow to import: only where it is needed

        from napari_mobile_unet.settings import explain

        return explain(error) if isinstance(error, ValidationError) else text
    return text
