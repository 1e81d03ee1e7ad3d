"""Thresholds as scripts read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile

from napari_mobile_unet.thresholding.threshold import Threshold

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]


def test_threshold_prints_what_scripts_read(
    run: Run, picture: Path, tmp_path: Path
) -> None:
    done = run("threshold", picture, "--json", "--plot", tmp_path / "plot.png")
    assert done.exit_code == 0, done.stderr
    content = json.loads(done.stdout)
    assert set(content) == {
        "thresholds", "separability", "class_shares", "class_means", "excluded",
        "foreground", "foreground_reason",
    }  # fmt: skip
    assert 29 <= content["thresholds"][0] < 220
    assert content["class_shares"][1] == pytest.approx(288 / (64 * 48))
    assert content["class_means"][1] == 220
    assert iio.imread(tmp_path / "plot.png").ndim == 3


def test_threshold_for_each_plane(run: Run, stack: Path) -> None:
    done = run("threshold", stack, "--channel", 1, "--scope", "plane", "--json")
    planes = json.loads(done.stdout)["planes"]
    assert [plane["index"] for plane in planes] == [[0], [1], [2]]
    done = run("threshold", stack, "--channel", 1, "--classes", 3)
    assert done.stdout.count("stack: threshold") == 1


@pytest.mark.parametrize("method", ["triangle", "li", "mean"])
def test_other_thresholds(run: Run, picture: Path, tmp_path: Path, method: str) -> None:
    table = tmp_path / "counts.csv"
    done = run("threshold", picture, "--method", method, "--json", "--plot", table)
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)["thresholds"][0]
    expected = Threshold(method=method).split(iio.imread(picture)).threshold
    assert found == expected
    assert table.read_text().startswith("grey_value,pixels,class,eta")
    assert run("segment", picture, "-o", tmp_path, "--method", method).exit_code == 0


def test_threshold_of_nothing_fails(run: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "nan.npy", np.full((4, 4), np.nan))
    done = run("threshold", tmp_path / "nan.npy")
    assert done.exit_code == 1
    assert "no finite values" in done.stderr
    assert run("threshold", tmp_path / "missing.tif").exit_code == 1


def test_a_plane_without_a_finite_value_has_no_threshold(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "a.npy"
    planes = np.zeros((2, 20, 20), np.float32)
    planes[0] = np.nan
    planes[1, :5] = 9
    np.save(path, planes)
    done = run("threshold", path, "--axes", "ZYX", "--scope", "plane", "--json")
    empty, full = json.loads(done.stdout)["planes"]
    assert (empty["thresholds"], empty["excluded"]) == ([], 400)
    assert len(full["thresholds"]) == 1
    done = run("threshold", path, "--axes", "ZYX", "--scope", "plane")
    assert "plane [0]: no threshold, excluded 400" in done.stdout


@pytest.fixture
def dark(tmp_path: Path) -> Path:
    """Return a picture of two dark squares on a bright ground."""
    pixels = np.full((60, 60), 200, np.uint8)
    pixels[5:20, 5:20] = pixels[30:45, 30:45] = 20
    path = tmp_path / "dark.png"
    iio.imwrite(path, pixels)
    return path


def test_the_side_of_the_objects_is_printed_and_recorded(run: Run, dark: Path) -> None:
    content = json.loads(run("threshold", dark, "--json").stdout)
    assert content["foreground"] == "dark"
    assert content["foreground_reason"] == "fewer pixels"
    assert "foreground dark (auto: fewer pixels)" in run("threshold", dark).stdout
    told = ("threshold", dark, "--foreground", "bright")
    content = json.loads(run(*told, "--json").stdout)
    assert (content["foreground"], content["foreground_reason"]) == ("bright", "chosen")
    assert run(*told).stdout.endswith("foreground bright\n")


def test_planes_share_one_side(run: Run, dark: Path, tmp_path: Path) -> None:
    plane = iio.imread(dark)
    # One plane alone would be split into many dark and few bright pixels.
    np.save(tmp_path / "a.npy", np.stack([plane, plane, 255 - plane]))
    options = ("--axes", "ZYX", "--scope", "plane", "--json")
    content = json.loads(run("threshold", tmp_path / "a.npy", *options).stdout)
    assert content["foreground"] == "dark"
    assert len(content["planes"]) == 3


def test_the_side_of_the_objects_is_set_for_segment(
    run: Run, dark: Path, tmp_path: Path
) -> None:
    options = ("--method", "otsu", "--foreground")
    areas = {}
    for side in ("auto", "dark", "bright"):
        done = run("segment", dark, "-o", tmp_path / side, *options, side)
        assert done.exit_code == 0, done.stderr
        record = json.loads((tmp_path / side / "dark_recipe.json").read_text())
        assert record["recipe"]["segment"]["foreground"] == side
        labels = tifffile.imread(tmp_path / side / "dark_labels.tif")
        areas[side] = int((labels > 0).sum())
    # The bright ground is one object, whose holes are filled.
    assert areas == {"auto": 450, "dark": 450, "bright": 60 * 60}
    refused = run("segment", dark, "-o", tmp_path / "unet", "--foreground", "dark")
    assert refused.exit_code == 2
    assert "--foreground is an option of a threshold" in refused.stderr


def test_a_plot_is_replaced_only_if_asked(
    run: Run, picture: Path, tmp_path: Path
) -> None:
    plot = tmp_path / "plot.csv"
    plot.write_text("mine")
    refused = run("threshold", picture, "--plot", plot)
    assert refused.exit_code == 1
    assert refused.stderr == (
        f"mobile-unet: Output already exists: {plot}; use --overwrite\n"
    )
    assert not refused.stdout
    assert plot.read_text() == "mine"
    assert run("threshold", picture, "--plot", plot, "--overwrite").exit_code == 0
    assert plot.read_text().startswith("grey_value")
    assert run("threshold", picture, "--plot", picture, "--overwrite").exit_code == 2


def test_what_was_understood_is_printed(run: Run, stack: Path, tmp_path: Path) -> None:
    done = run("threshold", stack)
    assert "axes TCYX from its metadata, channel 0 of 2" in done.stderr
    np.save(tmp_path / "a.npy", np.eye(20)[None] * [[[1]], [[2]]])
    done = run("threshold", tmp_path / "a.npy", "--json")
    assert "axes ZYX guessed from the shape (set them with --axes)" in done.stderr
    assert json.loads(done.stdout)


def test_classes_are_written_as_labels(run: Run, stack: Path, tmp_path: Path) -> None:
    out = tmp_path / "classes.tif"
    done = run(
        "threshold", stack, "--channel", 1, "--classes", 3, "--labels", out, "--json"
    )
    assert done.exit_code == 0, done.stderr
    low, high = json.loads(done.stdout)["thresholds"]
    grey = tifffile.imread(stack)[:, 1]
    assert np.array_equal(tifffile.imread(out), 1 + (grey > low) + (grey > high))
    again = run("threshold", stack, "--channel", 1, "--labels", out)
    assert again.exit_code == 1
    assert "Output already exists" in again.stderr
