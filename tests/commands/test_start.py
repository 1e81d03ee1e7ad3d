"""Help and the list of models come at once: nothing slow is imported for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = ("cv2", "dask", "pandas", "scipy", "skimage", "tifffile", "zarr")
COMMANDS = (
    "open", "demo", "segment", "threshold", "preprocess", "train", "evaluate",
    "measure", "export", "models",
)  # fmt: skip

PROGRAM = """
import sys
from napari_mobile_unet.commands.app import main

modules, *arguments = sys.argv[1:]
sys.argv = ["mobile-unet", *arguments]
try:
    main()
except SystemExit as ended:
    assert not ended.code
found = [name for name in modules.split() if name in sys.modules]
print(*found, file=sys.stderr)
"""


def imported(modules: tuple[str, ...], *arguments: str) -> list[str]:
    """Return which modules a command imports."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, " ".join(modules), *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout
    return done.stderr.split()


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_imports_nothing_slow(command: tuple[str, ...]) -> None:
    assert imported(("numpy", *SLOW), *command, "--help") == []


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_the_list_of_models_imports_nothing_slow(options: tuple[str, ...]) -> None:
    assert imported(("numpy", *SLOW), "models", *options) == []
