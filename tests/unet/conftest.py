from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def squares() -> np.ndarray:
    """Return labels of two squares of 11² that touch, and one of 5² on its own."""
    labels = np.zeros((40, 40), np.uint16)
    labels[4:15, 4:15] = 3
    labels[4:15, 15:26] = 9
    labels[30:35, 30:35] = 1
    return labels
