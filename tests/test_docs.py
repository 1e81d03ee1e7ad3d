"""The Python examples of README and docs do what they say."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

from napari_mobile_unet import types
from napari_mobile_unet.preprocessing import steps
from napari_mobile_unet.samples.files import read_sample
from napari_mobile_unet.thresholding import methods

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = Sybil(
    [
        PythonCodeBlockParser(
            future_imports=["annotations"],
            doctest_optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
        ),
        SkipParser(),
    ]
)


@pytest.fixture
def given() -> dict[str, dict[str, Any]]:
    """Return what the examples of a page take as given, by its name."""
    sample = read_sample("nuclei_zstack")
    image = sample.image.data[5:7, 64:192, 64:192]
    truth = sample.labels.data[5:7, 64:192, 64:192]
    predicted = np.where(truth == truth.max(), 0, truth)
    return {
        "README.md": {"image": image, "predicted": predicted, "truth": truth},
        # What is added to a file finds what the file imports.
        "CONTRIBUTING.md": {**vars(types), **vars(steps), **vars(methods)},
    }


@pytest.mark.parametrize("page", [ROOT / page for page in PAGES], ids=lambda p: p.name)
def test_examples_run(
    page: Path,
    given: dict[str, dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # where an example may write
    monkeypatch.setenv("MOBILE_UNET_MODELS", str(tmp_path / "models"))
    document = EXAMPLES.parse(page)
    document.namespace.update(given.get(page.name, {}))
    for example in document.examples():
        example.evaluate()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/api.md"])
def test_there_are_examples(page: str) -> None:
    assert list(EXAMPLES.parse(ROOT / page).examples())
