"""Parts of a stack keep their place, and are read only when they are asked for."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from napari_mobile_unet.images.parts import at_position, reordered
from napari_mobile_unet.images.stack import Stack

PIXELS = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
STACK = Stack.from_array(
    PIXELS, "PTYX", scale=(1, 2, 0.5, 0.25), units=("pixel", "s", "mm", "mm")
)


def test_another_order_moves_pixels_and_their_sizes() -> None:
    turned = reordered(STACK, "XYTP")
    np.testing.assert_array_equal(turned.data, PIXELS.T)
    assert turned.scale == (0.25, 0.5, 2, 1)
    assert turned.units == STACK.units[::-1]
    assert reordered(STACK, "PTYX") is STACK


def test_one_position_is_taken() -> None:
    part = at_position(STACK, 1)
    assert (part.axes, part.scale) == ("TYX", (2, 0.5, 0.25))
    np.testing.assert_array_equal(part.data, PIXELS[1])
    assert at_position(part, 0) is part
    with pytest.raises(ValueError, match=r"position 2 does not exist.* 0 to 1"):
        at_position(STACK, 2)
    with pytest.raises(ValueError, match=r"position 1 does not exist.* one, 0"):
        at_position(part, 1)


def test_nothing_is_read() -> None:
    def unread(_: np.ndarray) -> np.ndarray:
        raise AssertionError("read")

    array = da.zeros((2, 3, 4, 5), chunks=1).map_blocks(unread, dtype=float)
    lazy = Stack.from_array(array, "PTYX")
    assert reordered(at_position(lazy, 1), "XYT").data.shape == (5, 4, 3)
