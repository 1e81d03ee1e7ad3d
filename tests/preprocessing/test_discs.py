"""Top-hats by large discs against OpenCV's, to the bit."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from napari_mobile_unet.preprocessing.discs import LARGE, top_hat


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(1, 1), (7, 90), (80, 61), (33, 20, 3)])
@pytest.mark.parametrize("radius", [3, LARGE, LARGE + 1, 25, 70])
@pytest.mark.parametrize("white", [True, False])
def test_it_is_the_top_hat_of_opencv(
    dtype: Any, shape: tuple[int, ...], radius: int, white: bool
) -> None:
    plane = (np.random.default_rng(radius).random(shape) * 250).astype(dtype)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    operation = cv2.MORPH_TOPHAT if white else cv2.MORPH_BLACKHAT
    expected = cv2.morphologyEx(plane, operation, disc).reshape(shape)
    found = top_hat(plane, radius, white=white)
    assert found.dtype == dtype
    assert np.array_equal(found, expected)
