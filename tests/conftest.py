"""Set up before anything is imported: napari must not see a person's settings."""

from __future__ import annotations

import os
import shutil
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


@pytest.fixture
def class_model(tmp_path: Path) -> Path:
    """Return the folder of a model that tells two classes; its network is nuclei's.

    What nuclei takes for the middle of objects is class 1, what it takes for seams
    between them class 2.
    """
    from napari_mobile_unet.unet.card import FORMAT, write_card
    from napari_mobile_unet.unet.model import load_model

    nuclei = load_model("nuclei")
    folder = tmp_path / "inside and seams"
    shutil.copytree(nuclei.folder, folder)
    maps = ("background", "inside", "seam")
    architecture = nuclei.card.architecture.replace(maps=maps)
    name = folder.name
    card = nuclei.card.replace(name=name, architecture=architecture, format=FORMAT)
    write_card(folder, card)
    return folder
