"""Imports point one way, and the core costs neither a window nor TensorFlow."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("qtpy", "napari", "magicgui", "tensorflow", "keras", "ai_edge_litert")


@pytest.mark.parametrize(
    "statement",
    [
        "import napari_mobile_unet as nmu; [getattr(nmu, n) for n in nmu.__all__]",
        "import napari_mobile_unet.commands.app",
        "import napari_mobile_unet.commands.demo",
        "import napari_mobile_unet.training.job",
    ],
)
def test_the_core_loads_nothing_heavy(statement: str) -> None:
    program = (
        f"{statement}\nimport sys\nprint([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_package_itself_loads_next_to_nothing() -> None:
    program = "import napari_mobile_unet, sys; print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_public_names_are_where_they_are_said_to_be() -> None:
    import napari_mobile_unet as nmu

    assert set(nmu.__all__) == set(nmu._HOMES)
    for name in nmu.__all__:
        assert getattr(nmu, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'segmnt'"):
        getattr(nmu, "segm" + "nt")
