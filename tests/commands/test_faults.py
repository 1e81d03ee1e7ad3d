"""What befalls a run of the command line: what is done is kept, and it is said."""

from __future__ import annotations

import errno
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from napari_mobile_unet.runs.disk_store import DiskStore
from napari_mobile_unet.runs.plane import segment_plane
from napari_mobile_unet.unet.model import find_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

PLANES = 6
SEGMENT = "napari_mobile_unet.runs.plane.segment_plane"


@pytest.fixture
def image(tmp_path: Path, plane_of: Callable[[int], np.ndarray]) -> Path:
    """Return a stack of planes that differ."""
    planes = np.stack([plane_of(1 + number % 3) for number in range(PLANES)])
    tifffile.imwrite(tmp_path / "cells.tif", planes, metadata={"axes": "TYX"})
    return tmp_path / "cells.tif"


@pytest.fixture
def segment(run: Callable[..., Result], image: Path) -> Callable[..., Result]:
    """Return a function that segments the stack into a folder, one plane at a time."""

    def command(out: Path, *more: object) -> Result:
        return run(
            "segment", image, "-o", out, "--batch-size", 1, "--workers", 1, *more
        )

    return command


@pytest.fixture
def befall(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that makes something happen before the fourth plane."""

    def before_the_fourth(happens: Callable[[], object]) -> None:
        calls: list[int] = []

        def segmented(*arguments: Any) -> Any:
            calls.append(1)
            if len(calls) == 4:
                happens()
            return segment_plane(*arguments)

        monkeypatch.setattr(SEGMENT, segmented)

    return before_the_fourth


def labels_in(folder: Path) -> np.ndarray:
    return np.asarray(tifffile.imread(folder / "cells_labels.tif"))


def expected_of(segment: Callable[..., Result], folder: Path, *more: object) -> Any:
    assert segment(folder, *more).exit_code == 0
    return labels_in(folder)


@pytest.mark.parametrize("lost", ["planes", "labels.zarr/c"])
def test_a_folder_that_is_taken_away_in_a_run_loses_no_plane(
    lost: str,
    segment: Callable[..., Result],
    befall: Callable[..., None],
    tmp_path: Path,
) -> None:
    """As when a drive of the network goes, or somebody tidies up."""
    out, aside, otsu = tmp_path / "out", tmp_path / "aside", ("--method", "otsu")
    expected = expected_of(segment, tmp_path / "undisturbed", *otsu)
    place = out / "cells.run" / lost

    def taken_away() -> None:
        place.rename(aside)
        place.touch()

    befall(taken_away)
    failed = segment(out, *otsu)
    assert failed.exit_code == 1
    (said,) = [line for line in failed.stderr.splitlines() if "cannot be kept" in line]
    assert "plane 3 cannot be kept" in said and "(Not a directory)" in said
    assert "finished planes are kept: see that the folder is there" in said
    assert "--resume" in said
    assert [path.name for path in out.glob("cells_*")] == []
    # Who goes on too early loses nothing either.
    early = segment(out, *otsu, "--resume")
    assert early.exit_code == 1 and "Traceback" not in early.stderr
    place.unlink()
    aside.rename(place)
    assert DiskStore(out / "cells.run").done == {0, 1, 2}
    assert segment(out, *otsu, "--resume").exit_code == 0
    assert np.array_equal(labels_in(out), expected)
    assert not (out / "cells.run").exists()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE])
def test_a_permission_that_is_lost_in_a_run_is_said_and_the_run_goes_on(
    number: int,
    segment: Callable[..., Result],
    befall: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    out, otsu, opened = tmp_path / "out", ("--method", "otsu"), Path.open

    def refused(self: Path, *arguments: Any, **settings: Any) -> Any:
        if self.parent.name == "planes":
            raise OSError(number, os.strerror(number), str(self))
        return opened(self, *arguments, **settings)

    befall(lambda: monkeypatch.setattr(Path, "open", refused))
    failed = segment(out, *otsu)
    assert failed.exit_code == 1
    assert f"plane 3 cannot be kept in {out / 'cells.run'}" in failed.stderr
    assert f"({os.strerror(number)}); finished planes are kept: see" in failed.stderr
    assert DiskStore(out / "cells.run").done == {0, 1, 2}
    monkeypatch.setattr(Path, "open", opened)
    assert segment(out, *otsu, "--resume").exit_code == 0
    expected = expected_of(segment, tmp_path / "undisturbed", *otsu)
    assert np.array_equal(labels_in(out), expected)


def test_a_model_deleted_in_a_run_is_said_and_the_run_goes_on_when_it_is_back(
    segment: Callable[..., Result], befall: Callable[..., None], tmp_path: Path
) -> None:
    out, model, away = tmp_path / "out", tmp_path / "own", tmp_path / "away"
    shutil.copytree(find_model("nuclei"), model)
    chosen = ("--model", model, "--diameter", 12)
    expected = expected_of(segment, tmp_path / "undisturbed", *chosen)
    befall(lambda: model.rename(away))
    failed = segment(out, *chosen)
    assert failed.exit_code == 1
    assert f"received '{model}'; choose one of" in failed.stderr
    assert DiskStore(out / "cells.run").done == {0, 1, 2}
    away.rename(model)
    assert segment(out, *chosen, "--resume").exit_code == 0
    assert np.array_equal(labels_in(out), expected)


def test_a_clock_that_is_set_back_in_a_run_changes_nothing(
    segment: Callable[..., Result],
    befall: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    out, otsu, now = tmp_path / "out", ("--method", "otsu"), time.time
    expected = expected_of(segment, tmp_path / "undisturbed", *otsu)
    befall(lambda: monkeypatch.setattr(time, "time", lambda: now() - 1e8))
    assert segment(out, *otsu).exit_code == 0
    assert np.array_equal(labels_in(out), expected)
    assert segment(out, *otsu, "--resume").stderr.strip().endswith("done already")
