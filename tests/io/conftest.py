"""Files as cameras and microscopes write them, made without the package's writers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def planes() -> np.ndarray:
    """Return ten planes (Y, X) of noise, of 8 bits."""
    return np.random.default_rng(0).integers(0, 255, (10, 64, 48), np.uint8)


@pytest.fixture
def cut_off() -> Callable[[Path, float], None]:
    """Return what shortens a file to a share of its bytes."""

    def cut(path: Path, share: float = 0.5) -> None:
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])

    return cut
