"""The planes, and windows of large ones, that stand for a whole stack."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.images.windows import (
    BLOCK,
    WHOLE,
    is_large,
    iter_windows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.images.windows import Window
    from napari_mobile_unet.types import Plane


SAMPLE = 16
"""Planes, evenly spaced, that stack-wide ranges are taken from."""
WINDOWS = 4
"""Windows along each side of a large plane that stand for it."""
WINDOW = 1024
"""Height and width of such a window in pixels."""
GLIMPSE = 512
"""Height and width in pixels of what an image is recognised by, in some planes."""


def spaced(stack: Stack) -> list[int]:
    """Return the numbers of the planes that stack-wide ranges are taken from."""
    places = np.linspace(0, stack.n_planes - 1, SAMPLE).round().astype(int)
    return [int(number) for number in np.unique(places)]


def sampled(stack: Stack, number: int) -> Plane:
    """Return a plane, or of a large one a mosaic of windows spread over it."""
    if not is_large(stack.plane_shape):
        return stack.plane(number)
    rows, columns = (
        [slice(start, start + WINDOW) for start in _starts(length)]
        for length in stack.plane_shape
    )
    return np.concatenate(
        [np.hstack([stack.plane(number, (r, c)) for c in columns]) for r in rows]
    )


def _starts(length: int) -> list[int]:
    room = max(0, length - WINDOW)
    return [int(s) for s in np.unique(np.linspace(0, room, WINDOWS).round())]


def windows_of(stack: Stack) -> Iterable[Window]:
    """Return the parts in which a plane is read: blocks of a large one, or all."""
    if is_large(stack.plane_shape):
        return iter_windows(stack.plane_shape, BLOCK)
    return [WHOLE]


def content_digest(stack: Stack) -> str:
    """Return the SHA-256 of the middle of some planes, by which to know an image."""
    digest = hashlib.sha256()
    height, width = stack.plane_shape
    rows, columns = (
        slice(max(0, (length - GLIMPSE) // 2), (length + GLIMPSE) // 2)
        for length in (height, width)
    )
    for number in spaced(stack):
        digest.update(stack.plane(number, (rows, columns)).tobytes())
    return digest.hexdigest()
