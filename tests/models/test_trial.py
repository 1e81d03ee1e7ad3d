"""A model is tried in a process of its own before it is taken in."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_mobile_unet.models import trial, zip_file
from napari_mobile_unet.models.child import run_module
from napari_mobile_unet.unet.model import TILE, load_model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("tile", "values", "said"),
    [
        (4 * TILE, lambda shape: np.zeros(shape), f"takes tiles of {4 * TILE} pixels"),
        (TILE, lambda shape: np.zeros((*shape[:2], 9)), r"gives maps of \(.*9\), not"),
        (TILE, lambda shape: np.full(shape, 1.01), "gives values beyond 0 to 1"),
        (TILE, lambda shape: np.full(shape, -0.01), "gives values beyond 0 to 1"),
        (TILE, lambda shape: np.full(shape, np.nan), "gives values beyond 0 to 1"),
    ],
)
def test_networks_that_give_something_else_than_maps_are_refused(
    tile: int, values: Any, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model("nuclei")
    maps = len(model.card.architecture.maps)
    engine = SimpleNamespace(
        tile=tile, run=lambda image: values((*image.shape[:2], maps))
    )
    monkeypatch.setattr(trial, "load_engine", lambda *_: engine)
    with pytest.raises(ValueError, match=said):
        trial.try_networks(model)


def test_networks_that_give_maps_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    model = load_model("nuclei")
    maps = len(model.card.architecture.maps)

    def load(_: object, precision: str) -> Any:
        tried.append(precision)
        return SimpleNamespace(
            tile=2 * TILE, run=lambda image: np.ones((*image.shape[:2], maps))
        )

    monkeypatch.setattr(trial, "load_engine", load)
    trial.try_networks(model)
    assert set(tried) == {
        precision
        for file, precision in trial.PRECISIONS.items()
        if file in model.card.files
    }


def test_a_process_that_fails_or_takes_long_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"it took longer than 0\.01 s"):
        run_module("models.trial", str(tmp_path), seconds=0.01)
    with pytest.raises(ValueError, match=str(tmp_path)) as caught:
        run_module("models.trial", str(tmp_path), seconds=120)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_too_large_is_not_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_file, "LARGEST", 1 << 20)
    (tmp_path / "a.zip").write_bytes(b"0" * ((1 << 20) + 1))
    with pytest.raises(ValueError, match=r"up to 1 MB; .*a\.zip has more; export"):
        zip_file.import_model(tmp_path / "a.zip")
