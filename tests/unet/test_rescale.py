from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_mobile_unet.unet.rescale import (
    KEPT_LARGE,
    KEPT_SMALL,
    MAX_RATIO,
    NEAR,
    resize,
    resize_by,
    resize_factor,
)

KNOWN = 20.0


@pytest.mark.parametrize("diameter", [KNOWN, KNOWN / 1.24, KNOWN * 1.24])
def test_objects_of_about_the_known_size_are_left(diameter: float) -> None:
    assert resize_factor(diameter, KNOWN) == 1


@given(st.floats(1, 2000))
def test_objects_come_nearer_to_the_known_size_and_not_beyond(diameter: float) -> None:
    before, after = (
        np.log(size / KNOWN)
        for size in (diameter, diameter * resize_factor(diameter, 20))
    )
    kept = before * (KEPT_LARGE if before > 0 else KEPT_SMALL)
    kept = np.clip(kept, -np.log(MAX_RATIO), np.log(MAX_RATIO))
    assert after == pytest.approx(before if abs(before) < np.log(NEAR) else kept)


@pytest.mark.parametrize("shape", [(8, 6), (1, 6)])
def test_what_shrinks_is_averaged(shape: tuple[int, int]) -> None:
    checks = np.indices(shape).sum(0).astype(np.float32) % 2
    assert np.allclose(resize(checks, max(1, shape[0] // 2), 3), 0.5)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3), (1, 1, 3)])
@pytest.mark.parametrize("factor", [0.01, 0.5, 1, 2.2])
def test_channels_are_kept_and_one_pixel_at_least(
    shape: tuple[int, ...], factor: float
) -> None:
    image = np.full(shape, 0.25, np.float32)
    resized = resize_by(image, factor)
    assert resized.shape[2:] == shape[2:]
    assert resized.shape[:2] == tuple(max(1, round(n * factor)) for n in shape[:2])
    assert np.allclose(resized, 0.25)
