"""The settings of a training."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from click.testing import Result

    from napari_mobile_unet.training.job import TrainingJob

    Run = Callable[..., Result]


def test_a_seed_in_the_settings_counts_unless_one_is_given(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds: list[int] = []

    def stopped(job: TrainingJob) -> None:
        seeds.append(job.seed)
        raise ValueError("no training here")

    monkeypatch.setattr("napari_mobile_unet.commands.train.training", stopped)
    settings = tmp_path / "settings.json"
    settings.write_text('{"seed": 7}', encoding="utf-8")
    command = ("train", "images", "labels", "-o", tmp_path / "new")
    run(*command)
    run(*command, "--settings", settings)
    run(*command, "--settings", settings, "--seed", 3)
    assert seeds == [0, 7, 3]
