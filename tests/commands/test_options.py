"""Options that do not fit together, and what they name."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, get_args

import pytest

from napari_mobile_unet.commands.options import (
    THRESHOLDS,
    Foreground,
    Form,
    Linking,
    Scope,
)
from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.runs.outputs import Format
from napari_mobile_unet.thresholding import choices
from napari_mobile_unet.thresholding.methods import METHODS
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.unet.model import load_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--recipe", "nowhere.json"], "nowhere.json cannot be read"),
        (["--model", "nuclai"], "received 'nuclai'"),
        (["--method", "otsu", "--diameter", 5], "--diameter is an option of"),
        (["--resume", "--overwrite"], "received both"),
        (["--diameter", "nan"], "diameter"),
        (["--diameter", "inf"], "diameter"),
        (["--diameter", "1e9"], "diameter"),
        (["--diameter", "0.1"], "diameter"),
        (["--diameter", "1e-9"], "diameter"),
    ],
)
def test_unusable_arguments_end_with_2_before_any_work(
    run: Run, picture: Path, tmp_path: Path, options: list[object], message: str
) -> None:
    done = run("segment", picture, "-o", tmp_path / "out", *options)
    assert done.exit_code == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_method_that_does_not_exist_is_refused(
    run: Run, picture: Path, tmp_path: Path
) -> None:
    done = run("segment", picture, "-o", tmp_path / "out", "--method", "magic")
    assert done.exit_code == 2
    assert "unet, otsu, triangle" in done.stderr
    assert run("threshold", picture, "--method", "adaptive").exit_code == 2
    assert run("threshold", picture, "--method", "li", "--classes", 3).exit_code == 2


def test_a_model_that_is_a_name_and_a_folder_is_refused(
    run: Run, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(load_model("nuclei").folder, tmp_path / "nuclei")
    monkeypatch.chdir(tmp_path)
    done = run("segment", picture, "-o", tmp_path / "out", "--model", "nuclei")
    assert done.exit_code == 2
    assert "write ./nuclei for the folder" in done.stderr
    done = run("segment", picture, "-o", tmp_path / "out", "--model", "./nuclei")
    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize(
    ("offered", "stated"),
    [
        (Foreground, choices.ForegroundChoice),
        (Scope, choices.Scope),
        (Linking, Link.model_fields["method"].annotation),
        (Form, Format),
    ],
)
def test_options_offer_what_the_settings_state(offered: type, stated: object) -> None:
    assert {choice.value for choice in offered} == set(get_args(stated))


def test_every_threshold_is_offered() -> None:
    assert set(THRESHOLDS) == {*METHODS, "otsu", "adaptive"}
    assert get_args(Threshold.model_fields["method"].annotation) == THRESHOLDS
