"""Set up before anything is imported: napari must not see a person's settings."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# napari's own fixtures wipe the settings file that they find.
os.environ["NAPARI_CONFIG"] = str(Path(tempfile.mkdtemp()) / "settings.yaml")
os.environ["NAPARI_STRICT_QT"] = "1"

# On a busy machine an example may take any time; that says nothing of the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, so that no core waits for one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("model") is None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to open windows beside TensorFlow, with which OpenGL crashes."""
    windows = any(item.get_closest_marker("gui") for item in session.items)
    if windows and "tensorflow" in sys.modules:
        raise pytest.UsageError(
            "tests of windows need a process without TensorFlow, but a test's module "
            "imports it; import it within the test"
        )


@pytest.fixture
def squares() -> np.ndarray:
    """Return labels of two squares of 11² that touch, and one of 5² on its own."""
    labels = np.zeros((40, 40), np.uint16)
    labels[4:15, 4:15] = 3
    labels[4:15, 15:26] = 9
    labels[30:35, 30:35] = 1
    return labels
