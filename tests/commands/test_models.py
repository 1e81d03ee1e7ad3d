"""The list of models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]


def test_models_lists_origin_licence_and_checksum(run: Run) -> None:
    content = json.loads(run("models", "--json").stdout)
    assert content["nuclei"]["licence"]
    assert len(content["nuclei"]["checksum"]) == 64
    assert "nuclei" in run("models").stdout
