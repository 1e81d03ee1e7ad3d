"""Errors in one line, for the command line and the window alike."""

from __future__ import annotations

from pydantic import ValidationError

from napari_mobile_unet.settings import explain

CAUGHT = (ValueError, OSError, MemoryError)
"""What bad input raises; anything else is a fault of ours and shows as such."""


def one_line(error: BaseException) -> str:
    """Return an error's message in one line."""
    said = type(error) is MemoryError and error.args  # NumPy's own says no remedy
    if isinstance(error, MemoryError) and not said:
        return "there is not enough memory for this image; choose a smaller part of it"
    if isinstance(error, ValidationError):
        return explain(error)
    return " ".join(str(error).split()) or type(error).__name__
