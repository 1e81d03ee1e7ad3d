"""The script that makes the samples, and where these lie."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def script() -> Path:
    """Return where ``make.py`` lies, which is no part of the package."""
    return Path(__file__).parents[2] / "sample_data" / "make.py"


@pytest.fixture(scope="session")
def places() -> dict[str, tuple[str, tuple[float, ...], tuple[str, ...]]]:
    """Return axes, scale and units of each sample."""
    micrometers = ("micrometer", "micrometer")
    return {
        "nuclei_zstack": ("ZYX", (1.0, 0.25, 0.25), ("micrometer", *micrometers)),
        "nuclei_timelapse": ("TYX", (5.0, 0.5, 0.5), ("minute", *micrometers)),
    }
