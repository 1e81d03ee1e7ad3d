"""Imports point one way, and the core costs neither a window nor TensorFlow."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "napari_mobile_unet"

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


SLOW = (
    "PIL.Image", "dask", "filelock", "matplotlib", "numcodecs", "pandas",
    "scipy.ndimage", "scipy.sparse", "skimage.measure", "tifffile", "zarr",
)  # fmt: skip
"""Take seconds to import, and no page needs them to be looked at."""
PAGES = ("preprocess", "threshold", "unet", "correct", "measure", "teach", "batch")


@pytest.mark.gui  # Qt is loaded, though no window is opened
def test_pages_load_nothing_that_they_do_not_show() -> None:
    program = (
        "import napari, napari._qt.qt_main_window, sys\n"
        "from napari.layers import Image, Labels\n"
        "before = set(sys.modules)\n"
        f"for page in {PAGES}:\n"
        "    __import__(f'napari_mobile_unet.widgets.{page}.dock')\n"
        f"print([m for m in {SLOW} if m in set(sys.modules) - before])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_public_names_are_where_they_are_said_to_be() -> None:
    import napari_mobile_unet as nmu

    assert set(nmu.__all__) == set(nmu._HOMES)
    for name in nmu.__all__:
        assert getattr(nmu, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'segmnt'"):
        getattr(nmu, "segm" + "nt")


def test_the_version_is_that_of_the_installation() -> None:
    import napari_mobile_unet as nmu

    assert nmu.__version__ == version("napari-mobile-unet")


def wings() -> set[str]:
    """Return the rooms of the package that the import rules are about."""
    rooms = (ROOT / "src" / PACKAGE).iterdir()
    names = {room.stem for room in rooms if room.is_dir() or room.suffix == ".py"}
    return {name for name in names if not name.startswith("__")} - {
        "types",
        "words",
        "later",
    }


def contracts() -> dict[str, set[str]]:
    """Return which wings each wing may import, by the rules that are checked."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    allowed: dict[str, set[str]] = {}
    for contract in content["tool"]["importlinter"]["contracts"]:
        if contract["type"] != "protected" or contract["protected_modules"] == [
            PACKAGE
        ]:
            continue
        for name in contract["protected_modules"]:
            allowed.setdefault(name.removeprefix(f"{PACKAGE}."), set())
        for name in contract["allowed_importers"]:
            importer = allowed.setdefault(name.removeprefix(f"{PACKAGE}."), set())
            importer |= {
                name.removeprefix(f"{PACKAGE}.")
                for name in contract["protected_modules"]
            }
    return allowed


def test_every_wing_has_its_rule() -> None:
    assert contracts().keys() - {"__main__"} == wings()


def test_contributors_read_the_rules_that_are_checked() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .* \| (.*)\|$", text, re.MULTILINE)
    written = {wing: set(re.findall(r"`(\w+)`", cell)) for wing, cell in rows}
    below = wings() - {"commands", "widgets"}
    for wing, cell in rows:
        if cell.strip() == "all above":
            written[wing] = below
    checked = contracts()
    assert written == {wing: checked[wing] for wing in wings()}
