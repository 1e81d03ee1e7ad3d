"""The settings of a training, and what is printed before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from napari_mobile_unet.training.job import TrainingJob

    Run = Callable[..., Result]


@pytest.fixture
def command(tmp_path: Path) -> tuple[object, ...]:
    """Return a command that trains on one pair in plain TIFF files."""
    for kind in ("images", "labels"):
        (tmp_path / kind).mkdir()
        planes = np.ones((2, 20, 20), np.uint8)
        path = tmp_path / kind / "a.tif"
        tifffile.imwrite(path, planes, photometric="minisblack", metadata=None)
    return (
        "train", tmp_path / "images", tmp_path / "labels", "-o", tmp_path / "new",
    )  # fmt: skip


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[TrainingJob]:
    """Return a list of the jobs that would have been trained."""
    seen: list[TrainingJob] = []

    def stopped(job: TrainingJob) -> None:
        seen.append(job)
        raise ValueError("no training here")

    monkeypatch.setattr("napari_mobile_unet.training.process.training", stopped)
    return seen


def test_a_seed_in_the_settings_counts_unless_one_is_given(
    run: Run, command: tuple[object, ...], jobs: list[TrainingJob], tmp_path: Path
) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text('{"seed": 7}', encoding="utf-8")
    run(*command)
    run(*command, "--settings", settings)
    run(*command, "--settings", settings, "--seed", 3)
    assert [job.seed for job in jobs] == [0, 7, 3]
    assert [job.epochs for job in jobs] == [30] * 3


def test_what_was_guessed_and_left_out_is_printed(
    run: Run, command: tuple[object, ...], jobs: list[TrainingJob], tmp_path: Path
) -> None:
    tifffile.imwrite(tmp_path / "images" / "b.tif", np.ones((20, 20), np.uint8))
    done = run(*command)
    assert len(jobs) == 1
    assert "1 image without labels: b.tif" in done.stderr
    guess = "a.tif: Z 2 × Y 20 × X 20, uint8, axes ZYX guessed from the shape\n"
    assert done.stderr.count(guess) == 2


def test_a_model_is_replaced_only_if_asked(
    run: Run, command: tuple[object, ...], jobs: list[TrainingJob], tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "model.json").write_text("{}")
    refused = run(*command)
    assert refused.exit_code == 1
    assert refused.stderr == (
        f"mobile-unet: Output already exists: {tmp_path / 'new'}; use --overwrite\n"
    )
    run(*command, "--overwrite")
    (job,) = jobs
    assert job.overwrite
    (tmp_path / "new" / "model.json").rename(tmp_path / "new" / "thesis.txt")
    refused = run(*command, "--overwrite")
    assert refused.exit_code == 1
    assert "only a model is replaced" in refused.stderr
    assert len(jobs) == 1


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--minutes", "nan"), ("--minutes", "inf"), ("--minutes", "-1"),
        ("--minutes", "0"), ("--minutes", "ten"), ("--epochs", "-1"),
        ("--seed", "-1"), ("--seed", str(2**32)),
    ],
)  # fmt: skip
def test_numbers_that_make_no_sense_are_refused(
    run: Run,
    command: tuple[object, ...],
    jobs: list[TrainingJob],
    option: str,
    value: str,
) -> None:
    done = run(*command, option, value)
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert option.lstrip("-") in line
    assert not jobs


def test_a_teaching_decides_its_own_settings_and_says_what_it_makes_of_masks(
    run: Run, command: tuple[object, ...], tmp_path: Path
) -> None:
    alone = run(*command, "--seconds", 5, "--epochs", 3)
    assert alone.exit_code == 2
    assert "received --epochs 3 beside --seconds 5; leave one of them out" in (
        alone.stderr
    )
    constant = run(*command, "--seconds", 5)
    assert constant.exit_code == 1
    assert "more than one grey value; a [1] has not" in constant.stderr
    assert not (tmp_path / "new").exists()


def test_classes_are_taught_and_refused_in_a_line(run: Run, tmp_path: Path) -> None:
    for folder, value in (("images", 90), ("labels", 9)):
        (tmp_path / folder).mkdir()
        plane = np.zeros((64, 64), np.uint8)
        plane[8:40, 8:40] = value
        iio.imwrite(tmp_path / folder / "a.png", plane)
    folders = tmp_path / "images", tmp_path / "labels", "-o", tmp_path / "new"
    done = run("train", *folders, "--classes", "2")
    assert done.exit_code == 2
    assert (
        "--classes is for teaching; received '2' without --seconds; add --seconds, or "
        "leave it out" in " ".join(done.stderr.split())
    )
    for classes, said in (("2", "1 to 2, and 0"), ("cell", "are classes, 1, and 0")):
        done = run("train", *folders, "--seconds", "9", "--classes", classes)
        assert done.exit_code == 1
        assert said in " ".join(done.stderr.split()) and "received 9;" in done.stderr
    assert not (tmp_path / "new").exists()
