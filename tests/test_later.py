"""What takes long to import is loaded when it is used, and is the real thing then."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from napari_mobile_unet import later

NAMES = {"Image": "PIL.Image", "ndimage": "scipy.ndimage"}
"""Of packages that are called otherwise than they are imported."""


@pytest.mark.parametrize("name", later.__all__)
def test_it_is_loaded_with_its_first_attribute(name: str) -> None:
    package = NAMES.get(name, name)
    program = (
        f"import sys\nfrom napari_mobile_unet.later import {name} as it\n"
        f"print({package!r} in sys.modules)\n"
        f"it.__name__\n"
        f"print({package!r} in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("name", later.__all__)
def test_it_has_what_the_package_has(name: str) -> None:
    package = import_module(NAMES.get(name, name))
    for each in dir(package):
        if not each.startswith("__"):
            assert getattr(getattr(later, name), each) is getattr(package, each)


def test_a_name_that_is_misspelt_is_said_as_ever() -> None:
    with pytest.raises(AttributeError, match="'pandas' has no attribute 'DataFram'"):
        getattr(later.pandas, "DataFram" + "")
